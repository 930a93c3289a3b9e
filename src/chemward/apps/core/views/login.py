"""Log in, log out, first password, the wall of the duty room."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_otp import devices_for_user, match_token
from django_otp import login as otp_login

from chemward.apps.core import demo_logins
from chemward.apps.core.actions import users
from chemward.apps.core.errors import Invalid, NotFound, NotPermitted
from chemward.apps.core.middleware import GRANT_COOKIE, GRANT_SALT, GRANT_VALID_S, address_of
from chemward.apps.core.models import Invitation, LoginRecord, User, UserSession, WallDevice

WALL_COOKIE = "cw_wall"
WALL_SESSION = timedelta(days=30)


class LoginForm(forms.Form):
    username = forms.CharField(label=gettext_lazy("Log-in name"), max_length=64)
    password = forms.CharField(label=gettext_lazy("Password"), widget=forms.PasswordInput)
    otp_token = forms.CharField(
        label=gettext_lazy("Code of the second factor"),
        required=False,
        max_length=12,
        help_text=gettext_lazy("Only if you have set one up."),
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PasswordForm(forms.Form):
    password = forms.CharField(label=gettext_lazy("New password"), widget=forms.PasswordInput({"autocomplete": "new-password"}))
    again = forms.CharField(label=gettext_lazy("The same again"), widget=forms.PasswordInput({"autocomplete": "new-password"}))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") != data.get("again"):
            self.add_error("again", _("The two are not the same."))
        return data


@never_cache
def log_in(request: HttpRequest) -> HttpResponse:
    """The log-in page. A wrong name, a wrong password and a missing second factor are answered alike."""
    if request.user.is_authenticated and request.method == "GET":
        return redirect(_target(request))
    form = LoginForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        user = _checked(request, form)
        if user is not None:
            enter(request, user)
            return redirect(_target(request))
        status = 401
        if not getattr(request, "axes_locked_out", False):
            form.add_error(None, _("Log-in name, password or code is wrong."))
    is_locked = bool(getattr(request, "axes_locked_out", False))
    context = {
        "form": form,
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "locked_until": is_locked,
        "demo_users": demo_logins.listed() if settings.DEMO else [],
    }
    return render(request, "core/login.html", context, status=429 if is_locked else status)


def _checked(request: HttpRequest, form: LoginForm) -> User | None:
    name = form.cleaned_data["username"]
    user = authenticate(request, username=name, password=form.cleaned_data["password"])
    if user is None:
        note(request, None, name, "locked" if getattr(request, "axes_locked_out", False) else "refused")
        return None
    assert isinstance(user, User)
    if any(True for _device in devices_for_user(user)) and match_token(user, form.cleaned_data["otp_token"]) is None:
        note(request, user, name, "second")
        return None
    return user


def enter(request: HttpRequest, user: User, device: WallDevice | None = None) -> None:
    """Open the session and note it."""
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    for factor in devices_for_user(user):
        otp_login(request, factor)
        break
    if request.session.session_key is None:
        request.session.save()
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "address": address_of(request) or None,
            "agent": request.headers.get("User-Agent", "")[:200],
            "started_at": timezone.now(),
            "ended_at": None,
            "device": device,
        },
    )
    note(request, user, user.username, "in")


def note(request: HttpRequest, user: User | None, username: str, outcome: str) -> None:
    LoginRecord.objects.create(
        user=user,
        org_path=user.org_path if user else "",
        username=username[:64],
        at=timezone.now(),
        outcome=outcome,
        address=address_of(request) or None,
        agent=request.headers.get("User-Agent", "")[:200],
    )


def _target(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and is_ours else settings.LOGIN_REDIRECT_URL


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        note(request, request.user, request.user.username, "out")
        UserSession.objects.filter(session_key=request.session.session_key).update(ended_at=timezone.now())
    logout(request)
    return redirect("core:login")


@never_cache
def first_password(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind a one-time link."""
    invitation = Invitation.objects.select_related("user").filter(secret_sha256=users.sha256(secret), used_at=None).first()
    if invitation is None or invitation.expires_at <= timezone.now():
        raise NotFound(_("This link is not valid any more. Ask for a new one."))
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = users.set_password(secret, form.cleaned_data["password"], now=timezone.now(), address=address_of(request))
        except Invalid as refused:
            for fault in refused.faults:
                form.add_error("password", fault.message)
        else:
            enter(request, user)
            return redirect("/")
    return render(request, "core/first_password.html", {"form": form, "user_name": invitation.user.username})


# -- the wall ---------------------------------------------------------------------------------------------------------


@never_cache
def wall(request: HttpRequest) -> HttpResponse:
    """Open the read-only session of a wall screen: the device shows its secret once by link, then by its own cookie."""
    secret = request.GET.get("device") or request.get_signed_cookie(WALL_COOKIE, default="", salt=WALL_COOKIE)
    device = WallDevice.objects.select_related("user__home").filter(secret_sha256=users.sha256(secret), revoked_at=None).first()
    if device is None or not device.user.is_active:
        raise NotFound(_("This screen is not bound to a duty room. Ask the administrator to bind it again."))
    enter(request, device.user, device)
    request.session["wall_device"] = str(device.uuid)
    request.session.set_expiry(WALL_SESSION)
    device.last_seen_at = timezone.now()
    device.save(update_fields=["last_seen_at"])
    response = redirect("/")
    response.set_signed_cookie(
        WALL_COOKIE, secret, salt=WALL_COOKIE, max_age=365 * 86400, httponly=True, samesite="Strict", secure=settings.TLS
    )
    return response


@require_POST
def wall_grant(request: HttpRequest) -> HttpResponse:
    """A person at the wall: name and password give their rights for a minute.

    Scripts send the grant back as header `X-Wall-Grant`; pages and plain forms carry it in a cookie that ends with it.
    """
    if not request.session.get("wall_device"):
        raise NotPermitted(_("Only a wall screen asks for this."))
    person = authenticate(request, username=request.POST.get("username", ""), password=request.POST.get("password", ""))
    if not isinstance(person, User) or not person.is_active:
        note(request, None, request.POST.get("username", ""), "refused")
        return JsonResponse({"code": "not_logged_in", "message": _("Log-in name or password is wrong.")}, status=401)
    has_second = any(True for _device in devices_for_user(person))
    if (has_second or person.must_use_totp) and match_token(person, request.POST.get("otp_token", "")) is None:
        note(request, person, person.username, "second")
        return JsonResponse(
            {"code": "second_factor", "message": _("The code of the second factor is missing or wrong.")}, status=401
        )
    until_ms = round((time.time() + GRANT_VALID_S) * 1000)
    said = {"user": person.pk, "session": request.session.session_key, "until_ms": until_ms}
    grant = signing.dumps(said, salt=GRANT_SALT)
    answer = JsonResponse({"grant": grant, "name": person.display_name, "valid_s": GRANT_VALID_S})
    answer.set_cookie(GRANT_COOKIE, grant, max_age=GRANT_VALID_S, httponly=True, samesite="Strict", secure=settings.TLS)
    return answer


@require_POST
def wall_leave(request: HttpRequest) -> HttpResponse:
    """The person at the wall is done: the wall only looks again."""
    answer = redirect(_target(request))
    answer.delete_cookie(GRANT_COOKIE, samesite="Strict")
    return answer
