"""A small tree with people in it, for every app's tests.

示范省 › 示范市 › 示范园区 › 示范氯碱, 示范储运        and a second park, 邻园, whose people see nothing of the first
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chemward.apps.core import usage
from chemward.apps.core.acts import Actor
from chemward.apps.core.models import Membership, Organisation, User

NOW = datetime(2026, 3, 18, 6, 26, 38, tzinfo=UTC)


@dataclass(frozen=True)
class Tree:
    province: Organisation
    city: Organisation
    park: Organisation
    chlor: Organisation
    tanks: Organisation
    other_park: Organisation
    other: Organisation


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use is counted in memory; what one test counted must not be written in the next, whose people are others."""
    monkeypatch.setattr(usage, "_counts", {})
    monkeypatch.setattr(usage, "_flushed_s", time.time())


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def later() -> Callable[..., datetime]:
    """`later(minutes=5)`: a moment after `now`."""
    return lambda **span: NOW + timedelta(**span)


@pytest.fixture
def tree(db: None) -> Tree:
    def add(kind: str, name: str, parent: Organisation | None) -> Organisation:
        row = Organisation(kind=kind, name=name, parent=parent)
        row.save()
        return row

    province = add("province", "示范省", None)
    city = add("city", "示范市", province)
    park = add("park", "示范园区", city)
    other_park = add("park", "邻园", city)
    return Tree(
        province=province,
        city=city,
        park=park,
        chlor=add("enterprise", "示范氯碱", park),
        tanks=add("enterprise", "示范储运", park),
        other_park=other_park,
        other=add("enterprise", "邻园企业", other_park),
    )


@pytest.fixture
def user_of(tree: Tree) -> Callable[..., User]:
    """`user_of("duty_officer")`: a user with that role, at the park unless told; the same call gives the same user."""

    def make(role: str, at: Organisation | None = None) -> User:
        at = at or default_place(tree, role)
        user, made = User.objects.get_or_create(
            username=f"{role}.{at.pk}", defaults={"display_name": f"{role} 甲", "home": at, "password": "!"}
        )
        if made:
            Membership.objects.create(user=user, organisation=at, role=role)
        return user

    return make


@pytest.fixture
def actor_of(user_of: Callable[..., User]) -> Callable[..., Actor]:
    """`actor_of("duty_officer")`: the actor of such a user; rights are read anew at each call."""
    return lambda role, at=None: Actor.of(user_of(role, at))


def default_place(tree: Tree, role: str) -> Organisation:
    if role.startswith(("enterprise", "contractor")):
        return tree.chlor
    return {"city_bureau": tree.city, "province_bureau": tree.province}.get(role, tree.park)
