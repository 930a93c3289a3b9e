"""What people of the demo park found, owe, forbid and say (`data/followup.toml`), told through the platform's own acts.

Each story is told by the people who would tell it, at the moments it names, so that scope, second persons and audit hold as in life.
A story that is there already is left as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from chemward.apps.assets.models import Asset
from chemward.apps.core.acts import Actor
from chemward.apps.core.models import Organisation, Post, User
from chemward.apps.followup.actions import duties, hazards, messages, restrictions
from chemward.apps.followup.models import Duty, HazardLevel, HazardSource, HiddenHazard, Message, Proof, Restriction, Subject
from chemward.apps.monitoring.actions import limits
from chemward.apps.monitoring.models import AlarmDefinition, LimitChange, Tag
from chemward.demo.physics import Park
from chemward.demo.records import Plan
from chemward.demo.tables import table

SHANGHAI = ZoneInfo("Asia/Shanghai")
# A proposal that still waits is tried shortly before the first start, over the hours that the simulator sends as history.
TRIED_BEFORE = timedelta(minutes=5)
PENDING_SPAN, DECIDED_SPAN = timedelta(hours=23), timedelta(hours=6)
STEP_S = 60
BAD = 2
Row = Mapping[str, Any]


def moment(said: str, now: datetime) -> datetime:
    """A moment of a story: `-26d 09:20` (day and hour in Shanghai) or a distance `-25m`, `+2h`. ValueError names anything else.

    >>> from datetime import UTC
    >>> moment("-1d 09:20", datetime(2026, 3, 18, 6, 0, tzinfo=UTC)).isoformat()
    '2026-03-17T09:20:00+08:00'
    """
    if found := re.fullmatch(r"([+-]\d+)d (\d\d):(\d\d)", said):
        days, hour, minute = (int(part) for part in found.groups())
        day = now.astimezone(SHANGHAI).date() + timedelta(days=days)
        return datetime.combine(day, time(hour, minute), SHANGHAI)
    if found := re.fullmatch(r"([+-]\d+)([mh])", said):
        return now + int(found[1]) * (timedelta(hours=1) if found[2] == "h" else timedelta(minutes=1))
    raise ValueError(f"no moment: {said!r}")


@dataclass
class Stories:
    """Tells the stories of the table about the organisations of a seeding. places: organisations by their code in the plan."""

    plan: Plan
    places: Mapping[str, Organisation]
    now: datetime
    platform: Actor
    _actors: dict[str, Actor] = field(default_factory=dict)

    def tell(self) -> None:
        told = table("followup")
        for row in told["hazard"]:
            self.hazard(row)
        for row in told["duty"]:
            self.duty(row)
        for row in told["restriction"]:
            self.restriction(row)
        for row in told["message"]:
            self.message(row)
        self.limits(told["limit"])

    def at(self, said: str) -> datetime:
        return moment(said, self.now)

    def actor(self, username: str) -> Actor:
        if username not in self._actors:
            self._actors[username] = Actor.of(User.objects.select_related("home").get(username=username))
        return self._actors[username]

    def post(self, place: str, code: str) -> Post:
        return Post.objects.select_related("organisation").get(organisation=self.places[place], code=code)

    # -- hidden hazards -----------------------------------------------------------------------------------------------

    def hazard(self, row: Row) -> None:
        place = self.places[row["at"]]
        if HiddenHazard.objects.filter(org_path=place.path, external_key=row["key"]).exists():
            return
        first, *later = row["steps"]
        hazard = hazards.report(
            self.actor(first["by"]),
            place.path,
            row["title"],
            now=self.at(first["when"]),
            description=first["text"],
            level=HazardLevel(row.get("level", "general")),
            origin=HazardSource(row["origin"]),
            category=row["category"],
            place=row["place"],
            clause=row.get("clause", ""),
            subject=_asset(row.get("asset", "")),
            external_key=row["key"],
        )
        for step in later:
            self.take(hazard, row["at"], step)

    def take(self, hazard: HiddenHazard, place: str, step: Row) -> None:
        """One step of a hidden hazard through its loop."""
        actor, now, text, uuid = self.actor(step["by"]), self.at(step["when"]), step["text"], hazard.uuid
        due = self.at(step["due"]) if "due" in step else None
        steps: dict[str, Callable[[], Any]] = {
            "assign": lambda: hazards.assign(
                actor,
                uuid,
                post=self.post(place, step["post"]),
                due_at=due or now,
                measure=text,
                precaution=step.get("precaution", ""),
                funds_cny=step.get("funds"),
                is_supervised=step.get("is_supervised"),
                now=now,
            ),
            "submit": lambda: hazards.submit(actor, uuid, evidence=text, cause=step.get("cause", ""), now=now),
            "accept": lambda: hazards.accept(actor, uuid, opinion=text, now=now),
            "return": lambda: hazards.return_(actor, uuid, reason=text, due_at=due, now=now),
            "dismiss": lambda: hazards.dismiss(actor, uuid, reason=text, now=now),
            "ask_extension": lambda: hazards.ask_extension(actor, uuid, due_at=due or now, reason=text, now=now),
            "decide_extension": lambda: hazards.decide_extension(
                actor, uuid, is_granted=step["is_granted"], answer=text, now=now
            ),
        }
        steps[step["do"]]()

    # -- duties, restrictions, messages -------------------------------------------------------------------------------

    def duty(self, row: Row) -> None:
        if Duty.objects.filter(key=row["key"]).exists():
            return
        duty = duties.assign(
            self.actor(row["by"]),
            self.post(row["at"], row["post"]),
            row["title"],
            text=row["text"],
            due_at=self.at(row["due"]),
            now=self.at(row["when"]),
            clause=row.get("clause", ""),
            level=row.get("level"),
            proof=Proof(row["proof"]),
            key=row["key"],
        )
        if done := row.get("done"):
            duties.do(self.actor(done["by"]), duty.uuid, proof=done["text"], now=self.at(done["when"]))
        if cancelled := row.get("cancelled"):
            duties.cancel(self.actor(cancelled["by"]), duty.uuid, cancelled["text"], now=self.at(cancelled["when"]))

    def restriction(self, row: Row) -> None:
        if Restriction.objects.filter(key=row["key"]).exists():
            return
        made = restrictions.impose(
            self.actor(row["by"]),
            self.places[row["at"]].path,
            row["verbs"],
            title=row["title"],
            reason=row["text"],
            clause=row["clause"],
            now=self.at(row["when"]),
            valid_until=self.at(row["until"]),
            key=row["key"],
        )
        if given := row.get("exempt"):
            restrictions.exempt(
                self.actor(given["by"]),
                made.uuid,
                self.places[given["at"]].path,
                given["verbs"],
                given["text"],
                valid_until=self.at(given["until"]),
                now=self.at(given["when"]),
            )
        if lifted := row.get("lifted"):
            restrictions.lift(self.actor(lifted["by"]), made.uuid, lifted["text"], now=self.at(lifted["when"]))

    def message(self, row: Row) -> None:
        if Message.objects.filter(key=row["key"]).exists():
            return
        path = self.places[row["at"]].path
        sent = messages.send(
            self.actor(row["by"]),
            row["class"],
            row["title"],
            row["text"],
            org_path=path,
            now=self.at(row["when"]),
            key=row["key"],
        )
        if done := row.get("handled"):
            messages.handle(self.actor(done["by"]), sent.uuid, done["text"], now=self.at(done["when"]))

    # -- limit changes ------------------------------------------------------------------------------------------------

    def limits(self, rows: Iterable[Row]) -> None:
        """Proposals, each tried by the engine on what the simulator says of those hours."""
        rows = list(rows)
        history = SimulatedHistory(self.plan, {r["tag"] for r in rows}, round(self.now.timestamp()))
        for row in rows:
            definition = AlarmDefinition.objects.get(tag__external_key=row["tag"], type=row["type"])
            if not LimitChange.objects.filter(definition=definition, reason=row["text"]).exists():
                self.limit(row, definition, history)

    def limit(self, row: Row, definition: AlarmDefinition, history: SimulatedHistory) -> None:
        actor, now = self.actor(row["by"]), self.at(row["when"])
        proposal = limits.propose(actor, definition.uuid, {"limit": row["limit"]}, row["text"], now=now)
        decided = row.get("decided")
        tried_at, span = (now, DECIDED_SPAN) if decided else (self.now - TRIED_BEFORE, PENDING_SPAN)
        until, since = (round(t.timestamp() * 1000) for t in (tried_at, tried_at - span))
        limits.try_on_history(actor, proposal.uuid, history, from_ms=since, to_ms=until, now=tried_at)
        if decided:
            decide = limits.approve if decided["verb"] == "approve" else limits.reject
            decide(self.actor(decided["by"]), proposal.uuid, decided["text"], now=self.at(decided["when"]))


class SimulatedHistory:
    """Readings of a few tags as the simulator sends them for the past, one a minute: what a limit is tried on before anything was stored."""

    def __init__(self, plan: Plan, keys: Iterable[str], until_s: int) -> None:
        self._park = Park(plan, plan.seed, until_s, with_tep=False)
        numbers = dict(Tag.objects.filter(external_key__in=list(keys)).values_list("id", "external_key"))
        self._index = {n: plan.tag_index[key] for n, key in numbers.items()}
        self._read: dict[int, tuple[dict[int, float], dict[int, bool]]] = {}

    def raw(self, tags: list[int], from_ms: int, to_ms: int) -> Iterable[pa.RecordBatch]:
        """As the historian answers: tag, ts [ms], value, quality, in order of time."""
        step = STEP_S * 1000
        moments = range(from_ms + -from_ms % step, to_ms, step)
        wanted = [n for n in tags if n in self._index]
        rows = [(n, t, *self._reading(n, t)) for t in moments for n in wanted]
        columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
        kinds = (np.int32, np.int64, np.float64, np.uint8)
        arrays = [pa.array(np.array(c, kind)) for c, kind in zip(columns, kinds, strict=True)]
        return [pa.RecordBatch.from_arrays(arrays, names=["tag", "ts", "value", "quality"])]

    def _reading(self, tag: int, t_ms: int) -> tuple[float, int]:
        if t_ms not in self._read:
            frame = self._park.frame(t_ms)
            at = self._index
            self._read[t_ms] = {n: float(frame.values[i]) for n, i in at.items()}, {n: bool(frame.bad[i]) for n, i in at.items()}
        values, bad = self._read[t_ms]
        return values[tag], BAD if bad[tag] else 0


def _asset(external_key: str) -> Subject | None:
    if not external_key:
        return None
    return Subject.of(Asset.objects.get(external_key=external_key, valid_until=None, organisation__is_demo=True))
