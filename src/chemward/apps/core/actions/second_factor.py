"""Demanding a second factor of a person, or of everybody who holds a role in a part of the tree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Fault, Invalid
from chemward.apps.core.models import Membership, Organisation, SecondFactorDemand, User
from chemward.apps.core.scope import roles, under

# A wall screen has no person who could type a code; what people do there asks for their own.
WITHOUT = frozenset({"wall"})


def demand_of_user(actor: Actor, uuid: UUID, is_demanded: bool, *, now: datetime) -> User:
    """Demand a second factor of one person, or demand it no more. Who has none sets it up at the next page they open.

    What a role demands stands: Invalid when it is taken back for somebody whose role needs it.
    """
    with act(actor, "user.demand_totp", now=now) as a:
        user = a.get(User.objects.select_related("home").all(), "user.manage", uuid=uuid)
        if user.must_use_totp == is_demanded:
            return user
        if not is_demanded and (named := demanded_by(user)):
            raise Invalid(Fault("must_use_totp", _("A role of this person needs it: %(role)s.") % {"role": _name(named[0].role)}))
        _set(a, [user], is_demanded)
        return user


def demand_of_role(actor: Actor, role: str, organisation: Organisation, *, now: datetime) -> SecondFactorDemand:
    """Demand it of all who hold the role at the organisation or below, now and later. Repeated it is the same demand."""
    if role not in roles() or role in WITHOUT:
        raise Invalid(Fault("role", _("Nobody can be asked for a second factor through this role."), _("Choose another one.")))
    with act(actor, "role.demand_totp", now=now) as a:
        a.permit("user.manage", organisation.path)
        demand, made = SecondFactorDemand.objects.get_or_create(
            organisation=organisation, role=role, defaults={"org_path": organisation.path, "demanded_at": now}
        )
        if made:
            a.record(organisation, {"second_factor": (None, role)}, org_path=organisation.path)
            people = [u for u in holders(demand) if not u.must_use_totp]
            _set(a, people, True)
            demand.set_for = [u.pk for u in people]
            demand.save(update_fields=["set_for"])
        return demand


def lift_of_role(actor: Actor, demand_id: int, *, now: datetime) -> None:
    """The role needs it no more. People of whom it was demanded otherwise keep it. Repeated calls are harmless."""
    with act(actor, "role.lift_totp", now=now) as a:
        demand = SecondFactorDemand.objects.select_related("organisation").filter(pk=demand_id).first()
        if demand is None:
            return
        a.permit("user.manage", demand.org_path)
        set_for = demand.set_for
        role, organisation = demand.role, demand.organisation
        demand.delete()
        people = list(User.objects.filter(pk__in=set_for, must_use_totp=True).select_related("home"))
        _set(a, [u for u in people if not demanded_by(u)], False)
        a.record(organisation, {"second_factor": (role, None)}, org_path=organisation.path)


def on_grant(a: Act, membership: Membership) -> None:
    """Inside the act that gives a role: what the role demands is demanded of its new holder."""
    user = membership.user
    if user.must_use_totp:
        return
    demand = next(iter(_demands(membership.role, membership.organisation.path)), None)
    if demand is not None:
        _set(a, [user], True)
        demand.set_for = [*demand.set_for, user.pk]
        demand.save(update_fields=["set_for"])


def holders(demand: SecondFactorDemand) -> list[User]:
    """Active people who hold the role of a demand in its part of the tree."""
    held = Membership.objects.current().filter(under("organisation__path", [demand.org_path]), role=demand.role)
    return list(User.objects.filter(pk__in=held.values("user"), is_active=True).select_related("home"))


def demanded_by(user: User) -> list[SecondFactorDemand]:
    """The demands that reach a person through their roles."""
    held = user.memberships.current().values_list("role", "organisation__path")
    return [d for role, path in held for d in _demands(role, path)]


def _demands(role: str, path: str) -> list[SecondFactorDemand]:
    return [d for d in SecondFactorDemand.objects.filter(role=role) if path.startswith(d.org_path)]


def _set(a: Act, people: Iterable[User], is_demanded: bool) -> None:
    for user in people:
        user.must_use_totp = is_demanded
        user.save(update_fields=["must_use_totp"])
        a.record(user, {"must_use_totp": (not is_demanded, is_demanded)}, verb="user.demand_totp")


def _name(role: str) -> str:
    known = roles().get(role)
    return known.name_zh if known else role
