"""Pages of hidden hazards."""

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
from chemward.apps.followup import forms, queries, rules, subjects
from chemward.apps.followup.actions import hazards
from chemward.apps.followup.deeds import Deed, carry_out, new_page, offers
from chemward.apps.followup.models import HazardState, HiddenHazard
from chemward.apps.followup.registers import HazardRegister


class HazardList(RegisterView):
    register = HazardRegister
    template_name = "followup/hazards.html"

    def extra_context(self, register: Any) -> dict[str, Any]:
        return {"can_report": register.scope.has("hazard.report")}


def _may(verb: str) -> Any:
    line = rules.HAZARD[verb]
    return lambda actor, row: row.state in line.before and actor.scope.allows(line.capability, row.org_path)


def _submit(actor: Actor, row: HiddenHazard, data: dict[str, Any], now: datetime) -> Any:
    if data["file"]:
        attachments.attach(actor, row, data["file"], organisation=row.organisation, capability="hazard.view", now=now)
    return hazards.submit(actor, row.uuid, evidence=data["evidence"], cause=data["cause"], now=now)


def _decide(actor: Actor, row: HiddenHazard, data: dict[str, Any], now: datetime) -> Any:
    return hazards.decide_extension(actor, row.uuid, is_granted=data["is_granted"] == "yes", answer=data["answer"], now=now)


def _waits_for_answer(row: HiddenHazard) -> bool:
    return any(e.decided_at is None for e in row.extensions.all())


DEEDS = (
    Deed(
        "assign",
        gettext_lazy("Assign"),
        forms.AssignHazardForm,
        lambda a, r, d, now: hazards.assign(a, r.uuid, now=now, **d),
        _may("assign"),
        gettext_lazy("Assigned."),
        is_main=True,
        leads=lambda row: row.state == HazardState.FOUND,
    ),
    Deed(
        "submit",
        gettext_lazy("Give evidence"),
        forms.EvidenceForm,
        _submit,
        _may("submit"),
        gettext_lazy("Given for acceptance."),
        is_main=True,
    ),
    Deed(
        "accept",
        gettext_lazy("Accept"),
        forms.OpinionForm,
        lambda a, r, d, now: hazards.accept(a, r.uuid, opinion=d["opinion"], now=now),
        lambda a, r: _may("accept")(a, r) and (a.user is None or a.user.pk != r.submitted_by_id),
        gettext_lazy("Closed."),
        is_main=True,
    ),
    Deed(
        "return",
        gettext_lazy("Return"),
        forms.ReturnForm,
        lambda a, r, d, now: hazards.return_(a, r.uuid, reason=d["reason"], due_at=d["due_at"], now=now),
        _may("return"),
        gettext_lazy("Returned."),
    ),
    Deed(
        "extend",
        gettext_lazy("Ask for more time"),
        forms.ExtensionForm,
        lambda a, r, d, now: hazards.ask_extension(a, r.uuid, due_at=d["due_at"], reason=d["reason"], now=now),
        lambda a, r: _may("submit")(a, r) and not _waits_for_answer(r),
        gettext_lazy("Asked."),
    ),
    Deed(
        "decide",
        gettext_lazy("Decide on more time"),
        forms.DecisionForm,
        _decide,
        lambda a, r: _waits_for_answer(r) and a.scope.allows("hazard.accept", r.org_path),
        gettext_lazy("Decided."),
        is_main=True,
    ),
    Deed(
        "dismiss",
        gettext_lazy("Dismiss"),
        forms.ReasonForm,
        lambda a, r, d, now: hazards.dismiss(a, r.uuid, reason=d["reason"], now=now),
        lambda a, r: _may("dismiss")(a, r) and (a.user is None or a.user.pk != r.found_by_id),
        gettext_lazy("Dismissed."),
    ),
)


@login_required
def hazard(request: HttpRequest, uuid: UUID, verb: str = "") -> HttpResponse:
    """GET: one hazard; POST with a verb: an act on it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = HiddenHazard.objects.select_related(
        "organisation", "post", "found_by", "submitted_by", "closed_by", "rebound_of", "finding"
    )
    row = queries.one(actor.scope, rows.prefetch_related("extensions", "steps"), "hazard.view", uuid)
    bound = carry_out(request, row, DEEDS, verb) if request.method == "POST" else None
    if request.method == "POST" and bound is None:
        return redirect("followup:hazard", uuid=uuid)
    context = {
        "heading": row.title,
        "crumbs": [(_("Hidden hazards"), reverse("followup:hazards")), (str(row.organisation), "")],
        "row": row,
        "subject_url": subjects.url(row.subject_type, row.subject_id),
        "offers": offers(actor, row, DEEDS, bound),
        "act_url": reverse("followup:hazard", args=[uuid]),
        "files": attachments.of(row),
        "steps": [(s, _verb_name(s.verb)) for s in row.steps.all()],
        "extensions": row.extensions.all(),
        "is_late": row.is_open and row.due_at is not None and row.due_at < timezone.now(),
    }
    return render(request, "followup/hazard.html", context, status=422 if bound else 200)


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Report a hidden hazard."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.scope.has("hazard.report"):
        raise NotPermitted(_("Your role may not do this."))
    form = forms.HazardForm(request.POST or None, scope=actor.scope, initial={"title": request.GET.get("title", "")})

    def report(data: dict[str, Any]) -> str:
        place = data.pop("organisation")
        row = hazards.report(actor, place.path, data.pop("title"), now=timezone.now(), **data)
        # Who may report may not always see the register (a contractor): then the list of to-dos follows.
        return (
            reverse("followup:hazard", args=[row.uuid])
            if actor.scope.allows("hazard.view", row.org_path)
            else reverse("followup:todo")
        )

    return new_page(
        request,
        form,
        report,
        heading=_("Report a hidden hazard"),
        submit=_("Report"),
        back=reverse("followup:hazards"),
        draft="hazard",
    )


def _verb_name(verb: str) -> str:
    names = {
        "report": _("Reported"),
        "assign": _("Assigned"),
        "submit": _("Evidence given"),
        "accept": _("Accepted and closed"),
        "return": _("Returned"),
        "dismiss": _("Dismissed"),
        "ask_extension": _("Asked for more time"),
        "grant_extension": _("More time granted"),
        "refuse_extension": _("More time refused"),
    }
    return names.get(verb, verb)
