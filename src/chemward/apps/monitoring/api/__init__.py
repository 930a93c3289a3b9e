"""API of live monitoring, a module for each noun: feeds, tags, alarms, silences, definitions, limits, values."""

from ninja import Router

from chemward.apps.monitoring.api import alarms, definitions, feeds, limits, silences, tags, values

router = Router()
for noun in (feeds, tags, alarms, silences, definitions, limits, values):
    router.add_router("", noun.router)
