"""What all acts of this room do alike."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act
from chemward.apps.core.errors import Fault, Invalid, NotFound
from chemward.apps.core.models import Organisation


def organisation_at(path: str) -> Organisation:
    """The organisation with this path. NotFound when there is none."""
    found = Organisation.objects.filter(path=path).first()
    if found is None:
        raise NotFound(_("No organisation has the path %(path)s.") % {"path": path})
    return found


def announce(a: Act, noun: str, verb: str, row: Model, **more: Any) -> None:
    """`ev.act.<noun>.<verb>` with the row's public id, place and moment."""
    body = {"id": str(row.uuid), "org_path": row.org_path, "at_ms": int(a.now.timestamp() * 1000), **more}  # type: ignore[attr-defined]
    a.announce(f"ev.act.{noun}.{verb}", body)


def need(field: str, value: str, message: str) -> str:
    """The text without edge blanks. Invalid when nothing is left."""
    stripped = (value or "").strip()
    if not stripped:
        raise Invalid(Fault(field, message, _("Fill it in.")))
    return stripped


def authority_of(actor: Any, capability: str, org_path: str) -> str:
    """The place from which an actor acts on `org_path`: the granted path that covers it, the widest one."""
    covering = [p for p in actor.scope.paths(capability) if org_path.startswith(p)]
    return min(covering, key=len, default="")
