"""Pages of duties, and the list of what waits for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chemward.apps.core.actions import attachments
from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import NotPermitted
from chemward.apps.core.register.views import RegisterView
from chemward.apps.followup import forms, posts, queries, subjects, todo
from chemward.apps.followup.actions import duties
from chemward.apps.followup.deeds import Deed, carry_out, new_page, offers
from chemward.apps.followup.models import Duty, DutyState
from chemward.apps.followup.registers import DutyRegister


@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """我的待办."""
    now = timezone.now()
    entries = todo.mine(request.actor, now)  # type: ignore[attr-defined]
    kinds = {t.kind: str(t.kind_label) for t in entries}
    asked = request.GET.get("kind", "")
    context = {
        "heading": _("My to-dos"),
        "entries": [(t, t.is_late(now)) for t in entries if not asked or t.kind == asked],
        "total": len(entries),
        "late": sum(t.is_late(now) for t in entries),
        "asked": asked,
        "tabs": [{"name": _("All"), "kind": "", "count": len(entries)}]
        + [{"name": label, "kind": kind, "count": sum(t.kind == kind for t in entries)} for kind, label in kinds.items()],
    }
    return render(request, "followup/todo.html", context)


class DutyList(RegisterView):
    register = DutyRegister
    template_name = "followup/duties.html"

    def extra_context(self, register: Any) -> dict[str, Any]:
        return {"can_assign": register.scope.has("duty.assign")}


def _do(actor: Actor, row: Duty, data: dict[str, Any], now: datetime) -> Any:
    if data["file"]:
        attachments.attach(actor, row, data["file"], organisation=row.organisation, capability="duty.view", now=now)
    return duties.do(actor, row.uuid, proof=data["proof"], now=now)


def _may(capability: str) -> Any:
    return lambda actor, row: row.state == DutyState.OWED and actor.scope.allows(capability, row.org_path)


DEEDS = (
    Deed("do", gettext_lazy("Do it"), forms.ProofForm, _do, _may("duty.do"), gettext_lazy("Done."), is_main=True),
    Deed(
        "hand-over",
        gettext_lazy("Hand over"),
        forms.HandOverForm,
        lambda a, r, d, now: duties.hand_over(a, r.uuid, d["post"], d["reason"], now=now),
        _may("duty.do"),
        gettext_lazy("Handed over."),
    ),
    Deed(
        "cancel",
        gettext_lazy("Cancel"),
        forms.ReasonForm,
        lambda a, r, d, now: duties.cancel(a, r.uuid, d["reason"], now=now),
        _may("duty.assign"),
        gettext_lazy("Cancelled."),
    ),
)


@login_required
def duty(request: HttpRequest, uuid: UUID, verb: str = "") -> HttpResponse:
    """GET: one duty; POST with a verb: an act on it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = Duty.objects.select_related("organisation", "post", "handed_from", "escalated_to", "assigned_by", "done_by")
    row = queries.one(actor.scope, rows, "duty.view", uuid)
    bound = carry_out(request, row, DEEDS, verb) if request.method == "POST" else None
    if request.method == "POST" and bound is None:
        return redirect("followup:duty", uuid=uuid)
    now = timezone.now()
    context = {
        "heading": row.title,
        "crumbs": [(_("Duties"), reverse("followup:duties")), (str(row.organisation), "")],
        "row": row,
        "subject_url": subjects.url(row.subject_type, row.subject_id),
        "people": posts.holders([row.post], now, with_deputies=True),
        "offers": offers(actor, row, DEEDS, bound),
        "act_url": reverse("followup:duty", args=[uuid]),
        "files": attachments.of(row),
        "is_late": row.state == DutyState.OWED and row.due_at < now,
    }
    return render(request, "followup/duty.html", context, status=422 if bound else 200)


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Assign a duty."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.scope.has("duty.assign"):
        raise NotPermitted(_("Your role may not do this."))
    form = forms.DutyForm(request.POST or None, scope=actor.scope)

    def assign(data: dict[str, Any]) -> str:
        row = duties.assign(actor, data.pop("post"), data.pop("title"), now=timezone.now(), **data)
        return reverse("followup:duty", args=[row.uuid])

    return new_page(
        request, form, assign, heading=_("Assign a duty"), submit=_("Assign"), back=reverse("followup:duties"), draft="duty"
    )
