"""Filters of the alarm console under a name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chemward.apps.core.actions import filters
from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Fault, Invalid, NotPermitted
from chemward.apps.core.models import SavedFilter
from chemward.apps.core.register.register import Register

CONSOLE = "monitoring.console"
# What the console is filtered by; the address of the page holds the same.
FILTERS = ("state", "priority", "org", "type")


def saved(request: HttpRequest) -> list[dict[str, Any]]:
    """Filters of the console that the caller sees; `is_own` may be dropped."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    shown = SimpleNamespace(name=CONSOLE, query=QueryDict(mutable=True))
    own = set(SavedFilter.objects.filter(register=CONSOLE, owner=actor.user).values_list("pk", flat=True))
    return [{**tab, "is_own": tab["pk"] in own} for tab in filters.tabs(actor, cast(Register, shown))[1:]]


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what the console is filtered by under a name."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.scope.has("alarm.view"):
        raise NotPermitted(_("Your role may not see this."))
    asked = QueryDict(request.POST.get("query", ""))
    kept = urlencode({name: asked[name] for name in FILTERS if asked.get(name)})
    if not kept:
        raise Invalid(Fault("query", _("Nothing is filtered."), _("Choose a state, a priority, an enterprise or a type first.")))
    is_shared = "is_shared" in request.POST
    row = filters.save(actor, CONSOLE, label=request.POST.get("label", ""), query=kept, is_shared=is_shared, now=timezone.now())
    messages.success(request, _("Saved: %(name)s") % {"name": row.name})
    return redirect(f"{reverse('monitoring:alarms')}?{row.query}")


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a filter of one's own."""
    filters.drop(request.actor, pk, now=timezone.now())  # type: ignore[attr-defined]
    return redirect("monitoring:alarms")


urls: list[URLPattern] = [
    path("alarms/filters/save", save, name="alarm-filter-save"),
    path("alarms/filters/<int:pk>/drop", drop, name="alarm-filter-drop"),
]
