"""Records of the platform core. Other apps import from here, never from the files below."""

from chemward.apps.core.models.audit import AuditEntry, AuditHead, Outbox
from chemward.apps.core.models.base import Record, ScopedRecord, Source
from chemward.apps.core.models.clock import BusPosition, ClockRun, DeadLetter, ProcessBeat
from chemward.apps.core.models.content import Attachment, Job, JobState, SavedFilter
from chemward.apps.core.models.organisation import Organisation, OrganisationKind
from chemward.apps.core.models.people import (
    ApiToken,
    Invitation,
    LoginRecord,
    Membership,
    NotificationPreference,
    Post,
    PostHolding,
    SecondFactorDemand,
    UsageDay,
    User,
    UserSession,
    WallDevice,
)

__all__ = [
    "ApiToken",
    "Attachment",
    "AuditEntry",
    "AuditHead",
    "BusPosition",
    "ClockRun",
    "DeadLetter",
    "Invitation",
    "Job",
    "JobState",
    "LoginRecord",
    "Membership",
    "NotificationPreference",
    "Organisation",
    "OrganisationKind",
    "Outbox",
    "Post",
    "PostHolding",
    "ProcessBeat",
    "Record",
    "SavedFilter",
    "ScopedRecord",
    "SecondFactorDemand",
    "Source",
    "UsageDay",
    "User",
    "UserSession",
    "WallDevice",
]
