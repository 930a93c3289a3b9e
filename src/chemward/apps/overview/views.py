"""The one map and the search over everything."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Invalid
from chemward.apps.core.middleware import CSP
from chemward.apps.overview import basemap, queries, rules, words


@login_required
def one_map(request: HttpRequest) -> HttpResponse:
    """The one map. Who may see no asset at all is sent to what waits for them."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.scope.has("asset.view"):
        return redirect("followup:todo")
    told = config(request, actor)
    page = render(request, "overview/map.html", {"config": told})
    if (told["basemap"] or {}).get("kind") == "raster":
        page.headers["Content-Security-Policy"] = CSP.replace(
            "connect-src 'self'", f"connect-src 'self' {basemap.TIANDITU_HOSTS}"
        )
    return page


def config(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """What the scripts of the map must know: where to look first, what the person may do, addresses, words."""
    scope = actor.scope
    return {
        "bounds": queries.extent(scope),
        "worker": static("vendor/maplibre-gl-worker.mjs"),
        "icons": static("vendor/icons.svg"),
        "basemap": basemap.chosen(settings, request.build_absolute_uri("/")),
        "may": {
            "acknowledge": scope.has("alarm.acknowledge"),
            "alarms": scope.has("alarm.view"),
            "values": scope.has("value.view"),
        },
        "urls": {
            "alarms": address("monitoring:alarms"),
            "trends": address("monitoring:trends"),
            "asset": address("assets:asset", "00000000-0000-0000-0000-000000000000"),
            "search": reverse("overview:search"),
        },
        "beaufort": rules.beaufort_bounds(),
        "words": words.script_words(),
    }


def address(view: str, *args: Any) -> str:
    """The address of a page that may not be there in this installation; empty then."""
    try:
        return reverse(view, args=args)
    except NoReverseMatch:
        return ""


@login_required
def search(request: HttpRequest) -> HttpResponse:
    """Things found by name or code; JSON for the field in the top bar, a page for everybody else."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    text = request.GET.get("q", "").strip()
    try:
        found, fault = queries.find(actor.scope, text), ""
    except Invalid as refused:
        found, fault = [], str(refused)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"q": text, "fault": fault, "results": [f.as_dict() for f in found]})
    return render(request, "overview/search.html", {"heading_text": text, "found": found, "fault": fault})
