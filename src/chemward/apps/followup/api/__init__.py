"""API of the follow-up room, a module for each noun: messages, findings, hazards, duties, restrictions, verdicts, channels."""

from ninja import Router

from chemward.apps.followup.api import channels, duties, findings, hazards, messages, restrictions, verdicts

router = Router()
for noun in (messages, findings, hazards, duties, restrictions, verdicts, channels):
    router.add_router("", noun.router)
