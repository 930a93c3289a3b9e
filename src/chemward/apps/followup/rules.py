"""Pure rules of the follow-up room: the hazard's loop, escalation, who waits for whom."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Transition:
    """One line of a state table: who may do it (capability), from where, to where, with what."""

    verb: str
    before: tuple[str, ...]
    after: str
    capability: str
    needs: str = ""


# Read aloud: "assign: from found or returned, to assigned, by who may assign, needs a post and a date".
HAZARD: Mapping[str, Transition] = {
    t.verb: t
    for t in (
        Transition("report", (), "found", "hazard.report", "title"),
        Transition("assign", ("found", "assigned", "returned"), "assigned", "hazard.assign", "post, due date, measure"),
        Transition("submit", ("assigned", "returned"), "submitted", "hazard.rectify", "evidence"),
        Transition("accept", ("submitted",), "closed", "hazard.accept", "another person than who rectified"),
        Transition("return", ("submitted",), "returned", "hazard.accept", "reason"),
        Transition("dismiss", ("found",), "dismissed", "hazard.assign", "reason"),
    )
}


@dataclass(frozen=True)
class EscalationStep:
    """One step of an escalation: so long after the due moment, to whom."""

    after: timedelta
    to: str
    message_class: str


@cache
def escalation(topic: str) -> tuple[EscalationStep, ...]:
    """The steps of `data/escalation.toml` for a topic, in order. LookupError when there is none."""
    loaded = tomllib.loads((DATA / "escalation.toml").read_text("utf-8"))
    if topic not in loaded:
        raise LookupError(f"escalation.toml has no {topic}")
    steps = [EscalationStep(timedelta(seconds=s["after_s"]), s["to"], s["message_class"]) for s in loaded[topic]["steps"]]
    return tuple(sorted(steps, key=lambda s: s.after))


def next_escalation(topic: str, due_at: datetime, done: int) -> datetime | None:
    """When the step after the first `done` ones falls; None when all have been taken."""
    steps = escalation(topic)
    return due_at + steps[done].after if done < len(steps) else None


@cache
def default_message_rules() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """(topic, class) → rule, from `data/message_rules.toml`."""
    loaded = tomllib.loads((DATA / "message_rules.toml").read_text("utf-8"))
    return {(r["topic"], r["message_class"]): r for r in loaded["rules"]}


def likeness(org_path: str, subject_id: str, place: str, category: str) -> str:
    """What two hidden hazards have in common when the second is the first one come back: same thing (or place), same kind."""
    where = subject_id or " ".join(place.split()).lower()
    if not where or not category:
        return ""
    return hashlib.sha256(f"{org_path}|{where}|{category.strip().lower()}".encode()).hexdigest()


def matches(patterns: Sequence[str], verb: str) -> bool:
    """Whether a verb is among patterns: itself, its family, or everything.

    >>> matches(["project.*"], "project.start"), matches(["contractor.enter"], "contractor.leave"), matches(["*"], "x.y")
    (True, False, True)
    """
    return any(p in ("*", verb) or (p.endswith(".*") and verb.startswith(p[:-1])) for p in patterns)


def ancestors(path: str) -> list[str]:
    """The paths from the root down to this one.

    >>> ancestors("1.4.9.")
    ['1.', '1.4.', '1.4.9.']
    """
    parts = path.strip(".").split(".") if path else []
    return ["".join(f"{p}." for p in parts[: i + 1]) for i in range(len(parts))]


def parent_path(path: str) -> str:
    """The path above, the path itself at the root."""
    above = ancestors(path)
    return above[-2] if len(above) > 1 else path
