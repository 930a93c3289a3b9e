"""Pages of findings, verdicts and restrictions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import NotPermitted
from chemward.apps.core.register.views import RegisterView
from chemward.apps.followup import forms, queries, rulebook, scales, subjects
from chemward.apps.followup.actions import findings, restrictions
from chemward.apps.followup.deeds import Deed, carry_out, new_page, offers
from chemward.apps.followup.models import Finding, FindingState, Restriction
from chemward.apps.followup.registers import FindingRegister, RestrictionRegister, VerdictRegister


class FindingList(RegisterView):
    register = FindingRegister


class VerdictList(RegisterView):
    register = VerdictRegister


class RestrictionList(RegisterView):
    register = RestrictionRegister
    template_name = "followup/restrictions.html"

    def extra_context(self, register: Any) -> dict[str, Any]:
        return {"can_impose": register.scope.has("restriction.impose")}


FINDING_DEEDS = (
    Deed(
        "note",
        gettext_lazy("Take note"),
        forms.NoteForm,
        lambda a, r, d, now: findings.note(a, r.uuid, d["reason"], until=d["until"], now=now),
        lambda a, r: r.state == FindingState.OPEN and a.scope.allows("finding.handle", r.org_path),
        gettext_lazy("Noted."),
        is_main=True,
    ),
    Deed(
        "reopen",
        gettext_lazy("Open again"),
        forms.ReasonForm,
        lambda a, r, d, now: findings.reopen(a, r.uuid, d["reason"], now=now),
        lambda a, r: r.state == FindingState.NOTED and a.scope.allows("finding.handle", r.org_path),
        gettext_lazy("Open again."),
        is_main=True,
    ),
)


@login_required
def finding(request: HttpRequest, uuid: UUID, verb: str = "") -> HttpResponse:
    """GET: one finding; POST with a verb: an act on it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = queries.one(actor.scope, Finding.objects.select_related("organisation", "verdict", "noted_by"), "finding.view", uuid)
    bound = carry_out(request, row, FINDING_DEEDS, verb) if request.method == "POST" else None
    if request.method == "POST" and bound is None:
        return redirect("followup:finding", uuid=uuid)
    context = {
        "heading": row.title,
        "crumbs": [(_("Findings"), reverse("followup:findings")), (str(row.organisation), "")],
        "row": row,
        "rule": rulebook.cards().get(row.rule),
        "subject_url": subjects.url(row.subject_type, row.subject_id),
        "offers": offers(actor, row, FINDING_DEEDS, bound),
        "act_url": reverse("followup:finding", args=[uuid]),
        "can_report": actor.scope.allows("hazard.report", row.org_path),
    }
    return render(request, "followup/finding.html", context, status=422 if bound else 200)


@login_required
def why(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The sheet of a verdict: verdict and scale, factors, formula, data, what would change it."""
    found = queries.why(request.actor.scope, uuid)  # type: ignore[attr-defined]
    verdict = found.verdict
    context = {
        "why": found,
        "row": verdict,
        "subject_url": subjects.url(verdict.subject_type, verdict.subject_id),
        "scale": scales.drawn(verdict.value, verdict.scale) if verdict.value is not None and verdict.scale else None,
    }
    return render(request, "followup/why.html", context)


def _holds(row: Restriction) -> bool:
    return row.lifted_at is None and (row.valid_until is None or row.valid_until > timezone.now())


RESTRICTION_DEEDS = (
    Deed(
        "lift",
        gettext_lazy("Lift"),
        forms.ReasonForm,
        lambda a, r, d, now: restrictions.lift(a, r.uuid, d["reason"], now=now),
        lambda a, r: _holds(r) and a.scope.allows("restriction.lift", r.authority_path),
        gettext_lazy("Lifted."),
    ),
    Deed(
        "exempt",
        gettext_lazy("Exempt"),
        forms.ExemptForm,
        lambda a, r, d, now: restrictions.exempt(
            a, r.uuid, d["organisation"].path, d["verbs"], d["reason"], valid_until=d["valid_until"], now=now
        ),
        lambda a, r: _holds(r) and a.scope.allows("restriction.exempt", r.authority_path),
        gettext_lazy("Exempted."),
    ),
)


@login_required
def restriction(request: HttpRequest, uuid: UUID, verb: str = "") -> HttpResponse:
    """GET: one restriction; POST with a verb: an act on it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = queries.one(
        actor.scope, Restriction.objects.select_related("organisation", "lifted_by", "verdict"), "restriction.view", uuid
    )
    bound = carry_out(request, row, RESTRICTION_DEEDS, verb) if request.method == "POST" else None
    if request.method == "POST" and bound is None:
        return redirect("followup:restriction", uuid=uuid)
    context = {
        "heading": row.title,
        "crumbs": [(_("Restrictions"), reverse("followup:restrictions")), (str(row.organisation), "")],
        "row": row,
        "holds": _holds(row),
        "subject_url": subjects.url(row.subject_type, row.subject_id),
        "exemptions": row.exemptions.select_related("organisation", "granted_by").order_by("-id"),
        "can_revoke": actor.scope.allows("restriction.exempt", row.authority_path),
        "now": timezone.now(),
        "offers": offers(actor, row, RESTRICTION_DEEDS, bound),
        "act_url": reverse("followup:restriction", args=[uuid]),
    }
    return render(request, "followup/restriction.html", context, status=422 if bound else 200)


@login_required
@require_POST
def revoke_exemption(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """End an exemption, from the page of its restriction."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    given = queries.exemption(actor.scope, uuid)
    restrictions.revoke(actor, uuid, request.POST.get("reason", ""), now=timezone.now())
    messages.success(request, _("Revoked."))
    return redirect("followup:restriction", uuid=given.restriction.uuid)


@login_required
def new_restriction(request: HttpRequest) -> HttpResponse:
    """Impose a restriction."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.scope.has("restriction.impose"):
        raise NotPermitted(_("Your role may not do this."))
    form = forms.RestrictionForm(request.POST or None, scope=actor.scope)

    def impose(data: dict[str, Any]) -> str:
        place, verbs = data.pop("organisation"), data.pop("verbs")
        row = restrictions.impose(actor, place.path, verbs, now=timezone.now(), **data)
        return reverse("followup:restriction", args=[row.uuid])

    return new_page(
        request,
        form,
        impose,
        heading=_("Impose a restriction"),
        submit=_("Impose"),
        back=reverse("followup:restrictions"),
        draft="restriction",
    )
