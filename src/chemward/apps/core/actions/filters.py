"""Filters of registers under a name."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor, act
from chemward.apps.core.errors import Fault, Invalid, NotFound, NotPermitted
from chemward.apps.core.models import SavedFilter

if TYPE_CHECKING:
    from chemward.apps.core.register.register import Register

PLACES = ("after", "before", "last")


def save(actor: Actor, register: str, *, label: str, query: str, is_shared: bool, now: datetime) -> SavedFilter:
    """Keep a filter; the same name again replaces it. Sharing puts it before everybody of one's organisation."""
    if actor.user is None:
        raise NotPermitted(_("Only a logged-in person can do this."))
    label = label.strip()[:64]
    if not label:
        raise Invalid(Fault("label", _("A name is needed.")))
    wanted = QueryDict(query, mutable=True)
    for place in PLACES:
        wanted.pop(place, None)
    with act(actor, "filter.save", now=now) as a:
        home = actor.user.home
        if is_shared:
            if home is None:
                raise NotPermitted(_("You belong to no organisation."))
            a.permit("filter.share", home.path)
        row, _made = SavedFilter.objects.update_or_create(
            register=register,
            owner=actor.user,
            name=label,
            defaults={"query": wanted.urlencode(), "shared_with": home if is_shared else None},
        )
        a.record(row, {"query": (None, row.query)}, org_path=actor.user.org_path)
        return row


def drop(actor: Actor, pk: int, *, now: datetime) -> None:
    """Forget a filter of one's own."""
    with act(actor, "filter.drop", now=now) as a:
        row = SavedFilter.objects.filter(pk=pk, owner=actor.user).first() if actor.user else None
        if row is None:
            raise NotFound(_("Not found."))
        a.record(row, {"query": (row.query, None)}, org_path=actor.user.org_path if actor.user else "")
        row.delete()


def tabs(actor: Actor, register: Register) -> list[dict[str, Any]]:
    """The saved filters that the actor sees, "all" first, the present one marked."""
    mine = Q(owner=actor.user)
    above = Q()
    if actor.user and actor.user.home:
        ids = [int(i) for i in actor.user.home.path.strip(".").split(".")]
        above = Q(shared_with__in=ids)
    present = register.query.copy()
    for place in PLACES:
        present.pop(place, None)
    now_asked = present.urlencode()
    rows = SavedFilter.objects.filter(mine | above if above else mine, register=register.name)
    found = [{"name": _("All"), "url": "?", "count": None, "is_current": not now_asked, "pk": None}]
    found += [{"name": r.name, "url": f"?{r.query}", "count": None, "is_current": now_asked == r.query, "pk": r.pk} for r in rows]
    return found
