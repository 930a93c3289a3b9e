"""Raising, refreshing, noting and clearing findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Fault, Invalid, WrongState
from chemward.apps.core.scope import under as in_subtree
from chemward.apps.followup.actions.common import announce, need, organisation_at
from chemward.apps.followup.models import Finding, FindingState, Subject, Verdict
from chemward.apps.followup.models.base import about

CONFIRM_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class Wanted:
    """One finding that a rule asks for."""

    subject: Subject
    org_path: str
    title: str
    message: str = ""
    remedy: str = ""
    level: int = 3
    key: str = ""
    clause: str = ""
    edition: str = ""
    inputs: Sequence[dict[str, Any]] = ()
    verdict: Verdict | None = None


def raise_(actor: Actor, rule: str, wanted: Wanted, *, now: datetime) -> Finding:
    """Raise a finding, or refresh the open one. Raised a hundred times it is one row and one audit entry.

    The rule speaks: no capability is asked for. A noted finding that gets worse is open again.
    """
    found = _uncleared(rule, wanted.subject, wanted.key)
    if found is not None and not _differs(found, wanted) and now - found.refreshed_at < CONFIRM_EVERY:
        return found
    with act(actor, "finding.raise", now=now) as a:
        found = _uncleared(rule, wanted.subject, wanted.key)
        return _create(a, rule, wanted) if found is None else _refresh(a, found, wanted)


def clear(actor: Actor, rule: str, subject: Subject, *, key: str = "", why: str = "", now: datetime) -> bool:
    """The rule no longer finds it. False when nothing was open."""
    if _uncleared(rule, subject, key) is None:
        return False
    with act(actor, "finding.clear", now=now) as a:
        found = _uncleared(rule, subject, key)
        if found is None:
            return False
        _clear(a, found, why)
        return True


def settle(actor: Actor, rule: str, wanted: Iterable[Wanted], *, under: str, now: datetime, why: str = "") -> tuple[int, int]:
    """One run of a rule over a subtree: raise all it wants, clear what it no longer wants there. Returns (raised anew, cleared)."""
    asked = {(w.subject.type, w.subject.id, w.key): w for w in wanted}
    with act(actor, "finding.settle", now=now) as a:
        open_rows = Finding.objects.filter(in_subtree("org_path", [under]), rule=rule).exclude(state=FindingState.CLEARED)
        kept = {(f.subject_type, f.subject_id, f.key): f for f in open_rows}
        gone = [f for identity, f in kept.items() if identity not in asked]
        for found in gone:
            _clear(a, found, why)
        for identity, one in asked.items():
            if identity not in kept:
                _create(a, rule, one)
            elif _differs(kept[identity], one) or now - kept[identity].refreshed_at >= CONFIRM_EVERY:
                _refresh(a, kept[identity], one)
        return len(asked.keys() - kept.keys()), len(gone)


def note(actor: Actor, uuid: UUID, reason: str, *, until: datetime | None = None, now: datetime) -> Finding:
    """Take note with a reason: it is known and dealt with, at most until a date."""
    words = need("reason", reason, _("Say what is being done about it."))
    if until is not None and until <= now:
        raise Invalid(Fault("until", _("This moment has passed."), _("Choose a later one or leave it empty.")))
    with act(actor, "finding.handle", now=now) as a:
        found = a.get(Finding.objects.all(), "finding.handle", uuid=uuid)
        if found.state != FindingState.OPEN:
            raise WrongState(_("This finding is not open: %(state)s.") % {"state": found.get_state_display()})
        found.state, found.noted_at, found.noted_by = FindingState.NOTED, now, actor.user
        found.noted_until, found.note = until, words
        found.save()
        a.record(found, {"state": (FindingState.OPEN, FindingState.NOTED), "until": (None, until)}, reason=words)
        announce(a, "finding", "note", found)
        return found


def reopen(actor: Actor, uuid: UUID, reason: str, *, now: datetime) -> Finding:
    """A noted finding asks for attention again."""
    words = need("reason", reason, _("Say why it is opened again."))
    with act(actor, "finding.handle", now=now) as a:
        found = a.get(Finding.objects.all(), "finding.handle", uuid=uuid)
        if found.state != FindingState.NOTED:
            raise WrongState(_("Only a noted finding can be opened again."))
        _open_again(a, found, words)
        return found


def reopen_due(actor: Actor, *, now: datetime) -> int:
    """Open again what was noted until a moment that has passed. Returns how many."""
    due = Finding.objects.filter(state=FindingState.NOTED, noted_until__lte=now)
    if not due.exists():
        return 0
    with act(actor, "finding.handle", now=now) as a:
        rows = list(due[:500])
        for found in rows:
            _open_again(a, found, _("The noted time has passed."))
        return len(rows)


def _uncleared(rule: str, subject: Subject, key: str) -> Finding | None:
    rows = Finding.objects.filter(rule=rule, subject_type=subject.type, subject_id=subject.id, key=key)
    return rows.exclude(state=FindingState.CLEARED).first()


def _differs(found: Finding, wanted: Wanted) -> bool:
    kept = (found.title, found.message, found.remedy, found.level, found.verdict_id)
    return kept != (wanted.title, wanted.message, wanted.remedy, wanted.level, wanted.verdict.pk if wanted.verdict else None)


def _create(a: Act, rule: str, wanted: Wanted) -> Finding:
    earlier = Finding.objects.filter(
        rule=rule, subject_type=wanted.subject.type, subject_id=wanted.subject.id, key=wanted.key, state=FindingState.CLEARED
    ).count()
    found = Finding(
        organisation=organisation_at(wanted.org_path),
        **about(wanted.subject),
        rule=rule,
        edition=wanted.edition,
        clause=wanted.clause,
        key=wanted.key,
        raised_at=a.now,
        recurrence=earlier,
        source="platform",
    )
    _write(found, wanted, a.now)
    a.record(found, {"state": (None, FindingState.OPEN)}, verb="finding.raise")
    announce(a, "finding", "raise", found, rule=rule, level=found.level, title=found.title)
    return found


def _refresh(a: Act, found: Finding, wanted: Wanted) -> Finding:
    worse, before = wanted.level < found.level, found.level
    changed = _differs(found, wanted)
    if worse and found.state == FindingState.NOTED:
        found.state = FindingState.OPEN
    _write(found, wanted, a.now)
    if changed:
        a.record(found, {"level": (before, found.level), "message": (None, found.message)}, verb="finding.refresh")
    if worse:
        announce(a, "finding", "worsen", found, rule=found.rule, level=found.level, title=found.title)
    return found


def _write(found: Finding, wanted: Wanted, now: datetime) -> None:
    found.title, found.message, found.remedy, found.level = wanted.title[:200], wanted.message, wanted.remedy, wanted.level
    found.inputs, found.verdict, found.refreshed_at = list(wanted.inputs), wanted.verdict, now
    found.save()


def _clear(a: Act, found: Finding, why: str) -> None:
    before = found.state
    found.state, found.cleared_at, found.cleared_why = FindingState.CLEARED, a.now, why[:200]
    found.save(update_fields=["state", "cleared_at", "cleared_why", "updated_at"])
    a.record(found, {"state": (before, FindingState.CLEARED)}, reason=why, verb="finding.clear")
    announce(a, "finding", "clear", found, rule=found.rule)


def _open_again(a: Act, found: Finding, reason: str) -> None:
    found.state, found.noted_until = FindingState.OPEN, None
    found.save(update_fields=["state", "noted_until", "updated_at"])
    a.record(found, {"state": (FindingState.NOTED, FindingState.OPEN)}, reason=reason, verb="finding.reopen")
    announce(a, "finding", "reopen", found)
