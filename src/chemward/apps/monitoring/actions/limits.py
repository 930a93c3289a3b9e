"""Changing a limit: proposed with a reason, tried on history, decided by another person, in force when a worker says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Away, Fault, Invalid, NotPermitted, WrongState
from chemward.apps.monitoring import trial
from chemward.apps.monitoring.actions.common import change as put
from chemward.apps.monitoring.actions.common import need_text
from chemward.apps.monitoring.actions.config import alarm_config, announce_pages, tag_config
from chemward.apps.monitoring.actions.definitions import NewAlarm, definition_faults, need_known, order_faults, write_version
from chemward.apps.monitoring.models import AlarmDefinition, ChangeState, LimitChange
from chemward.apps.monitoring.models.definitions import LIMIT_FIELDS
from chemward.apps.monitoring.rules.state import ms
from chemward.telemetry.bus import subjects
from chemward.telemetry.historian.client import HistorianAway, HistorianRefused

TRIAL_SPAN = timedelta(days=7)


def propose(actor: Actor, definition: UUID, values: Mapping[str, Any], reason: str, *, now: datetime) -> LimitChange:
    """Propose other values for an alarm. One proposal at a time; Invalid lists what makes no sense with its tag and its other alarms."""
    words = need_text("reason", reason, _("Say why the limit is to be changed."))
    with act(actor, "limit.propose", now=now) as a:
        row = a.get(_definitions(), "limit.propose", uuid=definition)
        if row.changes.filter(state=ChangeState.PROPOSED).exists():
            raise WrongState(_("A change of this limit is proposed already."), remedy=_("Decide or withdraw it first."))
        before = row.limit_values()
        differing = put(row, values, LIMIT_FIELDS)
        if not differing:
            raise Invalid(Fault("limit", _("Nothing would change."), _("Give other values.")))
        _need_sense(row)
        if "suppress" in differing:
            need_known(row.tag, [NewAlarm(row.type, row.title, {"suppress": row.suppress})])
        proposal = LimitChange(
            organisation=row.organisation,
            definition=row,
            before={name: before[name] for name in differing},
            after={name: getattr(row, name) for name in differing},
            base_version=row.version,
            reason=words,
            proposed_by=actor.user,
            proposed_at=now,
        )
        proposal.save()
        a.record(row, {f"proposed.{k}": v for k, v in differing.items()}, reason=words)
        _announce(a, "propose", proposal)
        return proposal


def try_on_history(
    actor: Actor, change: UUID, history: trial.History, *, from_ms: int | None = None, to_ms: int | None = None, now: datetime
) -> LimitChange:
    """Run the proposal over history and keep the result with it: "would have raised n". By default the last seven days.

    Away when the historian does not answer. The engine runs outside any transaction.
    """
    with act(actor, "limit.try", now=now) as a:
        proposal = _proposal(a, change, "limit.propose")
    until = to_ms if to_ms is not None else ms(now) or 0
    since = from_ms if from_ms is not None else until - int(TRIAL_SPAN.total_seconds() * 1000)
    found = _run(proposal, history, since, until)
    with act(actor, "limit.try", now=now) as a:
        proposal = _proposal(a, change, "limit.propose")
        proposal.trial = {**asdict(found), "at_ms": ms(now)}
        proposal.version += 1
        proposal.save()
        a.record(proposal, {"would_raise": (found.raises_now, found.would_raise)})
        return proposal


def approve(actor: Actor, change: UUID, reason: str, *, now: datetime) -> LimitChange:
    """Another person approves: the new limit goes to the workers and is in force within two seconds.

    WrongState when the definition was changed since the proposal.
    """
    words = need_text("reason", reason, _("Say why it is approved."))
    with act(actor, "limit.approve", now=now) as a:
        proposal = _proposal(a, change, "limit.approve")
        _need_another(actor, proposal)
        row = _definitions().select_for_update(of=("self",)).get(pk=proposal.definition_id)
        if any(getattr(row, name) != value for name, value in proposal.before.items()):
            raise WrongState(_("The limit was changed after this was proposed."), remedy=_("Withdraw it and propose anew."))
        differing = put(row, proposal.after, LIMIT_FIELDS)
        _need_sense(row)
        row.version += 1
        row.save()
        write_version(a, row, reason=proposal.reason, change=proposal, approved_by=actor.name)
        _decide(a, proposal, ChangeState.APPROVED, words)
        a.record(row, differing, reason=words)
        announce_pages(a, row.tag.feed, [row.tag.page], changed=[row])
        _announce(a, "approve", proposal)
        return proposal


def reject(actor: Actor, change: UUID, reason: str, *, now: datetime) -> LimitChange:
    """Another person declines."""
    words = need_text("reason", reason, _("Say why not."))
    with act(actor, "limit.reject", now=now) as a:
        proposal = _proposal(a, change, "limit.approve")
        _need_another(actor, proposal)
        return _end(a, proposal, ChangeState.REJECTED, words, "reject")


def withdraw(actor: Actor, change: UUID, reason: str = "", *, now: datetime) -> LimitChange:
    """Who may propose takes the proposal back."""
    with act(actor, "limit.withdraw", now=now) as a:
        proposal = _proposal(a, change, "limit.propose")
        return _end(a, proposal, ChangeState.WITHDRAWN, reason, "withdraw")


def drop_proposals(a: Act, definition: AlarmDefinition, reason: str) -> None:
    """Inside another act: a proposal for an alarm that is ended is withdrawn."""
    rows = definition.changes.filter(state=ChangeState.PROPOSED)
    for proposal in rows.select_related("organisation", "definition", "proposed_by"):
        _end(a, proposal, ChangeState.WITHDRAWN, reason, "withdraw")


# -- parts --------------------------------------------------------------------------------------------------------------


def _definitions() -> Any:
    rows = AlarmDefinition.objects.filter(deleted_at=None)
    return rows.select_related("tag", "tag__feed", "tag__feed__organisation", "organisation")


def _proposal(a: Act, uuid: UUID, capability: str) -> LimitChange:
    """An undecided proposal. WrongState when it is decided."""
    rows = LimitChange.objects.select_related(
        "organisation", "definition", "definition__tag", "definition__tag__feed", "proposed_by"
    )
    proposal = a.get(rows, capability, uuid=uuid)
    if proposal.state != ChangeState.PROPOSED:
        raise WrongState(_("This is decided already: %(state)s.") % {"state": proposal.get_state_display()})
    return proposal


def _need_another(actor: Actor, proposal: LimitChange) -> None:
    if actor.user is not None and proposal.proposed_by_id == actor.user.pk:
        raise NotPermitted(
            _("Who proposed it cannot decide it."), code="second_person", remedy=_("Ask a colleague who may approve limits.")
        )


def _need_sense(row: AlarmDefinition) -> None:
    others = AlarmDefinition.objects.filter(tag=row.tag, deleted_at=None).exclude(pk=row.pk)
    faults = definition_faults(row.tag, row) or order_faults(row.tag, [*others, row])
    if faults:
        raise Invalid(*faults)


def _run(proposal: LimitChange, history: trial.History, since: int, until: int) -> trial.Trial:
    row = proposal.definition
    now = alarm_config(row)
    put(row, proposal.after, LIMIT_FIELDS)
    try:
        return trial.run(history, tag_config(row.tag, ()), now, alarm_config(row), since, until)
    except HistorianAway as fault:
        raise Away(_("The historian does not answer."), remedy=_("Try again in a minute.")) from fault
    except (HistorianRefused, ValueError) as fault:
        raise Invalid(Fault("from_ms", str(fault), _("Choose a span of at most 31 days."))) from fault


def _decide(a: Act, proposal: LimitChange, state: str, reason: str) -> None:
    proposal.state, proposal.decided_by, proposal.decided_at, proposal.decision_reason = state, a.actor.user, a.now, reason
    proposal.version += 1
    proposal.save()
    a.record(proposal, {"state": (ChangeState.PROPOSED, state)}, reason=reason)


def _end(a: Act, proposal: LimitChange, state: str, reason: str, verb: str) -> LimitChange:
    _decide(a, proposal, state, reason)
    _announce(a, verb, proposal)
    return proposal


def _announce(a: Act, verb: str, proposal: LimitChange) -> None:
    body = {
        "org_path": proposal.org_path,
        "at_ms": ms(a.now),
        "by": a.actor.name,
        "id": str(proposal.uuid),
        "definition": str(proposal.definition.uuid),
        "state": proposal.state,
        "after": proposal.after,
    }
    a.announce(subjects.act_event("limit", verb), body)
