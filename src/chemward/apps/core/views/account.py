"""One's own account: password, second factor, sessions, tokens, notification preferences, language."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import qrcode
import qrcode.image.svg
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_otp.plugins.otp_totp.models import TOTPDevice

from chemward.apps.core.actions import account, users
from chemward.apps.core.errors import Invalid
from chemward.apps.core.middleware import PLACE_COOKIE
from chemward.apps.core.models import ApiToken, NotificationPreference, UserSession
from chemward.apps.core.scope import capabilities, roles
from chemward.apps.core.views.login import PasswordForm, enter


class ChangePasswordForm(PasswordForm):
    old = forms.CharField(
        label=gettext_lazy("Present password"), widget=forms.PasswordInput({"autocomplete": "current-password"})
    )
    field_order = ("old", "password", "again")


class TokenForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("What the token is for"), max_length=64)
    days = forms.IntegerField(label=gettext_lazy("Valid for [days]"), min_value=1, max_value=366, initial=90)
    capabilities = forms.MultipleChoiceField(label=gettext_lazy("Rights"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, scope=None, **kwargs):  # type: ignore[no-untyped-def]
        super().__init__(*args, **kwargs)
        self.fields["capabilities"].choices = [(c, n) for c, n in capabilities().items() if scope.has(c)]


class PreferenceForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = NotificationPreference
        fields = ("message_class", "channel", "is_on", "quiet_from", "quiet_until")
        labels: ClassVar = {
            "message_class": gettext_lazy("Class of messages"),
            "is_on": gettext_lazy("Tell me so"),
            "quiet_from": gettext_lazy("Quiet from"),
            "quiet_until": gettext_lazy("Quiet until"),
        }
        widgets: ClassVar = {name: forms.TimeInput({"type": "time"}) for name in ("quiet_from", "quiet_until")}


@login_required
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    user = request.user
    context = {
        "heading": _("My account"),
        "sessions": UserSession.objects.filter(user=user, ended_at=None).order_by("-started_at"),
        "current_session": request.session.session_key,
        "tokens": ApiToken.objects.filter(user=user).order_by("-created_at"),
        "memberships": [
            {"row": m, "name": roles()[m.role].name_zh if m.role in roles() else m.role}
            for m in user.memberships.select_related("organisation")
        ],
        "has_totp": TOTPDevice.objects.filter(user=user, confirmed=True).exists(),
        "preferences": NotificationPreference.objects.filter(user=user),
    }
    return render(request, "core/account.html", context)


@login_required
@never_cache
def change_password(request: HttpRequest) -> HttpResponse:
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            users.change_password(request.actor, old=data["old"], new=data["password"], now=timezone.now())  # type: ignore[attr-defined]
        except Invalid as refused:
            for fault in refused.faults:
                form.add_error(fault.field if fault.field in form.fields else None, fault.message)
        else:
            request.user.refresh_from_db()
            update_session_auth_hash(request, request.user)
            enter(request, request.user)
            messages.success(request, _("The password is changed; all other sessions have ended."))
            return redirect("core:account")
    context = {
        "form": form,
        "heading": _("Change the password"),
        "submit": _("Change"),
        "must": request.user.must_change_password,
    }
    return render(request, "core/form.html", context)


@login_required
@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set up TOTP: the secret is shown as a picture and text until a code from it was typed in."""
    device = account.pending_totp(request.actor, now=timezone.now())  # type: ignore[attr-defined]
    fault = ""
    if request.method == "POST":
        if account.confirm_totp(request.actor, device, request.POST.get("code", ""), now=timezone.now()):  # type: ignore[attr-defined]
            enter(request, request.user)
            messages.success(request, _("The second factor is set up."))
            return redirect("core:account")
        fault = _("The code is wrong. Check the clock of the phone and type the newest code.")
    picture = io.BytesIO()
    qrcode.make(device.config_url, image_factory=qrcode.image.svg.SvgPathImage, box_size=8).save(picture)
    svg = picture.getvalue().decode().partition("?>")[2] or picture.getvalue().decode()
    return render(
        request, "core/second_factor.html", {"heading": _("Second factor"), "svg": svg, "device": device, "fault": fault}
    )


@login_required
@require_POST
def drop_second_factor(request: HttpRequest) -> HttpResponse:
    account.drop_totp(request.actor, password=request.POST.get("password", ""), now=timezone.now())  # type: ignore[attr-defined]
    messages.success(request, _("The second factor is removed."))
    return redirect("core:account")


@login_required
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    users.end_session(request.actor, pk, now=timezone.now())  # type: ignore[attr-defined]
    return redirect("core:account")


@login_required
@never_cache
def new_token(request: HttpRequest) -> HttpResponse:
    """Make an API token; the secret is on this one answer and nowhere else."""
    form = TokenForm(request.POST or None, scope=request.actor.scope)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        token, secret = users.make_token(
            request.actor,  # type: ignore[attr-defined]
            name=data["name"],
            wanted=data["capabilities"],
            now=timezone.now(),
            valid=timedelta(days=data["days"]),
        )
        return render(request, "core/token_made.html", {"heading": token.name, "token": token, "secret": secret})
    return render(
        request, "core/form.html", {"form": form, "heading": _("New API token"), "submit": _("Make"), "back_url": "/account/"}
    )


@login_required
@require_POST
def revoke_token(request: HttpRequest, uuid: UUID) -> HttpResponse:
    users.revoke_token(request.actor, uuid, now=timezone.now())  # type: ignore[attr-defined]
    return redirect("core:account")


@login_required
def preference(request: HttpRequest) -> HttpResponse:
    """How one wants to be told outside the pages."""
    form = PreferenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        account.set_preference(request.actor, now=timezone.now(), **form.cleaned_data)  # type: ignore[attr-defined]
        return redirect("core:account")
    return render(
        request, "core/form.html", {"form": form, "heading": _("Notification"), "submit": _("Keep"), "back_url": "/account/"}
    )


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Chinese or English, kept with the user and in the browser."""
    wanted = request.POST.get("language", "")
    back = request.POST.get("next") or "/"
    response = redirect(back if back.startswith("/") and not back.startswith("//") else "/")
    if translation.check_for_language(wanted) and wanted in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, max_age=365 * 86400, samesite="Lax", secure=settings.TLS)
        if request.user.is_authenticated:
            account.set_language(request.actor, wanted, now=timezone.now())  # type: ignore[attr-defined]
    return response


@login_required
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the part of the tree to look at (0: all of one's own)."""
    back = request.GET.get("next") or "/"
    response = redirect(back if back.startswith("/") and not back.startswith("//") else "/")
    if pk:
        response.set_cookie(PLACE_COOKIE, str(pk), max_age=86400, samesite="Lax", secure=settings.TLS, httponly=True)
    else:
        response.delete_cookie(PLACE_COOKIE)
    return response
