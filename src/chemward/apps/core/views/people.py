"""Pages of those who manage people: users, posts, organisations, wall screens, log-ins and use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_otp.plugins.otp_totp.models import TOTPDevice

from chemward.apps.core import personal
from chemward.apps.core import registers as core_registers
from chemward.apps.core.actions import organisations, second_factor, users
from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, Refused
from chemward.apps.core.forms import (
    DemandForm,
    GrantForm,
    HolderForm,
    InviteForm,
    OrganisationForm,
    PostForm,
    ReasonForm,
    WallForm,
)
from chemward.apps.core.models import AuditEntry, Post, SecondFactorDemand, User, UserSession, WallDevice
from chemward.apps.core.register.views import RegisterView
from chemward.apps.core.scope import roles


class UserList(RegisterView):
    register = core_registers.UserRegister
    template_name = "core/users.html"

    def extra_context(self, register: Any) -> dict[str, Any]:
        return {"can_manage": register.scope.has("user.manage")}


class OrganisationList(RegisterView):
    register = core_registers.OrganisationRegister
    template_name = "core/organisations.html"

    def extra_context(self, register: Any) -> dict[str, Any]:
        return {"can_edit": register.scope.has("organisation.edit")}


class AuditList(RegisterView):
    register = core_registers.AuditRegister


class LoginList(RegisterView):
    register = core_registers.LoginRegister


class UsageList(RegisterView):
    register = core_registers.UsageRegister
    template_name = "core/usage.html"

    def extra_context(self, register: Any) -> dict[str, Any]:
        rows = register.selected()
        units = (
            rows.values("user__home__name")
            .annotate(people=Count("user", distinct=True), pages=Sum("pages"), acts=Sum("acts"), minutes=Sum("active_minutes"))
            .order_by("-minutes")[:50]
        )
        return {"units": list(units)}


def answer(form: forms.Form, act: Callable[[], Any]) -> Any:
    """Run an act for a valid form; its refusals come back as faults of the form. None when it did not happen."""
    try:
        return act()
    except Invalid as refused:
        for fault in refused.faults:
            form.add_error(fault.field if fault.field in form.fields else None, f"{fault.message} {fault.remedy}".strip())
    except (NotPermitted, Refused) as refused:
        form.add_error(None, f"{refused.message} {refused.remedy}".strip())
    return None


def _form(request: HttpRequest, form: forms.Form, heading: str, submit: str, back: str) -> HttpResponse:
    return render(request, "core/form.html", {"form": form, "heading": heading, "submit": submit, "back_url": back})


@login_required
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """A new user; the page then shows the one-time link once."""
    actor = request.actor  # type: ignore[attr-defined]
    _need(actor, "user.manage")
    form = InviteForm(request.POST or None, scope=actor.scope)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = answer(
            form,
            lambda: users.invite(
                actor,
                username=data["username"],
                display_name=data["display_name"],
                home=data["home"],
                memberships=[(data["home"], data["role"])],
                now=timezone.now(),
                email=data["email"],
                phone=data["phone"],
            ),
        )
        if made:
            return _link_page(request, made[0], made[1])
    return _form(request, form, _("Invite a user"), _("Invite"), reverse("core:users"))


def _link_page(request: HttpRequest, user: User, secret: str) -> HttpResponse:
    link = request.build_absolute_uri(reverse("core:first-password", args=[secret]))
    return render(request, "core/link_made.html", {"heading": user.display_name, "person": user, "link": link})


@login_required
@never_cache
def user(request: HttpRequest, uuid: UUID) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    person = actor.scope.filter(User.objects.select_related("home"), "user.view", "home__path").filter(uuid=uuid).first()
    if person is None:
        raise NotFound(_("Not found."))
    can_manage = actor.scope.allows("user.manage", person.org_path)
    phone = personal.decrypt(person.phone_cipher)
    known = roles()
    context = {
        "heading": person.display_name,
        "person": person,
        "phone": phone if can_manage else personal.masked(phone),
        "can_manage": can_manage,
        "memberships": [
            {"row": m, "name": known[m.role].name_zh if m.role in known else m.role}
            for m in person.memberships.select_related("organisation")
        ],
        "sessions": UserSession.objects.filter(user=person, ended_at=None).order_by("-started_at")[:20] if can_manage else [],
        "holdings": person.holdings.select_related("post__organisation").filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now())),
        "history": AuditEntry.objects.filter(subject_type="core.user", subject_id=str(person.uuid)).order_by("-id")[:20],
        "grant_form": GrantForm(scope=actor.scope) if can_manage else None,
        "has_second_factor": TOTPDevice.objects.filter(user=person, confirmed=True).exists(),
        "is_wall_user": person.memberships.filter(role__in=second_factor.WITHOUT).exists(),
    }
    return render(request, "core/user.html", context)


@login_required
@require_POST
def user_act(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Acts on a user from their page."""
    actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
    if verb == "reset":
        secret = users.send_reset(actor, uuid, now=now)
        return _link_page(request, User.objects.get(uuid=uuid), secret)
    if verb == "deactivate":
        form = ReasonForm(request.POST)
        users.deactivate(actor, uuid, reason=form.data.get("reason", ""), now=now)
    elif verb == "reactivate":
        users.reactivate(actor, uuid, now=now)
    elif verb in {"demand-second-factor", "spare-second-factor"}:
        second_factor.demand_of_user(actor, uuid, verb.startswith("demand"), now=now)
    elif verb in {"grant", "withdraw"}:
        form_ = GrantForm(request.POST, scope=actor.scope)
        if not form_.is_valid():
            raise NotFound(_("Not found."))
        do = users.grant if verb == "grant" else users.withdraw
        do(actor, uuid, form_.cleaned_data["organisation"], form_.cleaned_data["role"], now=now)
    else:
        raise NotFound(_("Not found."))
    messages.success(request, _("Done."))
    return redirect("core:user", uuid=uuid)


