"""Security headers; the actor of a request; idle time-out; use counted in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from django.contrib.auth import logout
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from chemward.apps.core import usage
from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Refused
from chemward.apps.core.http import refusal_page
from chemward.apps.core.models import Organisation, User
from chemward.apps.core.scope import Scope

Answer = Callable[[HttpRequest], HttpResponse]

PLACE_COOKIE = "cw_place"
GRANT_SALT = "wall-grant"
GRANT_VALID_S = 60
# Pages and plain forms carry the grant in a cookie, scripts in the header; the live stream and the API never take it from the cookie.
GRANT_COOKIE = "cw_wall_grant"
# Where somebody who must first choose a new password may go.
UNFINISHED_MAY = ("/account/password", "/logout", "/static/", "/language")
# Where somebody who must set up a second factor may go before that.
UNPROVEN_MAY = (*UNFINISHED_MAY, "/account/second-factor")

# MapLibre starts its worker from a file of ours and makes images from blobs; nothing else is loaded from elsewhere.
CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class SecurityHeaders:
    """Content security policy without inline script, and the headers that go with it."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CSP)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class ActorMiddleware:
    """Sets `request.actor` (lazily one query for the scope) and turns refusals of acts into pages."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            if self._is_idle(request):
                logout(request)
            else:
                request.actor = _person_at_wall(request) or Actor.of(  # type: ignore[attr-defined]
                    request.user, via="page", address=address_of(request)
                )
                _look_at_place(request)
                usage.count(request.user, request.path, request.method or "GET")
                if request.user.must_change_password and not request.path.startswith(UNFINISHED_MAY):
                    return redirect("core:change-password")
                if request.user.must_use_totp and not request.user.is_verified() and not request.path.startswith(UNPROVEN_MAY):
                    return redirect("core:second-factor")
        if not hasattr(request, "actor"):
            request.actor = Actor(scope=Scope({}), name="", via="page", address=address_of(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.user.is_authenticated and not request.path.startswith("/api/"):
            # The idle clock lives in a signed cookie, so that looking costs no database write.
            response.set_signed_cookie(
                "cw_seen", str(int(time.time())), salt="idle", httponly=True, samesite="Lax", secure=settings.TLS
            )
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal_page(request, exception) if isinstance(exception, Refused) else None

    @staticmethod
    def _is_idle(request: HttpRequest) -> bool:
        if request.session.get("wall_device"):
            return False
        seen = request.get_signed_cookie("cw_seen", default="", salt="idle")
        # A browser that was closed forgets the cookie, a thief does not send it: then the log-in counts.
        entered = request.user.last_login
        last_s = int(seen) if seen else entered.timestamp() if entered else 0.0
        return time.time() - last_s > settings.IDLE_TIMEOUT_S


def _person_at_wall(request: HttpRequest) -> Actor | None:
    """The person who gave name and password at a wall screen a minute ago at most; the wall itself may only look."""
    request.wall_until_ms = None  # type: ignore[attr-defined]
    grant = request.headers.get("X-Wall-Grant", "")
    if not grant and not request.path.startswith("/api/"):
        grant = request.COOKIES.get(GRANT_COOKIE, "")
    if not grant or not request.session.get("wall_device"):
        return None
    try:
        said = signing.loads(grant, salt=GRANT_SALT, max_age=GRANT_VALID_S)
    except signing.BadSignature:
        return None
    if said["session"] != request.session.session_key:
        return None
    person = User.objects.select_related("home").filter(pk=said["user"], is_active=True).first()
    if person is None:
        return None
    request.wall_until_ms = said["until_ms"]  # type: ignore[attr-defined]
    return Actor.of(person, via="wall", address=address_of(request))


def _look_at_place(request: HttpRequest) -> None:
    """Limit what is shown to the part of the tree that the person has chosen in the top bar. Acts keep all their rights."""
    request.place = None  # type: ignore[attr-defined]
    chosen = request.COOKIES.get(PLACE_COOKIE, "")
    if request.method not in {"GET", "HEAD"} or not chosen.isdigit():
        return
    place = Organisation.objects.filter(pk=int(chosen), is_active=True).first()
    actor = request.actor  # type: ignore[attr-defined]
    if place is not None and actor.scope.sees(place.path):
        request.place = place  # type: ignore[attr-defined]
        request.actor = replace(actor, scope=actor.scope.within(place.path))  # type: ignore[attr-defined]


def address_of(request: HttpRequest) -> str:
    """The caller's address: the last hop is our own door, which appends what it saw."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return forwarded.split(",")[-1].strip()[:45] if forwarded else request.META.get("REMOTE_ADDR", "")
