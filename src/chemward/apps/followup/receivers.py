"""Who gets a message: the nearest rule above its subject, read as data, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from chemward.apps.core.errors import Fault, Invalid
from chemward.apps.core.models import Membership, Organisation, Post, User
from chemward.apps.core.scope import roles
from chemward.apps.followup import posts, rules
from chemward.apps.followup.models import MessageRule

PLACES = ("own", "parent", "park", "city", "county", "province")


@dataclass(frozen=True)
class Receiver:
    """A person whom a message reaches, and why."""

    user: User
    reason: str
    post: Post | None = None
    is_deputy: bool = False


@dataclass(frozen=True)
class Plan:
    """What holds for one message: its steps and the time to handle it."""

    steps: Sequence[Mapping[str, Any]]
    handle_within_s: int | None


def plan(topic: str, message_class: str, org_path: str) -> Plan:
    """The nearest active rule above the organisation for the topic, else for any topic, else the defaults. At most one query."""
    paths = rules.ancestors(org_path)
    rows = MessageRule.objects.filter(
        organisation__path__in=paths, topic__in=(topic, "*"), message_class=message_class, is_active=True, deleted_at=None
    )
    found = sorted(rows, key=lambda r: (r.topic == topic, len(r.org_path)), reverse=True)
    if found:
        return Plan(found[0].steps, found[0].handle_within_s)
    known = rules.default_message_rules()
    default = known.get((topic, message_class)) or known[("*", message_class)]
    return Plan(default["steps"], default.get("handle_within_s"))


def reached(step: Mapping[str, Any], org_path: str, now: datetime) -> list[Receiver]:
    """The people that one step reaches: holders of the posts and bearers of the roles at exactly the place it names."""
    place = _place(step.get("at", "own"), org_path)
    if place is None:
        return []
    named = Post.objects.filter(organisation=place, code__in=step.get("posts", ()), is_active=True)
    people = from_posts(named, now, with_deputies=bool(step.get("deputies")))
    known = roles()
    memberships = (
        Membership.objects.filter(organisation=place, role__in=step.get("roles", ()), user__is_active=True)
        .filter(Q(valid_until=None) | Q(valid_until__gt=now))
        .select_related("user")
        .order_by("id")
    )
    people += [Receiver(m.user, f"{place} · {known[m.role].name_zh if m.role in known else m.role}") for m in memberships]
    return distinct(people)


def from_posts(named: Iterable[Post], now: datetime, *, with_deputies: bool) -> list[Receiver]:
    """The people behind posts, as receivers."""
    held = posts.holders(named, now, with_deputies=with_deputies)
    return [Receiver(h.user, str(h.post), h.post, h.is_deputy) for h in held]


def distinct(people: Iterable[Receiver]) -> list[Receiver]:
    """One per person, the first reason wins."""
    kept: dict[int, Receiver] = {}
    for one in people:
        kept.setdefault(one.user.pk, one)
    return list(kept.values())


def check_steps(steps: Any) -> None:
    """Invalid names every fault of the steps of a rule written by hand."""
    faults = []
    if not isinstance(steps, list) or not steps:
        raise Invalid(Fault("steps", _("A rule needs at least one step."), _("Choose posts or roles.")))
    for n, step in enumerate(steps, start=1):
        unknown = set(step) - {"after_s", "at", "posts", "roles", "deputies"} if isinstance(step, dict) else {"?"}
        if unknown:
            faults.append(Fault(f"steps {n}", _("There is no such field."), ", ".join(sorted(unknown))))
            continue
        if not isinstance(step.get("after_s"), int) or step["after_s"] < 0:
            faults.append(Fault(f"steps {n} after_s", _("Seconds since the message was sent, 0 or more.")))
        if step.get("at", "own") not in PLACES:
            faults.append(Fault(f"steps {n} at", _("There is no such place."), ", ".join(PLACES)))
        if strange := [r for r in step.get("roles", ()) if r not in roles()]:
            faults.append(Fault(f"steps {n} roles", _("There is no such role."), ", ".join(map(str, strange))))
        if not step.get("roles") and not step.get("posts"):
            faults.append(Fault(f"steps {n}", _("Choose posts or roles.")))
    if faults:
        raise Invalid(*faults)


def _place(at: str, org_path: str) -> Organisation | None:
    line = list(Organisation.objects.filter(path__in=rules.ancestors(org_path), is_active=True).order_by("path"))
    line.sort(key=lambda o: len(o.path))
    if at == "own":
        return line[-1] if line and line[-1].path == org_path else None
    if at == "parent":
        return line[-2] if len(line) > 1 else None
    return next((o for o in reversed(line) if o.kind == at), None)
