"""Who holds a post now, who stands in, who is above: the people behind duties and messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from chemward.apps.core.models import Post, PostHolding, User


@dataclass(frozen=True)
class Holder:
    """A person behind a post."""

    user: User
    post: Post
    is_deputy: bool


def holders(posts: Iterable[Post], now: datetime, *, with_deputies: bool) -> list[Holder]:
    """The active people who hold these posts now, holders before deputies. One query."""
    by_id = {p.pk: p for p in posts}
    rows = _current(now).filter(post__in=by_id.keys(), user__is_active=True).select_related("user")
    if not with_deputies:
        rows = rows.filter(is_deputy=False)
    return [Holder(row.user, by_id[row.post_id], row.is_deputy) for row in rows]


def held_by(user: User, now: datetime) -> dict[int, bool]:
    """Posts that a person holds or stands in for: id → only as deputy. One query."""
    held: dict[int, bool] = {}
    for post, is_deputy in _current(now).filter(user=user).values_list("post_id", "is_deputy"):
        held[post] = held.get(post, True) and is_deputy
    return held


def is_vacant(post: Post, now: datetime) -> bool:
    """Nobody holds it and nobody stands in."""
    return not _current(now).filter(post=post, user__is_active=True).exists()


def above(post: Post, steps: int) -> Post | None:
    """The post so many steps up the line of superiors; the last one when the line ends earlier; None when there is none at all."""
    seen, found, current = {post.pk}, None, post
    for _ in range(steps):
        superior = current.superior
        if superior is None or superior.pk in seen:
            break
        seen.add(superior.pk)
        found = current = superior
    return found


def _current(now: datetime) -> QuerySet[PostHolding]:
    return PostHolding.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now, post__is_active=True)
