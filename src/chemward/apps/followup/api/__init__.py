"""API of the follow-up room, a module for each noun: messages, findings, hazards, duties, restrictions, verdicts."""

from ninja import Router

from chemward.apps.followup.api import duties, findings, hazards, messages, restrictions, verdicts

router = Router()
for noun in (messages, findings, hazards, duties, restrictions, verdicts):
    router.add_router("", noun.router)
