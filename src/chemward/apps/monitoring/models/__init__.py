"""Records of live monitoring. Other apps import from here, never from the files below."""

from chemward.apps.monitoring.models.definitions import (
    AlarmClass,
    AlarmDefinition,
    AlarmType,
    ChangeState,
    ConsequenceClass,
    LimitChange,
    LimitLevel,
    LimitVersion,
    Priority,
)
from chemward.apps.monitoring.models.external import ExternalAlarm, Reconciliation
from chemward.apps.monitoring.models.feeds import Credential, Feed, FeedHealth, FeedHour, FeedKind, TagPage, UnknownTag
from chemward.apps.monitoring.models.kpi import AlarmKpi
from chemward.apps.monitoring.models.occurrences import AlarmOccurrence, AlarmResponse, ClearedBy, Outcome
from chemward.apps.monitoring.models.silences import Silence, SilenceKind, SilenceState
from chemward.apps.monitoring.models.tags import Tag, TagKind

__all__ = [
    "AlarmClass",
    "AlarmDefinition",
    "AlarmKpi",
    "AlarmOccurrence",
    "AlarmResponse",
    "AlarmType",
    "ChangeState",
    "ClearedBy",
    "ConsequenceClass",
    "Credential",
    "ExternalAlarm",
    "Feed",
    "FeedHealth",
    "FeedHour",
    "FeedKind",
    "LimitChange",
    "LimitLevel",
    "LimitVersion",
    "Outcome",
    "Priority",
    "Reconciliation",
    "Silence",
    "SilenceKind",
    "SilenceState",
    "Tag",
    "TagKind",
    "TagPage",
    "UnknownTag",
]
