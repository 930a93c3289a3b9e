"""Pages of messages and of the ways out of the platform."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages as said
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import NotFound, NotPermitted
from chemward.apps.core.register.paging import Place, page
from chemward.apps.followup import forms, queries, subjects
from chemward.apps.followup.actions import channels, messages
from chemward.apps.followup.deeds import Deed, carry_out, new_page, offers
from chemward.apps.followup.models import Channel, MessageClass, MessageState

SIZE = 50


@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """One's own messages."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = queries.inbox(actor)
    asked = request.GET.get("show", "")
    if asked == "unread":
        rows = rows.filter(read_at=None)
    elif asked == "open":
        rows = rows.filter(message__state=MessageState.OPEN)
    elif asked in MessageClass.values:
        rows = rows.filter(message__message_class=asked)
    place = Place(request.GET.get("after", ""), request.GET.get("before", ""), "last" in request.GET)
    found = page(rows.order_by(), sort="-received_at", place=place, size=SIZE)
    tabs = [("", _("All")), ("open", _("To be handled")), ("unread", _("Unread")), *MessageClass.choices]
    context = {
        "heading": _("Messages"),
        "receipts": found.rows,
        "total": found.count,
        "is_capped": found.is_capped,
        "next_url": f"?show={asked}&after={found.next}" if found.next else "",
        "previous_url": f"?show={asked}&before={found.previous}" if found.previous else "",
        "first_url": f"?show={asked}" if found.previous else "",
        "saved_filters": [
            {"name": name, "url": f"?show={code}", "count": None, "is_current": code == asked} for code, name in tabs
        ],
        "unread": queries.unread_count(actor),
        "can_send": actor.scope.has("message.send"),
    }
    return render(request, "followup/messages.html", context)


def _is_receiver(actor: Actor, row: Any) -> bool:
    return row.state == MessageState.OPEN and any(r.user_id == (actor.user.pk if actor.user else 0) for r in row.receipts.all())


DEEDS = (
    Deed(
        "handle",
        gettext_lazy("Handle"),
        forms.HandleForm,
        lambda a, r, d, now: messages.handle(a, r.uuid, d["note"], now=now),
        _is_receiver,
        gettext_lazy("Handled."),
        is_main=True,
    ),
    Deed(
        "withdraw",
        gettext_lazy("Withdraw"),
        forms.ReasonForm,
        lambda a, r, d, now: messages.withdraw(a, r.uuid, d["reason"], now=now),
        lambda a, r: r.state in (MessageState.OPEN, MessageState.INFORMATION) and a.scope.allows("message.send", r.org_path),
        gettext_lazy("Withdrawn."),
    ),
)


@login_required
def message(request: HttpRequest, uuid: UUID, verb: str = "") -> HttpResponse:
    """GET: one message, which is read thereby; POST with a verb: an act on it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = queries.message(actor, uuid)
    if row.receipts.filter(user=actor.user, read_at=None).exists():
        messages.mark_read(actor, [uuid], now=timezone.now())
    bound = carry_out(request, row, DEEDS, verb) if request.method == "POST" else None
    if request.method == "POST" and bound is None:
        return redirect("followup:message", uuid=uuid)
    context = {
        "heading": row.title,
        "crumbs": [(_("Messages"), reverse("followup:messages")), (str(row.organisation), "")],
        "row": row,
        "subject_url": subjects.url(row.subject_type, row.subject_id),
        "receipts": row.receipts.select_related("user", "post").order_by("id"),
        "deliveries": row.deliveries.select_related("channel", "user").order_by("id"),
        "offers": offers(actor, row, DEEDS, bound),
        "act_url": reverse("followup:message", args=[uuid]),
    }
    return render(request, "followup/message.html", context, status=422 if bound else 200)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all one's messages as read."""
    messages.mark_read(request.actor, now=timezone.now())  # type: ignore[attr-defined]
    return redirect("followup:messages")


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Send a message to whom the rules name."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.scope.has("message.send"):
        raise NotPermitted(_("Your role may not do this."))
    form = forms.MessageForm(request.POST or None, scope=actor.scope)

    def send(data: dict[str, Any]) -> str:
        row = messages.send(
            actor,
            data["message_class"],
            data["title"],
            data["text"],
            org_path=data["organisation"].path,
            due_at=data["due_at"],
            now=timezone.now(),
        )
        return reverse("followup:message", args=[row.uuid])

    return new_page(
        request, form, send, heading=_("Send a message"), submit=_("Send"), back=reverse("followup:messages"), draft="message"
    )


@login_required
def channel_list(request: HttpRequest) -> HttpResponse:
    """The ways out of the platform."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.scope.has("message.configure"):
        raise NotPermitted(_("Your role may not see this."))
    rows = actor.scope.filter(Channel.objects.filter(deleted_at=None).select_related("organisation"), "message.configure")
    context = {"heading": _("Channels"), "channels": rows.order_by("code"), "classes": dict(MessageClass.choices)}
    return render(request, "followup/channels.html", context)


@login_required
def new_channel(request: HttpRequest) -> HttpResponse:
    """Make a channel."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.scope.has("message.configure"):
        raise NotPermitted(_("Your role may not do this."))
    form = forms.ChannelForm(request.POST or None, scope=actor.scope)

    def add(data: dict[str, Any]) -> str:
        channels.add(actor, data.pop("organisation").path, now=timezone.now(), **data)
        return reverse("followup:channels")

    return new_page(request, form, add, heading=_("New channel"), submit=_("Make it"), back=reverse("followup:channels"))


@login_required
@require_POST
def channel_act(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Switch a channel on or off, or take it away."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now = timezone.now()
    if verb in ("on", "off"):
        channels.switch(actor, uuid, verb == "on", now=now)
    elif verb == "remove":
        channels.remove(actor, uuid, now=now)
    else:
        raise NotFound(_("Not found."))
    said.success(request, _("Changed."))
    return redirect("followup:channels")
