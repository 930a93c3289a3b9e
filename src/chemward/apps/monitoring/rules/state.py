"""State of an occurrence for a party, from its row: the engine's condition and the obligations of acts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from chemward.apps.core.models import OrganisationKind
from chemward.apps.core.scope import Scope
from chemward.apps.monitoring.models import AlarmOccurrence, ClearedBy
from chemward.telemetry.engine.state import Condition, IsaState, Obligations, isa_state

Party = Literal["park", "enterprise"]
PARK: Party = "park"
ENTERPRISE: Party = "enterprise"


def ms(at: datetime | None) -> int | None:
    """Epoch milliseconds of a moment, None stays None."""
    return None if at is None else round(at.timestamp() * 1000)


def party_of(scope: Scope, org_path: str) -> Party:
    """For whom an actor looks and acts at an enterprise: from above it is the park, from its own level the enterprise."""
    grants = scope.paths("alarm.view")
    return PARK if any(org_path.startswith(p) and len(p) < len(org_path) for p in grants) else ENTERPRISE


def parties_acting(scope: Scope, org_path: str, kind: str) -> tuple[Party, ...]:
    """Whose acknowledgement an act of this actor is. What the park runs itself (weather mast, fence) has one owner for both."""
    return (PARK, ENTERPRISE) if kind != OrganisationKind.ENTERPRISE else (party_of(scope, org_path),)


def condition_of(row: AlarmOccurrence) -> Condition:
    return Condition(
        raised_at=ms(row.raised_at), cleared_at=ms(row.cleared_at), suppressed=row.is_suppressed, latch=row.is_latched
    )


def obligations_of(row: AlarmOccurrence, party: Party) -> Obligations:
    acked_at = row.park_acked_at if party == PARK else row.enterprise_acked_at
    return Obligations(
        acked_at=ms(acked_at),
        shelved_until=ms(row.shelved_until),
        out_of_service=row.is_out_of_service,
        reset_at=ms(row.reset_at),
    )


def state_of(row: AlarmOccurrence, party: Party, now: datetime) -> IsaState:
    """The ISA-18.2 state of an occurrence as this party sees it."""
    return isa_state(condition_of(row), obligations_of(row, party), ms(now) or 0)


def is_open(row: AlarmOccurrence) -> bool:
    """Whether consoles show it: still there, or told to people and not yet acknowledged by the park, or latched.

    What the enterprise still owes after that stands in its answers. A removed definition owes nothing.
    """
    if row.is_late or row.cleared_by == ClearedBy.CONFIG:
        return False
    if row.cleared_at is None:
        return True
    if row.annunciated_at is None:
        return False
    return row.park_acked_at is None or (row.is_latched and row.reset_at is None)
