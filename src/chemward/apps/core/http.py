"""Refusals as answers, in one place for pages and API; who calls the API."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Invalid, Refused
from chemward.apps.core.models import ApiToken
from chemward.apps.core.scope import Scope

TOUCH = timedelta(minutes=5)


def problem(refused: Refused) -> dict[str, Any]:
    """A refusal as JSON: code, message, remedy, and the faults by field."""
    body: dict[str, Any] = {
        "code": refused.code,
        "message": refused.message if not isinstance(refused, Invalid) else str(refused),
    }
    if refused.remedy:
        body["remedy"] = refused.remedy
    if isinstance(refused, Invalid):
        body["faults"] = [{"field": f.field, "message": f.message, "remedy": f.remedy} for f in refused.faults]
    return body


def refusal_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The page (or, for scripts, the JSON) that says what did not happen and what to do."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(problem(refused), status=refused.status)
    template = {404: "404.html", 403: "403.html"}.get(refused.status, "core/refused.html")
    if request.headers.get("HX-Request"):
        template = "core/parts/refused.html"
    return render(request, template, {"refused": refused, "faults": getattr(refused, "faults", ())}, status=refused.status)


class ApiAuthentication(AuthBase):
    """A browser session (with CSRF token) or `Authorization: Bearer <API token>`."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Any:
        header = request.headers.get("Authorization", "")
        if header:
            return _token_actor(request, header)
        if not request.user.is_authenticated:
            return None
        if request.method not in {"GET", "HEAD", "OPTIONS"} and check_csrf(request, lambda r: None) is not None:
            return None
        return request.user


def _token_actor(request: HttpRequest, header: str) -> Any:
    scheme, _space, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return None
    now = timezone.now()
    token = (
        ApiToken.objects.select_related("user", "user__home")
        .filter(secret_sha256=hashlib.sha256(secret.strip().encode()).hexdigest(), revoked_at=None, user__is_active=True)
        .first()
    )
    if token is None or (token.expires_at and token.expires_at <= now):
        return None
    if token.last_used_at is None or now - token.last_used_at > TOUCH:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    scope = Scope.of(token.user).narrowed(token.capabilities)
    request.actor = Actor.of(token.user, via="api", address=request.actor.address, scope=scope)  # type: ignore[attr-defined]
    return token.user


def register_errors(api: NinjaAPI) -> None:
    """Give the API its answers to refusals and bad input."""

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, fault: Refused) -> HttpResponse:
        return api.create_response(request, problem(fault), status=fault.status)

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, fault: ValidationError) -> HttpResponse:
        faults = [{"field": ".".join(str(p) for p in e["loc"][1:]), "message": e["msg"], "remedy": ""} for e in fault.errors]
        return api.create_response(
            request, {"code": "invalid", "message": _("The input has faults."), "faults": faults}, status=422
        )

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, fault: AuthenticationError) -> HttpResponse:
        return api.create_response(
            request, {"code": "not_logged_in", "message": _("Log in or send a valid API token."), "remedy": ""}, status=401
        )
