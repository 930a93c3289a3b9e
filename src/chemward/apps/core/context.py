"""What every page gets: navigation, the user's places, the demo flag."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from chemward import __version__
from chemward.apps.core import navigation


def page(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)
    is_in = actor is not None and actor.user is not None
    return {
        "navigation": navigation.shown(actor.scope, request.path) if is_in else [],
        "actor": actor if is_in else None,
        "scope": actor.scope if is_in else None,
        "home": actor.user.home if is_in else None,
        "theme": request.COOKIES.get("cw_theme", "auto"),
        "is_wall": bool(getattr(request, "session", {}).get("wall_device")),
        "is_demo": settings.DEMO,
        "version": __version__,
    }
