"""Sending, reading, handling and escalating messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Fault, Invalid, NotFound, WrongState
from chemward.apps.core.models import NotificationPreference, Post, User
from chemward.apps.followup import receivers, rules
from chemward.apps.followup.actions.common import announce, need, organisation_at
from chemward.apps.followup.models import (
    Channel,
    Delivery,
    Message,
    MessageClass,
    MessageState,
    Receipt,
    Subject,
    SubjectRecord,
)
from chemward.apps.followup.models.base import about
from chemward.apps.followup.receivers import Receiver
from chemward.apps.followup.rules import EscalationStep


def send(
    actor: Actor,
    message_class: str,
    title: str,
    text: str = "",
    *,
    org_path: str,
    now: datetime,
    topic: str = "*",
    subject: Subject | None = None,
    to: Iterable[Receiver | User | Post] | None = None,
    due_at: datetime | None = None,
    key: str | None = None,
    level: int | None = None,
) -> Message:
    """Send a message to the given people and posts, or to whom the rule of the topic names. With a key it is sent once.

    A warning or an alarm waits to be handled until `due_at` (or the time its rule gives) and climbs the rule's steps until somebody does.
    """
    words = need("title", title, _("Say what it is about."))
    if message_class not in MessageClass.values:
        raise Invalid(Fault("message_class", _("Choose reminder, warning or alarm."), ", ".join(MessageClass.values)))
    if key and (known := Message.objects.filter(key=key).first()):
        return known
    with act(actor, "message.send", now=now) as a:
        a.permit("message.send", org_path)
        plan = receivers.plan(topic, message_class, org_path)
        must_handle = due_at is not None or message_class != MessageClass.REMINDER
        if must_handle and due_at is None and plan.handle_within_s:
            due_at = now + timedelta(seconds=plan.handle_within_s)
        message = Message(
            organisation=organisation_at(org_path),
            **about(subject),
            message_class=message_class,
            topic=topic,
            title=words[:200],
            text=text,
            key=key,
            level=level,
            state=MessageState.OPEN if must_handle else MessageState.INFORMATION,
            sent_at=now,
            sent_by=actor.user,
            sent_by_name=actor.name[:120],
            due_at=due_at,
            steps=list(plan.steps),
            source="hand" if actor.user else "platform",
        )
        message.save()
        if to is None:
            _take_steps(a, message)
        else:
            # The people are given: the first step is done by them, the rule's later steps hold.
            message.step = 1
            _reach(a, message, _as_receivers(to, now), 0)
            _plan_next(message)
        message.save(update_fields=["step", "escalate_at"])
        a.record(message, {"class": (None, message_class), "receivers": (None, message.receipts.count())})
        announce(a, "message", "send", message, message_class=message_class, title=message.title, topic=topic)
        return message


def mark_read(actor: Actor, uuids: Sequence[UUID] | None = None, *, now: datetime) -> int:
    """Mark the actor's messages as read; all of them without a list. Returns how many were new. Repeated calls change nothing."""
    if actor.user is None:
        return 0
    with act(actor, "message.read", now=now):
        rows = Receipt.objects.filter(user=actor.user, read_at=None)
        if uuids is not None:
            rows = rows.filter(message__uuid__in=list(uuids))
        return rows.update(read_at=now)


def handle(actor: Actor, uuid: UUID, note: str = "", *, now: datetime) -> Message:
    """A receiver says that it is dealt with: the message is handled for all, the escalation ends."""
    with act(actor, "message.handle", now=now) as a:
        receipt = _own(actor, uuid)
        message = receipt.message
        if message.state == MessageState.WITHDRAWN:
            raise WrongState(_("This message has been withdrawn."))
        receipt.handled_at, receipt.read_at, receipt.note = now, receipt.read_at or now, note.strip()
        receipt.save()
        if message.state == MessageState.HANDLED:
            # A second person who dealt with it: kept on the receipt, the message stays with who was first.
            return message
        _close(a, message, MessageState.HANDLED, note)
        return message


def withdraw(actor: Actor, uuid: UUID, reason: str, *, now: datetime) -> Message:
    """Take a message back: it stays in the lists, marked, and asks for nothing any more."""
    words = need("reason", reason, _("Say why."))
    with act(actor, "message.withdraw", now=now) as a:
        message = a.get(Message.objects.all(), "message.send", uuid=uuid)
        if message.state == MessageState.WITHDRAWN:
            raise WrongState(_("This message has been withdrawn."))
        _close(a, message, MessageState.WITHDRAWN, words)
        return message


def conclude(actor: Actor, key_prefix: str, *, now: datetime) -> int:
    """What messages asked for has been done elsewhere: all open ones whose key is the prefix or begins with `prefix:` are handled.

    The act that calls this has checked who may do it. Returns how many were open.
    """
    rows = Message.objects.filter(Q(key=key_prefix) | Q(key__startswith=f"{key_prefix}:"), state=MessageState.OPEN)
    open_rows = list(rows)
    if not open_rows:
        return 0
    with act(actor, "message.handle", now=now) as a:
        for message in open_rows:
            _close(a, message, MessageState.HANDLED, _("Done elsewhere"))
        return len(open_rows)


def escalate(message: Message, *, now: datetime) -> None:
    """Take the steps of the rule that are due."""
    with act(Actor.platform("clock:message.escalate"), "message.escalate", now=now) as a:
        message = Message.objects.select_related("organisation").get(pk=message.pk)
        if message.state != MessageState.OPEN or message.escalate_at is None or message.escalate_at > now:
            return
        before = message.step
        _take_steps(a, message)
        message.save(update_fields=["step", "escalate_at"])
        a.record(message, {"step": (before, message.step)})
        announce(a, "message", "escalate", message, step=message.step)


