"""The loop of a hidden hazard: found → assigned → rectified → accepted by another person → closed, or returned."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Fault, Invalid, NotPermitted, WrongState
from chemward.apps.core.models import Post
from chemward.apps.followup import posts, rulebook, rules
from chemward.apps.followup.actions import findings, messages
from chemward.apps.followup.actions.common import announce, need, organisation_at
from chemward.apps.followup.actions.findings import Wanted
from chemward.apps.followup.models import (
    Finding,
    HazardExtension,
    HazardLevel,
    HazardSource,
    HazardState,
    HazardStep,
    HiddenHazard,
    Subject,
)
from chemward.apps.followup.models.base import about

REBOUND_WITHIN = timedelta(days=365)
REBOUND = "followup.hazard_rebound"
rulebook.declare(REBOUND, title=_("Hidden hazard come back"), edition="1", clause="", source="Chemward", sure="assumed")


def report(
    actor: Actor,
    org_path: str,
    title: str,
    *,
    now: datetime,
    description: str = "",
    level: HazardLevel = HazardLevel.GENERAL,
    origin: HazardSource = HazardSource.PATROL,
    category: str = "",
    place: str = "",
    clause: str = "",
    subject: Subject | None = None,
    finding: Finding | None = None,
    external_key: str = "",
) -> HiddenHazard:
    """Write down a hidden hazard. With an external key it is idempotent. The same one within a year after it was closed has rebounded."""
    words = need("title", title, _("Say what is wrong."))
    with act(actor, "hazard.report", now=now) as a:
        a.permit("hazard.report", org_path)
        if external_key and (known := HiddenHazard.objects.filter(org_path=org_path, external_key=external_key).first()):
            return known
        like = rules.likeness(org_path, subject.id if subject else "", place, category)
        hazard = HiddenHazard(
            organisation=organisation_at(org_path),
            **about(subject),
            title=words[:200],
            description=description,
            level=level,
            origin=origin,
            category=category,
            place=place,
            clause=clause,
            likeness=like,
            found_at=now,
            found_by=actor.user,
            finding=finding,
            external_key=external_key,
            rebound_of=_closed_alike(like, now),
        )
        hazard.number = f"new-{hazard.uuid}"[:32]
        hazard.save()
        hazard.number = f"YH{now:%y%m%d}-{hazard.pk:05d}"
        hazard.save(update_fields=["number"])
        _step(a, hazard, "report", "", words)
        if hazard.rebound_of is not None:
            _raise_rebound(hazard, now)
        return hazard


def assign(
    actor: Actor,
    uuid: UUID,
    *,
    post: Post,
    due_at: datetime,
    measure: str,
    now: datetime,
    precaution: str = "",
    funds_cny: Decimal | None = None,
    level: HazardLevel | None = None,
    is_supervised: bool | None = None,
) -> HiddenHazard:
    """Lay down who rectifies what until when, with which money and which precautions until then."""
    words = need("measure", measure, _("Say what is to be done."))
    with act(actor, "hazard.assign", now=now) as a:
        hazard = _at(a, uuid, "assign")
        _check_assignment(hazard, post, due_at, precaution, level or HazardLevel(hazard.level), now)
        before = hazard.state
        hazard.post, hazard.measure, hazard.due_at, hazard.precaution = post, words, due_at, precaution
        hazard.funds_cny, hazard.level = funds_cny, level or hazard.level
        hazard.is_supervised = hazard.is_supervised if is_supervised is None else is_supervised
        hazard.first_due_at = hazard.first_due_at or due_at
        hazard.escalation, hazard.escalated_at = 0, None
        return _move(a, hazard, "assign", before, f"{post}：{words}", due_ms=int(due_at.timestamp() * 1000))


def submit(actor: Actor, uuid: UUID, *, evidence: str, cause: str = "", now: datetime) -> HiddenHazard:
    """Say that it is rectified, with evidence (files are attached to the hazard)."""
    words = need("evidence", evidence, _("Say what was done and how it can be seen."))
    with act(actor, "hazard.rectify", now=now) as a:
        hazard = _at(a, uuid, "submit")
        if hazard.extensions.filter(decided_at=None).exists():
            hazard.extensions.filter(decided_at=None).update(decided_at=now, is_granted=False, answer=_("Rectified meanwhile."))
        before = hazard.state
        hazard.evidence, hazard.cause, hazard.submitted_at, hazard.submitted_by = words, cause, now, actor.user
        hazard.is_late = hazard.due_at is not None and now > hazard.due_at
        return _move(a, hazard, "submit", before, words, is_late=hazard.is_late)


def accept(actor: Actor, uuid: UUID, *, opinion: str, now: datetime) -> HiddenHazard:
    """Accept the rectification: another person than who rectified; a major one is accepted from above the enterprise."""
    words = need("opinion", opinion, _("Say what was seen."))
    with act(actor, "hazard.accept", now=now) as a:
        hazard = _at(a, uuid, "accept")
        _check_acceptance(actor, hazard, now)
        before = hazard.state
        hazard.closed_at, hazard.closed_by = now, actor.user
        hazard = _move(a, hazard, "accept", before, words)
        findings.clear(actor, REBOUND, Subject.of(hazard), why=_("Accepted"), now=now)
        messages.conclude(actor, f"hazard:{hazard.uuid}", now=now)
        return hazard


def return_(actor: Actor, uuid: UUID, *, reason: str, due_at: datetime | None = None, now: datetime) -> HiddenHazard:
    """Send it back: the evidence does not do."""
    words = need("reason", reason, _("Say what is missing."))
    with act(actor, "hazard.accept", now=now) as a:
        hazard = _at(a, uuid, "return")
        if due_at is not None and due_at <= now:
            raise Invalid(Fault("due_at", _("This moment has passed."), _("Choose a later one.")))
        before = hazard.state
        hazard.return_count += 1
        hazard.due_at = due_at or hazard.due_at
        return _move(a, hazard, "return", before, words)


def dismiss(actor: Actor, uuid: UUID, *, reason: str, now: datetime) -> HiddenHazard:
    """It is no hidden hazard, with a reason. Only before it is assigned; not by the person who reported it."""
    words = need("reason", reason, _("Say why it is none."))
    with act(actor, "hazard.dismiss", now=now) as a:
        hazard = _at(a, uuid, "dismiss")
        if actor.user is not None and hazard.found_by_id == actor.user.pk:
            raise NotPermitted(_("Who reported it may not dismiss it."), remedy=_("Ask somebody else."))
        before = hazard.state
        hazard.closed_at, hazard.closed_by = now, actor.user
        return _move(a, hazard, "dismiss", before, words)


def ask_extension(actor: Actor, uuid: UUID, *, due_at: datetime, reason: str, now: datetime) -> HazardExtension:
    """Ask for more time. One wish at a time; asked again with the same date it is the same wish."""
    words = need("reason", reason, _("Say why the date cannot be kept."))
    with act(actor, "hazard.rectify", now=now) as a:
        hazard = _at(a, uuid, "submit")
        if hazard.due_at is None or due_at <= hazard.due_at or due_at <= now:
            raise Invalid(Fault("due_at", _("The new date is not later than the one that holds."), _("Choose a later one.")))
        waiting = hazard.extensions.filter(decided_at=None).first()
        if waiting is not None:
            if waiting.due_at == due_at:
                return waiting
            raise WrongState(_("A wish for more time is waiting for its answer."))
        wish = HazardExtension.objects.create(hazard=hazard, asked_at=now, asked_by=actor.user, due_at=due_at, reason=words)
        _step(a, hazard, "ask_extension", hazard.state, words)
        return wish


def decide_extension(actor: Actor, uuid: UUID, *, is_granted: bool, answer: str = "", now: datetime) -> HiddenHazard:
    """Grant or refuse more time: another person than who asked."""
    with act(actor, "hazard.accept", now=now) as a:
        hazard = a.get(HiddenHazard.objects.select_related("post", "organisation"), "hazard.accept", uuid=uuid)
        wish = hazard.extensions.filter(decided_at=None).first()
        if wish is None:
            raise WrongState(_("Nobody has asked for more time."))
        if actor.user is not None and wish.asked_by_id == actor.user.pk:
            raise NotPermitted(_("Who asked may not decide."), remedy=_("Ask somebody else."))
        words = answer.strip() if is_granted else need("answer", answer, _("Say why it is refused."))
        wish.decided_at, wish.decided_by, wish.is_granted, wish.answer = now, actor.user, is_granted, words
        wish.save()
        if is_granted:
            hazard.due_at, hazard.extension_count = wish.due_at, hazard.extension_count + 1
            hazard.escalation, hazard.escalated_at = 0, None
            hazard.save()
        _step(a, hazard, "grant_extension" if is_granted else "refuse_extension", hazard.state, words)
        return hazard


def escalate(hazard: HiddenHazard, *, now: datetime) -> bool:
    """Take the escalation step that is due. False when none is."""
    actor = Actor.platform("clock:hazard.escalate")
    with act(actor, "hazard.escalate", now=now) as a:
        hazard = HiddenHazard.objects.select_related("post__superior", "organisation").get(pk=hazard.pk)
        if hazard.state not in (HazardState.ASSIGNED, HazardState.RETURNED) or hazard.due_at is None or hazard.post is None:
            return False
        due = rules.next_escalation("hazard", hazard.due_at, hazard.escalation)
        if due is None or due > now:
            return False
        steps = rules.escalation("hazard")
        step = steps[hazard.escalation]
        climbs = sum(s.to == "superior" for s in steps[: hazard.escalation + 1])
        superior = posts.above(hazard.post, climbs) if step.to == "superior" else None
        before, hazard.escalation, hazard.escalated_at = hazard.escalation, hazard.escalation + 1, now
        hazard.save(update_fields=["escalation", "escalated_at", "updated_at"])
        a.record(hazard, {"escalation": (before, hazard.escalation)})
        announce(a, "hazard", "escalate", hazard, step=hazard.escalation)
        late = now > hazard.due_at
        title = (_("Overdue: %(what)s") if late else _("Due soon: %(what)s")) % {"what": hazard}
        messages.urge(actor, hazard, hazard.post, step, superior, topic="hazard", title=title, now=now)
        return True


def _at(a: Act, uuid: UUID, verb: str) -> HiddenHazard:
    line = rules.HAZARD[verb]
    hazard = a.get(HiddenHazard.objects.select_related("post", "organisation"), line.capability, uuid=uuid)
    if hazard.state not in line.before:
        raise WrongState(_("This cannot be done now: %(state)s.") % {"state": hazard.get_state_display()})
    return hazard


def _move(a: Act, hazard: HiddenHazard, verb: str, before: str, text: str, **said: Any) -> HiddenHazard:
    hazard.state = rules.HAZARD[verb].after
    hazard.version += 1
    hazard.save()
    _step(a, hazard, verb, before, text, **said)
    return hazard


def _step(a: Act, hazard: HiddenHazard, verb: str, before: str, text: str, **said: Any) -> None:
    HazardStep.objects.create(
        hazard=hazard,
        at=a.now,
        verb=verb,
        user=a.actor.user,
        actor=a.actor.name[:64],
        before=before,
        after=hazard.state,
        text=text,
    )
    a.record(hazard, {"state": (before or None, hazard.state)}, reason=text, verb=f"hazard.{verb}")
    announce(a, "hazard", verb, hazard, number=hazard.number, state=hazard.state, level=hazard.level, **said)


def _check_assignment(
    hazard: HiddenHazard, post: Post, due_at: datetime, precaution: str, level: HazardLevel, now: datetime
) -> None:
    faults = []
    if due_at <= now:
        faults.append(Fault("due_at", _("This moment has passed."), _("Choose a later one.")))
    if not post.is_active or post.organisation_id != hazard.organisation_id:
        faults.append(Fault("post", _("The post must be an active one of the organisation where the hazard is.")))
    if level == HazardLevel.MAJOR and not precaution.strip():
        # 五落实: for a major hidden hazard the precautions until it is gone belong to the assignment.
        faults.append(
            Fault("precaution", _("A major hidden hazard needs precautions until it is rectified."), _("Write them down."))
        )
    if faults:
        raise Invalid(*faults)


def _check_acceptance(actor: Actor, hazard: HiddenHazard, now: datetime) -> None:
    if actor.user is not None and actor.user.pk == hazard.submitted_by_id:
        raise NotPermitted(_("Who rectified it may not accept it."), remedy=_("Ask somebody else."))
    if hazard.level == HazardLevel.MAJOR and not actor.scope.allows("hazard.accept", rules.parent_path(hazard.org_path)):
        raise NotPermitted(
            _("A major hidden hazard is accepted by the authority above."), remedy=_("Ask the park or the bureau.")
        )


def _closed_alike(like: str, now: datetime) -> HiddenHazard | None:
    if not like:
        return None
    rows = HiddenHazard.objects.filter(likeness=like, state=HazardState.CLOSED, closed_at__gte=now - REBOUND_WITHIN)
    return rows.order_by("-closed_at").first()


def _raise_rebound(hazard: HiddenHazard, now: datetime) -> None:
    earlier = hazard.rebound_of
    wanted = Wanted(
        subject=Subject.of(hazard),
        org_path=hazard.org_path,
        title=_("Hidden hazard come back: %(title)s") % {"title": hazard.title},
        message=_("%(earlier)s was closed on %(day)s.")
        % {"earlier": earlier, "day": f"{earlier.closed_at:%Y-%m-%d}" if earlier else ""},
        remedy=_("Look for the cause behind it, not only for the trace."),
        level=2,
    )
    findings.raise_(Actor.platform(REBOUND), REBOUND, wanted, now=now)
