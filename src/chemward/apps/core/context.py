"""What every page gets: navigation, the user's places, the demo flag."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from chemward import __version__
from chemward.apps.core import navigation
from chemward.apps.core.models import Organisation, OrganisationKind
from chemward.apps.core.scope import Scope, minimal, under


def places(request: HttpRequest) -> list[dict[str, Any]]:
    """The parts of the tree that the person may choose to look at: empty when there is nothing to choose."""
    whole = Scope.of(request.user)  # type: ignore[arg-type]
    tops = minimal(p for paths in whole.grants.values() for p in paths)
    kinds = [OrganisationKind.PROVINCE, OrganisationKind.CITY, OrganisationKind.COUNTY, OrganisationKind.PARK]
    rows = list(Organisation.objects.filter(under("path", tops), is_active=True, kind__in=kinds).order_by("path")[:200])
    rows += _parts_of_one_park(rows)
    if len(rows) < 2:
        return []
    least = min(o.path.count(".") for o in rows)
    chosen = getattr(request, "place", None)
    back = urlencode({"next": request.get_full_path()})
    shown = [{"name": _("All"), "url": f"{reverse('core:place', args=[0])}?{back}", "depth": 0, "is_current": chosen is None}]
    return shown + [
        {
            "name": o.name,
            "url": f"{reverse('core:place', args=[o.pk])}?{back}",
            "depth": o.path.count(".") - least,
            "is_current": bool(chosen and chosen.pk == o.pk),
        }
        for o in rows
    ]


def _parts_of_one_park(rows: list[Organisation]) -> list[Organisation]:
    """In one park a choice of enterprises is what helps; in a province it would be thousands."""
    parks = [o for o in rows if o.kind == OrganisationKind.PARK]
    if len(parks) != 1:
        return []
    return list(
        Organisation.objects.filter(parent=parks[0], is_active=True, kind=OrganisationKind.ENTERPRISE).order_by("path")[:200]
    )


def page(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)
    is_in = actor is not None and actor.user is not None
    return {
        "navigation": navigation.shown(actor.scope, request.path) if is_in else [],
        "actor": actor if is_in else None,
        "scope": actor.scope if is_in else None,
        "home": actor.user.home if is_in else None,
        "place": getattr(request, "place", None),
        "places": SimpleLazyObject(lambda: places(request)) if is_in else [],
        "theme": request.COOKIES.get("cw_theme", "auto"),
        "is_wall": bool(getattr(request, "session", {}).get("wall_device")),
        "wall_until_ms": getattr(request, "wall_until_ms", None),
        "is_demo": settings.DEMO,
        "version": __version__,
    }
