"""The organisation tree: add, rename, end."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor, act
from chemward.apps.core.errors import Fault, Invalid, WrongState
from chemward.apps.core.models import Organisation, OrganisationKind, Source

# Who may stand under whom.
PARENTS: dict[str, tuple[str | None, ...]] = {
    OrganisationKind.PROVINCE: (None,),
    OrganisationKind.CITY: (None, OrganisationKind.PROVINCE),
    OrganisationKind.COUNTY: (OrganisationKind.CITY,),
    OrganisationKind.PARK: (None, OrganisationKind.PROVINCE, OrganisationKind.CITY, OrganisationKind.COUNTY),
    OrganisationKind.ENTERPRISE: (OrganisationKind.PARK,),
    OrganisationKind.CONTRACTOR: (OrganisationKind.PARK, OrganisationKind.CITY, OrganisationKind.PROVINCE),
}
EDITABLE = ("name", "short_name", "code", "region_code", "order")


def add(
    actor: Actor, *, kind: str, name: str, parent: Organisation | None, now: datetime, source: str = Source.HAND, **fields: Any
) -> Organisation:
    """A new organisation under another. Invalid when the two kinds do not fit."""
    if kind not in PARENTS:
        raise Invalid(Fault("kind", _("There is no such kind of organisation.")))
    if (parent.kind if parent else None) not in PARENTS[kind]:
        raise Invalid(Fault("parent", _("An organisation of this kind cannot stand there.")))
    if not name.strip():
        raise Invalid(Fault("name", _("A name is needed.")))
    with act(actor, "organisation.add", now=now) as a:
        a.permit("organisation.edit", parent.path if parent else "")
        row = Organisation(kind=kind, name=name.strip(), parent=parent, source=source, **fields)
        row.save()
        a.record(row, {"name": (None, row.name)})
        return row


def change(actor: Actor, uuid: UUID, *, version: int, now: datetime, **fields: Any) -> Organisation:
    """Change an organisation's data. WrongState when somebody else changed it since it was read."""
    with act(actor, "organisation.change", now=now) as a:
        row = a.get(Organisation.objects.all(), "organisation.edit", uuid=uuid)
        if row.version != version:
            raise WrongState(
                _("Somebody else has changed this in the meantime."), remedy=_("Load it again and repeat the change.")
            )
        changes = {k: (getattr(row, k), v) for k, v in fields.items() if k in EDITABLE and getattr(row, k) != v}
        if changes:
            for name, (_before, after) in changes.items():
                setattr(row, name, after)
            row.version += 1
            row.save()
            a.record(row, changes)
        return row


def end(actor: Actor, uuid: UUID, *, reason: str, now: datetime) -> Organisation:
    """End an organisation: it stays in the records, its memberships give no rights any more."""
    with act(actor, "organisation.end", now=now) as a:
        row = a.get(Organisation.objects.all(), "organisation.edit", uuid=uuid)
        if row.is_active:
            row.is_active, row.deleted_at = False, now
            row.version += 1
            row.save()
            a.record(row, {"is_active": (True, False)}, reason=reason)
        return row
