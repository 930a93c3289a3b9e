"""Posts with people: the enterprise's duty post, its deputy, the lead above; the park's duty post."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from chemward.apps.core.acts import Actor
from chemward.apps.core.models import Organisation, Post, PostHolding, User
from chemward.apps.followup.models import Subject


@dataclass(frozen=True)
class Posts:
    officer: Post
    lead: Post
    park_duty: Post


@dataclass(frozen=True)
class People:
    officer: User
    deputy: User
    lead: User
    park: User


@pytest.fixture
def people(user_of: Callable[..., User], tree: Any) -> People:
    return People(
        officer=user_of("enterprise_safety"),
        deputy=user_of("enterprise_operator"),
        lead=user_of("enterprise_lead"),
        park=user_of("duty_officer"),
    )


@pytest.fixture
def posts(tree: Any, people: People, now: datetime) -> Posts:
    def post(at: Organisation, code: str, name: str, superior: Post | None = None) -> Post:
        row = Post(organisation=at, code=code, name=name, superior=superior)
        row.save()
        return row

    def hold(row: Post, user: User, is_deputy: bool = False) -> None:
        PostHolding.objects.create(post=row, user=user, is_deputy=is_deputy, starts_at=now - timedelta(days=30))

    park_duty = post(tree.park, "duty", "园区值班岗")
    lead = post(tree.chlor, "lead", "安全总监")
    officer = post(tree.chlor, "duty", "企业值班岗", lead)
    hold(park_duty, people.park)
    hold(lead, people.lead)
    hold(officer, people.officer)
    hold(officer, people.deputy, is_deputy=True)
    return Posts(officer, lead, park_duty)


@pytest.fixture
def platform() -> Actor:
    return Actor.platform("test")


@pytest.fixture
def tank() -> Subject:
    return Subject("assets.asset", "7d3e9a52-8d8d-4c0f-9d55-0f1f4d8a2b10", "T-3301 液氯储罐")
