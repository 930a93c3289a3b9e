"""Records of the follow-up room. Other apps import from here, never from the files below."""

from chemward.apps.followup.models.base import Colour, Subject, SubjectRecord
from chemward.apps.followup.models.duty import Duty, DutyState, Proof
from chemward.apps.followup.models.finding import Finding, FindingState
from chemward.apps.followup.models.hazard import (
    HazardExtension,
    HazardLevel,
    HazardSource,
    HazardState,
    HazardStep,
    HiddenHazard,
)
from chemward.apps.followup.models.message import (
    Channel,
    Delivery,
    DeliveryState,
    Message,
    MessageClass,
    MessageRule,
    MessageState,
    Receipt,
)
from chemward.apps.followup.models.restriction import Exemption, Restriction
from chemward.apps.followup.models.verdict import Verdict

__all__ = [
    "Channel",
    "Colour",
    "Delivery",
    "DeliveryState",
    "Duty",
    "DutyState",
    "Exemption",
    "Finding",
    "FindingState",
    "HazardExtension",
    "HazardLevel",
    "HazardSource",
    "HazardState",
    "HazardStep",
    "HiddenHazard",
    "Message",
    "MessageClass",
    "MessageRule",
    "MessageState",
    "Proof",
    "Receipt",
    "Restriction",
    "Subject",
    "SubjectRecord",
    "Verdict",
]
