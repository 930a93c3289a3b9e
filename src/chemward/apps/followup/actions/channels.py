"""Ways out of the platform: made and changed by administrators, tried by jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core import personal
from chemward.apps.core.acts import Actor, act, digest
from chemward.apps.core.errors import Fault, Invalid
from chemward.apps.followup import outward
from chemward.apps.followup.actions.common import need, organisation_at
from chemward.apps.followup.models import Channel, Delivery, DeliveryState, MessageClass

# After a failed try: wait so long; after the last one it is given up.
WAITS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
PLACEHOLDER = "{email}"


def add(
    actor: Actor,
    org_path: str,
    *,
    code: str,
    name: str,
    url: str,
    message_classes: Sequence[str],
    is_personal: bool,
    now: datetime,
) -> Channel:
    """Make a channel for messages about an organisation and all below it. The address is checked against the allow-list and encrypted."""
    with act(actor, "channel.add", now=now) as a:
        a.permit("message.configure", org_path)
        label = need("name", name, _("Give it a name."))
        _check(code, url, message_classes, is_personal)
        if code == "page" or Channel.objects.filter(code=code).exists():
            raise Invalid(Fault("code", _("This code is taken."), _("Choose another one.")))
        row = Channel(
            organisation=organisation_at(org_path),
            code=code,
            name=label,
            url_cipher=personal.encrypt(url.strip()),
            shown_url=outward.shown(url.replace(PLACEHOLDER, "somebody@example.org")),
            message_classes=sorted(set(message_classes)),
            is_personal=is_personal,
        )
        row.save()
        a.record(row, {"url": (None, digest(url)), "classes": (None, row.message_classes)})
        return row


def switch(actor: Actor, uuid: UUID, is_active: bool, *, now: datetime) -> Channel:
    """Switch a channel on or off. Switching it to what it is changes nothing."""
    with act(actor, "channel.switch", now=now) as a:
        row = a.get(Channel.objects.filter(deleted_at=None), "message.configure", uuid=uuid)
        if row.is_active != is_active:
            a.record(row, {"is_active": (row.is_active, is_active)})
            row.is_active = is_active
            row.save()
        return row


def remove(actor: Actor, uuid: UUID, *, now: datetime) -> Channel:
    """Take a channel away; its address is forgotten, what it delivered stays."""
    with act(actor, "channel.remove", now=now) as a:
        row = a.get(Channel.objects.filter(deleted_at=None), "message.configure", uuid=uuid)
        row.is_active, row.deleted_at, row.url_cipher, row.code = False, now, "", f"x{row.pk}-{row.code}"[:32]
        row.save()
        a.record(row, {"deleted_at": (None, now)})
        return row


def due(now: datetime) -> list[Delivery]:
    """Deliveries to be tried, oldest first."""
    rows = Delivery.objects.filter(state=DeliveryState.WAITING, try_at__lte=now)
    return list(rows.select_related("channel", "message__organisation", "user").order_by("try_at", "id")[:100])


def attempt(delivery: Delivery, *, now: datetime) -> Delivery:
    """Try one delivery and keep what came of it. Runs in the jobs process, never in a request or in the recorder."""
    fault = _try(delivery)
    delivery.attempts += 1
    delivery.fault = fault[:200]
    if not fault:
        delivery.state, delivery.sent_at = DeliveryState.SENT, now
    elif delivery.attempts > len(WAITS) or not delivery.channel.is_active:
        delivery.state = DeliveryState.GIVEN_UP
    else:
        delivery.try_at = now + WAITS[delivery.attempts - 1]
    delivery.save(update_fields=["attempts", "fault", "state", "sent_at", "try_at"])
    return delivery


def _try(delivery: Delivery) -> str:
    channel, message = delivery.channel, delivery.message
    if not channel.is_active or not channel.url_cipher:
        return _("The channel is switched off.")
    url = personal.decrypt(channel.url_cipher)
    if delivery.user is not None:
        url = url.replace(PLACEHOLDER, quote(delivery.user.email, safe="@"))
    title = f"【{message.get_message_class_display()}】{message.title}"
    return outward.send(url, title, "\n".join(t for t in (str(message.organisation), message.text) if t))


def _check(code: str, url: str, message_classes: Sequence[str], is_personal: bool) -> None:
    faults = []
    if not code or not code.replace("-", "").isalnum() or not code.isascii():
        faults.append(Fault("code", _("Letters, digits and hyphens only.")))
    if unknown := set(message_classes) - set(MessageClass.values):
        faults.append(Fault("message_classes", ", ".join(sorted(unknown)), ", ".join(MessageClass.values)))
    if not message_classes:
        faults.append(Fault("message_classes", _("Choose at least one class.")))
    if is_personal != (PLACEHOLDER in url):
        faults.append(Fault("url", _("A channel to each receiver has {email} in its address, one to a group has not.")))
    if faults:
        raise Invalid(*faults)
    outward.check(url.replace(PLACEHOLDER, "somebody@example.org"))