def urge(
    actor: Actor,
    row: SubjectRecord,
    post: Post,
    step: EscalationStep,
    superior: Post | None,
    *,
    topic: str,
    title: str,
    now: datetime,
) -> Message:
    """The message of one escalation step of something owed by a post."""
    people: list[Receiver] | None = None
    if step.to in ("post", "deputies"):
        people = receivers.from_posts([post], now, with_deputies=step.to == "deputies")
    elif superior is not None:
        people = receivers.from_posts([superior], now, with_deputies=True)
    due = getattr(row, "due_at", None)
    text = _("%(post)s, due %(due)s") % {"post": post, "due": f"{timezone.localtime(due):%Y-%m-%d %H:%M}" if due else "—"}
    # Nobody holds the post, or nobody is above it: whoever answers for the organisation is told.
    return send(
        actor,
        step.message_class,
        title,
        text,
        org_path=row.org_path,
        now=now,
        topic=topic,
        subject=Subject.of(row),
        to=people or None,
        key=f"{topic}:{row.uuid}:{getattr(row, 'escalation', 0)}:{int(due.timestamp()) if due else 0}",
    )


def _take_steps(a: Act, message: Message) -> None:
    """Take the steps whose time has come; one that reaches nobody new passes on to the next at once."""
    while message.step < len(message.steps):
        step = message.steps[message.step]
        waits = step["after_s"] > (a.now - message.sent_at).total_seconds()
        if waits and message.step > 0 and message.receipts.exists():
            break
        number, message.step = message.step, message.step + 1
        _reach(a, message, receivers.reached(step, message.org_path, a.now), number)
    _plan_next(message)


def _plan_next(message: Message) -> None:
    has_next = message.state == MessageState.OPEN and message.step < len(message.steps)
    message.escalate_at = message.sent_at + timedelta(seconds=message.steps[message.step]["after_s"]) if has_next else None


def _reach(a: Act, message: Message, people: Sequence[Receiver], step: int) -> None:
    known = set(message.receipts.values_list("user_id", flat=True))
    new = [p for p in people if p.user.pk not in known]
    preferences = _preferences([p.user for p in new], message.message_class)
    Receipt.objects.bulk_create(
        [
            Receipt(
                message=message,
                user=p.user,
                post=p.post,
                reason=p.reason[:120],
                step=step,
                is_deputy=p.is_deputy,
                received_at=a.now,
                # Nobody can switch an alarm off on the page.
                is_quiet=message.message_class != MessageClass.ALARM and not _wants(preferences, p.user, "page"),
            )
            for p in new
        ]
    )
    _queue(a, message, new, preferences)


def _queue(
    a: Act, message: Message, people: Sequence[Receiver], preferences: dict[tuple[int, str], NotificationPreference]
) -> None:
    """Deliveries through the channels above the organisation that carry this class."""
    rows = Channel.objects.filter(organisation__path__in=rules.ancestors(message.org_path), is_active=True, deleted_at=None)
    waiting = []
    for channel in rows:
        if message.message_class not in channel.message_classes:
            continue
        if not channel.is_personal:
            if not message.deliveries.filter(channel=channel).exists():
                waiting.append(Delivery(message=message, channel=channel, try_at=a.now))
            continue
        for p in people:
            if p.user.email and _wants(preferences, p.user, channel.code):
                at = _after_quiet(preferences.get((p.user.pk, channel.code)), a.now)
                waiting.append(Delivery(message=message, channel=channel, user=p.user, try_at=at))
    Delivery.objects.bulk_create(waiting, ignore_conflicts=True)


def _preferences(users: Sequence[User], message_class: str) -> dict[tuple[int, str], NotificationPreference]:
    rows = NotificationPreference.objects.filter(user__in=users, message_class=message_class)
    return {(p.user_id, p.channel): p for p in rows}


def _wants(preferences: dict[tuple[int, str], NotificationPreference], user: User, channel: str) -> bool:
    kept = preferences.get((user.pk, channel))
    return kept is None or kept.is_on


def _after_quiet(preference: NotificationPreference | None, now: datetime) -> datetime:
    """The first moment outside the person's quiet hours (which may span midnight, in local time)."""
    if preference is None or preference.quiet_from is None or preference.quiet_until is None:
        return now
    local = timezone.localtime(now)
    begins, ends, clock = preference.quiet_from, preference.quiet_until, local.time()
    is_quiet = begins <= clock < ends if begins <= ends else clock >= begins or clock < ends
    if not is_quiet:
        return now
    until = local.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    return until if until > local else until + timedelta(days=1)


def _as_receivers(to: Iterable[Any], now: datetime) -> list[Receiver]:
    people: list[Receiver] = []
    for one in to:
        if isinstance(one, Receiver):
            people.append(one)
        elif isinstance(one, Post):
            people += receivers.from_posts([one], now, with_deputies=False)
        else:
            people.append(Receiver(one, _("Named by the sender")))
    return receivers.distinct(p for p in people if p.user.is_active)


def _own(actor: Actor, uuid: UUID) -> Receipt:
    receipt = (
        Receipt.objects.select_related("message__organisation").filter(user=actor.user, message__uuid=uuid).first()
        if actor.user
        else None
    )
    if receipt is None:
        raise NotFound(_("Not found."))
    return receipt


def _close(a: Act, message: Message, state: MessageState, reason: str) -> None:
    before = message.state
    message.state, message.escalate_at = state, None
    if state == MessageState.HANDLED:
        message.handled_at, message.handled_by = a.now, a.actor.user
        message.is_late = message.due_at is not None and a.now > message.due_at
    message.save()
    a.record(message, {"state": (before, state)}, reason=reason)
    announce(a, "message", "withdraw" if state == MessageState.WITHDRAWN else "handle", message, is_late=message.is_late)