@login_required
@never_cache
def posts(request: HttpRequest) -> HttpResponse:
    """Posts of the units in scope, with holders and deputies; what has no holder stands out."""
    actor = request.actor  # type: ignore[attr-defined]
    _need(actor, "organisation.view")
    rows = (
        actor.scope.filter(Post.objects.filter(is_active=True), "organisation.view")
        .select_related("organisation", "superior")
        .prefetch_related("holdings__user")
        .order_by("org_path", "id")[:500]
    )
    now = timezone.now()
    shown = [
        {
            "post": p,
            "holder": next((h.user for h in p.holdings.all() if not h.is_deputy and _holds(h, now)), None),
            "deputies": [h.user for h in p.holdings.all() if h.is_deputy and _holds(h, now)],
        }
        for p in rows
    ]
    context = {"heading": _("Posts"), "posts": shown, "can_manage": actor.scope.has("post.manage")}
    return render(request, "core/posts.html", context)


def _holds(holding: Any, now: Any) -> bool:
    return bool(holding.starts_at <= now and (holding.ends_at is None or holding.ends_at > now))


@login_required
@never_cache
def new_post(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    _need(actor, "post.manage")
    form = PostForm(request.POST or None, scope=actor.scope)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        organisation = data.pop("organisation")
        if answer(form, lambda: users.make_post(actor, organisation, now=timezone.now(), **data)):
            return redirect("core:posts")
    return _form(request, form, _("New post"), _("Make"), reverse("core:posts"))


@login_required
@never_cache
def hold_post(request: HttpRequest, uuid: UUID) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    post = actor.scope.filter(Post.objects.select_related("organisation"), "post.manage").filter(uuid=uuid).first()
    if post is None:
        raise NotFound(_("Not found."))
    form = HolderForm(request.POST or None, scope=actor.scope)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = answer(
            form,
            lambda: users.hold_post(
                actor,
                post,
                data["user"],
                now=timezone.now(),
                is_deputy=data["is_deputy"],
                starts_at=data["starts_at"],
                ends_at=data["ends_at"],
            ),
        )
        if done:
            return redirect("core:posts")
    return _form(request, form, post.name, _("Put on the post"), reverse("core:posts"))


@login_required
@never_cache
def new_organisation(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    _need(actor, "organisation.edit")
    form = OrganisationForm(request.POST or None, scope=actor.scope)
    if (
        request.method == "POST"
        and form.is_valid()
        and answer(form, lambda: organisations.add(actor, now=timezone.now(), **form.cleaned_data))
    ):
        return redirect("core:organisations")
    return _form(request, form, _("New organisation"), _("Add"), reverse("core:organisations"))


@login_required
@never_cache
def walls(request: HttpRequest) -> HttpResponse:
    """Wall screens: bind one (its link is shown once), unbind one."""
    actor = request.actor  # type: ignore[attr-defined]
    _need(actor, "wall.manage")
    form = WallForm(request.POST or None, scope=actor.scope)
    link = ""
    if request.method == "POST" and form.is_valid():
        made = answer(form, lambda: users.make_wall(actor, now=timezone.now(), **form.cleaned_data))
        if made:
            link = request.build_absolute_uri(reverse("core:wall")) + f"?device={made[1]}"
    rows = actor.scope.filter(WallDevice.objects.select_related("organisation", "user"), "wall.manage").order_by("-id")
    return render(request, "core/walls.html", {"heading": _("Wall screens"), "form": form, "devices": rows, "link": link})


@login_required
@require_POST
def revoke_wall(request: HttpRequest, uuid: UUID) -> HttpResponse:
    users.revoke_wall(request.actor, uuid, now=timezone.now())  # type: ignore[attr-defined]
    return redirect("core:walls")


@login_required
@never_cache
def second_factors(request: HttpRequest) -> HttpResponse:
    """Of which roles a second factor is demanded, and how many people have set one up."""
    actor = request.actor  # type: ignore[attr-defined]
    _need(actor, "user.manage")
    form = DemandForm(request.POST or None, scope=actor.scope, without=second_factor.WITHOUT)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if answer(form, lambda: second_factor.demand_of_role(actor, data["role"], data["organisation"], now=timezone.now())):
            messages.success(request, _("It is asked for from the next page that they open."))
            return redirect("core:second-factors")
    rows = actor.scope.filter(SecondFactorDemand.objects.select_related("organisation"), "user.manage").order_by(
        "org_path", "role"
    )
    context = {"heading": _("Second factor"), "form": form, "demands": [_demand(d) for d in rows], **_coverage(actor)}
    return render(request, "core/second_factors.html", context, status=422 if form.is_bound else 200)


def _demand(row: SecondFactorDemand) -> dict[str, Any]:
    people = second_factor.holders(row)
    ready = set(TOTPDevice.objects.filter(user__in=people, confirmed=True).values_list("user", flat=True))
    known = roles().get(row.role)
    return {"row": row, "name": known.name_zh if known else row.role, "people": len(people), "ready": len(ready)}


def _coverage(actor: Any) -> dict[str, int]:
    """People in scope, those who have a second factor, those of whom it is demanded and who have none yet."""
    people = actor.scope.filter(User.objects.filter(is_active=True), "user.manage", "home__path")
    ready = TOTPDevice.objects.filter(confirmed=True).values("user")
    return {
        "people": people.count(),
        "ready": people.filter(pk__in=ready).count(),
        "missing": people.filter(must_use_totp=True).exclude(pk__in=ready).count(),
    }


@login_required
@require_POST
def lift_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    _need(actor, "user.manage")
    second_factor.lift_of_role(actor, pk, now=timezone.now())
    messages.success(request, _("Done."))
    return redirect("core:second-factors")


def _need(actor: Any, capability: str) -> None:
    if not actor.scope.has(capability):
        raise NotPermitted(_("Your role may not see this."))
