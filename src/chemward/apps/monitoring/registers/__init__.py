"""The registers of live monitoring: feeds, unknown tags, tags, changes of limits (alarms as they happened: `monitoring.history`)."""

from chemward.apps.monitoring.registers.feeds import POOR_SCORE, FeedRegister, fault_rows, health_of
from chemward.apps.monitoring.registers.limits import ChangeRegister, changes_in_words, said, trial_words
from chemward.apps.monitoring.registers.tags import TagRegister, live, value_words
from chemward.apps.monitoring.registers.unknown import UnknownRegister

__all__ = [
    "POOR_SCORE",
    "ChangeRegister",
    "FeedRegister",
    "TagRegister",
    "UnknownRegister",
    "changes_in_words",
    "fault_rows",
    "health_of",
    "live",
    "said",
    "trial_words",
    "value_words",
]
