"""Assigning, doing, handing over and cancelling duties."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core.actions import attachments
from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Fault, Invalid, NotPermitted, WrongState
from chemward.apps.core.models import Post
from chemward.apps.followup import posts, rules
from chemward.apps.followup.actions import messages
from chemward.apps.followup.actions.common import announce, need
from chemward.apps.followup.models import Duty, DutyState, Proof, Subject
from chemward.apps.followup.models.base import about


def assign(
    actor: Actor,
    post: Post,
    title: str,
    *,
    due_at: datetime,
    now: datetime,
    subject: Subject | None = None,
    text: str = "",
    kind: str = "",
    clause: str = "",
    key: str | None = None,
    level: int | None = None,
    proof: Proof = Proof.NONE,
) -> Duty:
    """Let a post owe something by a moment. With a key it is idempotent: the duty of that key is returned as it stands."""
    words = need("title", title, _("Say what is to be done."))
    if key and (known := Duty.objects.filter(key=key).first()):
        return known
    if not post.is_active:
        raise Invalid(Fault("post", _("This post is no longer active."), _("Choose another one.")))
    with act(actor, "duty.assign", now=now) as a:
        a.permit("duty.assign", post.org_path)
        duty = Duty(
            organisation=post.organisation,
            **about(subject),
            post=post,
            kind=kind,
            title=words[:200],
            text=text,
            clause=clause,
            key=key,
            level=level,
            proof_needed=proof,
            assigned_at=now,
            assigned_by=actor.user,
            due_at=due_at,
            escalate_at=rules.next_escalation("duty", due_at, 0),
            source="hand" if actor.user else "platform",
        )
        duty.save()
        a.record(duty, {"post": (None, str(post)), "due_at": (None, due_at)})
        announce(a, "duty", "assign", duty, post=str(post.uuid), due_ms=int(due_at.timestamp() * 1000), title=duty.title)
        return duty


def do(actor: Actor, uuid: UUID, *, proof: str = "", now: datetime) -> Duty:
    """Do what is owed, with the proof that is asked for. Late is done too, and counted."""
    with act(actor, "duty.do", now=now) as a:
        duty = _owed(a, uuid, "duty.do")
        is_deputy = _may_do(actor, duty, now)
        _check_proof(duty, proof)
        duty.state, duty.done_at, duty.done_by, duty.is_by_deputy = DutyState.DONE, now, actor.user, is_deputy
        duty.proof, duty.is_late, duty.escalate_at = proof.strip(), now > duty.due_at, None
        duty.save()
        a.record(duty, {"state": (DutyState.OWED, DutyState.DONE), "is_late": (False, duty.is_late)}, reason=duty.proof)
        announce(a, "duty", "do", duty, is_late=duty.is_late)
        messages.conclude(actor, f"duty:{duty.uuid}", now=now)
        return duty


def settle(actor: Actor, key: str, *, proof: str = "", now: datetime) -> Duty | None:
    """The act that a duty asked for has been done elsewhere (an alarm was answered on its own page). None when nothing is owed under the key.

    The act that calls this has checked who may do it; the duty only follows.
    """
    with act(actor, "duty.do", now=now) as a:
        duty = Duty.objects.select_related("post").filter(key=key, state=DutyState.OWED).first()
        if duty is None:
            return None
        duty.state, duty.done_at, duty.done_by = DutyState.DONE, now, actor.user
        duty.proof, duty.is_late, duty.escalate_at = proof.strip(), now > duty.due_at, None
        duty.save()
        a.record(duty, {"state": (DutyState.OWED, DutyState.DONE), "is_late": (False, duty.is_late)}, reason=duty.proof)
        announce(a, "duty", "do", duty, is_late=duty.is_late)
        messages.conclude(actor, f"duty:{duty.uuid}", now=now)
        return duty


def hand_over(actor: Actor, uuid: UUID, post: Post, reason: str, *, now: datetime) -> Duty:
    """Give a duty to another post of the same organisation, with a reason. The date stays."""
    words = need("reason", reason, _("Say why it is handed over."))
    with act(actor, "duty.hand_over", now=now) as a:
        duty = _owed(a, uuid, "duty.do" if not actor.scope.has("duty.assign") else "duty.assign")
        if not actor.scope.allows("duty.assign", duty.org_path):
            _may_do(actor, duty, now)
        if post.organisation_id != duty.organisation_id or not post.is_active or post.pk == duty.post_id:
            raise Invalid(Fault("post", _("Hand it to another active post of the same organisation.")))
        before, duty.handed_from, duty.post = duty.post, duty.post, post
        duty.save()
        a.record(duty, {"post": (str(before), str(post))}, reason=words)
        announce(a, "duty", "hand_over", duty, post=str(post.uuid))
        return duty


def cancel(actor: Actor, uuid: UUID, reason: str, *, now: datetime) -> Duty:
    """Nothing is owed any more, with a reason."""
    words = need("reason", reason, _("Say why it is cancelled."))
    with act(actor, "duty.assign", now=now) as a:
        duty = _owed(a, uuid, "duty.assign")
        duty.state, duty.cancelled_why, duty.escalate_at = DutyState.CANCELLED, words[:200], None
        duty.save()
        a.record(duty, {"state": (DutyState.OWED, DutyState.CANCELLED)}, reason=words, verb="duty.cancel")
        announce(a, "duty", "cancel", duty)
        messages.conclude(actor, f"duty:{duty.uuid}", now=now)
        return duty


def cancel_by_key(actor: Actor, key: str, reason: str, *, now: datetime) -> bool:
    """The reason for a duty has gone (the alarm was a test). False when nothing was owed under the key."""
    duty = Duty.objects.filter(key=key, state=DutyState.OWED).only("uuid").first()
    if duty is None:
        return False
    cancel(actor, duty.uuid, reason, now=now)
    return True


def escalate(duty: Duty, *, now: datetime) -> None:
    """Take the escalation step that is due: deputies, then the superiors one by one, then whoever answers for the organisation."""
    actor = Actor.platform("clock:duty.escalate")
    with act(actor, "duty.escalate", now=now) as a:
        duty = Duty.objects.select_related("post__superior", "organisation").get(pk=duty.pk)
        if duty.state != DutyState.OWED or duty.escalate_at is None or duty.escalate_at > now:
            return
        steps = rules.escalation("duty")
        step = steps[duty.escalation]
        climbs = sum(s.to == "superior" for s in steps[: duty.escalation + 1])
        superior = posts.above(duty.post, climbs) if step.to == "superior" else None
        before, duty.escalation = duty.escalation, duty.escalation + 1
        duty.escalate_at = rules.next_escalation("duty", duty.due_at, duty.escalation)
        duty.escalated_to = superior or duty.escalated_to
        duty.save(update_fields=["escalation", "escalate_at", "escalated_to", "updated_at"])
        a.record(duty, {"escalation": (before, duty.escalation)})
        announce(a, "duty", "escalate", duty, step=duty.escalation)
        messages.urge(
            actor, duty, duty.post, step, superior, topic="duty", title=_("Overdue: %(what)s") % {"what": duty.title}, now=now
        )


def _owed(a: Act, uuid: UUID, capability: str) -> Duty:
    duty = a.get(Duty.objects.select_related("post", "organisation"), capability, uuid=uuid)
    if duty.state != DutyState.OWED:
        raise WrongState(_("Nothing is owed here: %(state)s.") % {"state": duty.get_state_display()})
    return duty


def _may_do(actor: Actor, duty: Duty, now: datetime) -> bool:
    """Whether the actor does it as a deputy. NotPermitted unless a holder, a deputy, the superior, or the post is vacant."""
    if actor.user is None:
        return False
    held = posts.held_by(actor.user, now)
    if duty.post_id in held:
        return held[duty.post_id]
    if duty.post.superior_id in held or posts.is_vacant(duty.post, now):
        return False
    raise NotPermitted(_("This is owed by the post %(post)s.") % {"post": duty.post}, remedy=_("Ask its holder or a deputy."))


def _check_proof(duty: Duty, proof: str) -> None:
    if duty.proof_needed == Proof.TEXT and not proof.strip():
        raise Invalid(Fault("proof", _("A written account is asked for."), _("Say what was done.")))
    if duty.proof_needed == Proof.FILE and not attachments.of(duty):
        raise Invalid(Fault("file", _("A file or photo is asked for."), _("Attach it first.")))
