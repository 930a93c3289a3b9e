"""Reads of the follow-up room, scope applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import NotFound
from chemward.apps.core.scope import Scope
from chemward.apps.followup import rulebook, rules
from chemward.apps.followup.models import (
    Duty,
    Exemption,
    Finding,
    FindingState,
    HiddenHazard,
    Message,
    Receipt,
    Restriction,
    Subject,
    Verdict,
)
from chemward.apps.followup.rulebook import Band, Distance, RuleCard


@dataclass(frozen=True)
class Why:
    """Everything the sheet of a verdict shows."""

    verdict: Verdict
    rule: RuleCard | None
    distances: Sequence[Distance]
    findings: Sequence[Finding]
    history: Sequence[Verdict]


def why(scope: Scope, uuid: UUID) -> Why:
    """A verdict opened to every factor. NotFound when there is none in scope. Five queries at most."""
    verdict = scope.filter(Verdict.objects.select_related("organisation", "supersedes"), "verdict.view").filter(uuid=uuid).first()
    if verdict is None:
        raise NotFound(_("Not found."))
    scale = [Band(**b) for b in verdict.scale]
    return Why(
        verdict=verdict,
        rule=rulebook.cards().get(verdict.rule),
        distances=rulebook.distances(verdict.value, scale) if verdict.value is not None else [],
        findings=list(verdict.findings.exclude(state=FindingState.CLEARED)),
        history=list(history(scope, verdict.rule, verdict.subject)[:20]),
    )


def history(scope: Scope, rule: str, subject: Subject) -> QuerySet[Verdict]:
    """All verdicts of a rule about a subject, newest first."""
    rows = Verdict.objects.filter(rule=rule, subject_type=subject.type, subject_id=subject.id)
    return scope.filter(rows, "verdict.view").order_by("-valid_from", "-id")


def verdict_at(scope: Scope, rule: str, subject: Subject, at: datetime) -> Verdict | None:
    """The verdict that was in force at a moment."""
    return history(scope, rule, subject).filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at).first()


def in_force(scope: Scope, subject: Subject) -> list[Verdict]:
    """All verdicts about a subject that are in force, worst first."""
    rows = Verdict.objects.filter(subject_type=subject.type, subject_id=subject.id, valid_until=None)
    return sorted(scope.filter(rows, "verdict.view"), key=lambda v: (v.level or 9, v.rule))


def findings_on(scope: Scope, subject: Subject) -> list[Finding]:
    """Open and noted findings about a subject, worst first."""
    rows = Finding.objects.filter(subject_type=subject.type, subject_id=subject.id).exclude(state=FindingState.CLEARED)
    return list(scope.filter(rows, "finding.view").order_by("level", "raised_at"))


def restrictions_on(org_path: str, verb: str, *, now: datetime, subject: Subject | None = None) -> list[Restriction]:
    """The restrictions that forbid a verb to an organisation (or to one thing of it) now, exemptions taken off. Two queries."""
    lines = rules.ancestors(org_path)
    about_it = Q(subject_type="")
    if subject is not None:
        about_it |= Q(subject_type=subject.type, subject_id=subject.id)
    running = Q(valid_until=None) | Q(valid_until__gt=now)
    rows = Restriction.objects.filter(running, about_it, org_path__in=lines, valid_from__lte=now, lifted_at=None, deleted_at=None)
    exemptions = Exemption.objects.filter(running, org_path__in=lines, valid_from__lte=now, revoked_at=None)
    found = rows.prefetch_related(Prefetch("exemptions", exemptions, to_attr="holding")).order_by("id")
    return [
        r
        for r in found
        if rules.matches(r.verbs, verb)
        and (r.is_inherited or r.org_path == org_path)
        and not any(rules.matches(e.verbs, verb) for e in r.holding)  # type: ignore[attr-defined]
    ]


def restrictions_in_force(scope: Scope, org_path: str, *, now: datetime) -> QuerySet[Restriction]:
    """Everything that an organisation may not do now, its own and what it inherits: whoever sees the organisation sees these."""
    running = Q(valid_until=None) | Q(valid_until__gt=now)
    if not scope.allows("restriction.view", org_path):
        return Restriction.objects.none()
    place = Q(org_path=org_path) | Q(org_path__in=rules.ancestors(org_path), is_inherited=True)
    return Restriction.objects.filter(running, place, valid_from__lte=now, lifted_at=None, deleted_at=None).order_by(
        "-valid_from"
    )


def exemption(scope: Scope, uuid: UUID) -> Exemption:
    """An exemption whose restriction is in sight, at the restricted or from the authority. NotFound otherwise."""
    found = Exemption.objects.select_related("restriction", "organisation").filter(uuid=uuid).first()
    if found is None or not any(
        scope.allows("restriction.view", p) for p in (found.restriction.org_path, found.restriction.authority_path)
    ):
        raise NotFound(_("Not found."))
    return found


def inbox(actor: Actor) -> QuerySet[Receipt]:
    """The actor's own messages, newest first."""
    rows = Receipt.objects.filter(user=actor.user) if actor.user else Receipt.objects.none()
    return rows.select_related("message__organisation", "message__handled_by", "post").order_by("-received_at", "-id")


def unread_count(actor: Actor) -> int:
    """Messages that the actor has not read and has not switched off."""
    return inbox(actor).filter(read_at=None, is_quiet=False).order_by().count() if actor.user else 0


def one(scope: Scope, rows: QuerySet[Any], capability: str, uuid: UUID) -> Any:
    """One row in scope. NotFound otherwise."""
    found = scope.filter(rows, capability).filter(uuid=uuid).first()
    if found is None:
        raise NotFound(_("Not found."))
    return found


def message(actor: Actor, uuid: UUID) -> Message:
    """A message that reached the actor, or that stands in the actor's scope. NotFound otherwise."""
    rows = Message.objects.select_related("organisation", "sent_by", "handled_by")
    own = rows.filter(uuid=uuid, receipts__user=actor.user).first() if actor.user else None
    return own or one(actor.scope, rows, "message.view", uuid)


def hazards(scope: Scope) -> QuerySet[HiddenHazard]:
    """Hidden hazards in scope."""
    return scope.filter(HiddenHazard.objects.select_related("organisation", "post"), "hazard.view")


def duties(scope: Scope) -> QuerySet[Duty]:
    """Duties in scope."""
    return scope.filter(Duty.objects.select_related("organisation", "post"), "duty.view")
