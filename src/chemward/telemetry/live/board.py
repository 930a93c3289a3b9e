"""The board: alarms that are open now, as consoles show them. Pure: the recorder's answer and bus events in, deltas out.

A row leaves the board by the same rule as in the database: gone from the process and acknowledged by the park (or never told to
anybody), reset if it latches, or taken away by configuration. A late alarm is history and never on the board.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chemward.telemetry.live.directory import Directory

Row = dict[str, Any]

MOST_DEPARTED = 5_000
"""Rows that acknowledgements took away and that are kept for whoever takes the acknowledgement back."""

OBLIGATIONS: Row = {
    "park_acked_ms": None,
    "park_acked_by": "",
    "enterprise_acked_ms": None,
    "enterprise_acked_by": "",
    "shelved_until_ms": None,
    "shelved_by": "",
    "shelf_reason": "",
    "out_of_service": False,
    "reset_ms": None,
    "outcome": "",
}


@dataclass(frozen=True, slots=True)
class Delta:
    """A change for browsers. event: "alarm" or "act"; org_path: where; body: as sent."""

    event: str
    org_path: str
    body: Mapping[str, Any]


@dataclass
class Board:
    """Open alarms by occurrence id. seq: EVENTS sequence that they include; None until the recorder has answered."""

    directory: Directory
    seq: int | None = None
    rows: dict[str, Row] = field(default_factory=dict)
    silences: dict[str, Row] = field(default_factory=dict)
    answers_due_ms: dict[str, int | None] = field(default_factory=dict)
    version: int = 0
    _told: set[str] = field(default_factory=set)
    _departed: dict[str, Row] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        """Whether the board knows the truth: before, an empty board would be a lie."""
        return self.seq is not None

    def load(self, answer: Mapping[str, Any]) -> None:
        """Take the recorder's answer to `req.open_alarms`. KeyError or TypeError when it is none."""
        rows = {row["id"]: dict(row) for row in answer["alarms"]}
        self.seq = int(answer["seq"])
        self.rows = rows
        self.silences = dict(answer.get("silences") or {})
        self.answers_due_ms = dict(answer.get("answers_due_ms") or {})
        self._told = {id_ for id_, row in rows.items() if not _is_silent(row, int(answer.get("at_ms") or 0))}
        self.version += 1

    def visible(self, paths: Iterable[str]) -> list[Row]:
        """Rows under these paths, highest priority first, then the newest."""
        prefixes = tuple(paths)
        rows = [row for row in self.rows.values() if str(row.get("org_path", "")).startswith(prefixes)]
        return sorted(rows, key=lambda row: (row.get("priority") or 9, -(row.get("raised_at_ms") or 0)))

    # -- events of the engine -----------------------------------------------------------------------------------------

    def alarm(self, event: Mapping[str, Any], seq: int, now_ms: int) -> Delta | None:
        """Take an event `ev.alarm.…`; None when the board has it already."""
        if self.seq is None or seq <= self.seq:
            return None
        self.seq = seq
        self.version += 1
        id_, kind, at_ms = event["id"], event["kind"], event["at_ms"]
        row = self.rows.get(id_) or self._new_row(event)
        if kind == "raised":
            row |= {"raised_at_ms": at_ms, "cleared_at_ms": None, "value": event.get("value")}
        elif kind in ("cleared", "config_removed"):
            row["cleared_at_ms"] = at_ms
        row["suppressed"] = kind != "unsuppressed" and (kind == "suppressed" or bool(event.get("suppressed")))
        row["suppressed_reason"] = event.get("reason", "") if row["suppressed"] else ""
        if kind in ("raised", "unsuppressed"):
            row["worsened_at_ms"] = max(row.get("worsened_at_ms") or 0, at_ms)
            if not _is_silent(row, now_ms):
                self._told.add(id_)
        is_open = self._keep(row, is_removed=kind == "config_removed")
        return Delta("alarm", row["org_path"], {**row, "kind": kind, "at_ms": at_ms, "seq": seq, "open": is_open})

    def _new_row(self, event: Mapping[str, Any]) -> Row:
        tag = self.directory.tags.get(event["tag"])
        feed = self.directory.feeds.get(event.get("feed", ""))
        definition = self.directory.alarm(event["tag"], event["def"])
        due_after = self.answers_due_ms.get(str(event["priority"]))
        return {
            "id": event["id"],
            "definition": event["def"],
            "tag": event["tag"],
            "code": event["code"],
            "title": event["title"],
            "priority": event["priority"],
            "level": event["level"],
            "type": event["type"],
            "raised_at_ms": event["at_ms"],
            "cleared_at_ms": None,
            "worsened_at_ms": event["at_ms"],
            "value": event.get("value"),
            "unit": event["unit"],
            "limit": event["limit"],
            "late": event["late"],
            "latch": definition.latch,
            "suppressed": False,
            "suppressed_reason": "",
            "org_path": event["org_path"],
            "enterprise": str(feed.enterprise) if feed else "",
            "organisation_kind": "",
            "feed": event.get("feed", ""),
            "major_hazard": definition.major_hazard,
            "place": tag.place or "" if tag else "",
            "asset": tag.asset if tag else "",
            "lon": tag.lon if tag else None,
            "lat": tag.lat if tag else None,
            "due_ms": event["at_ms"] + due_after if due_after is not None and not event["late"] else None,
            "answered_ms": None,
            "urged_ms": None,
            "escalation_step": 0,
            "version": 0,
            **OBLIGATIONS,
            **self.silences.get(event["def"], {}),
        }

    # -- acts ---------------------------------------------------------------------------------------------------------

    def act(self, verb: str, body: Mapping[str, Any], seq: int, now_ms: int) -> Delta | None:
        """Take an event `ev.act.alarm.<verb>` `{org_path, at_ms, by, ids, definitions?, fields}`; None when it is known already."""
        if self.seq is None or seq <= self.seq:
            return None
        self.seq = seq
        self.version += 1
        fields = dict(body.get("fields") or {})
        for definition in body.get("definitions") or ():
            if any(fields.get(name) for name in ("shelved_until_ms", "out_of_service")):
                self.silences[definition] = fields
            else:
                self.silences.pop(definition, None)
        gone = []
        for id_ in body.get("ids") or ():
            row = self.rows.get(id_) or self._returned(id_, verb)
            if row is None:
                continue
            row |= fields
            if not _is_silent(row, now_ms):
                self._told.add(id_)
            if not self._keep(row):
                gone.append(id_)
                self._remember(row)
        told = {key: body.get(key) for key in ("org_path", "at_ms", "by", "ids", "definitions")}
        return Delta(
            "act",
            str(body.get("org_path", "")),
            {**told, "noun": "alarm", "verb": verb, "fields": fields, "gone": gone, "seq": seq},
        )

    def _remember(self, row: Row) -> None:
        self._departed[row["id"]] = row
        if len(self._departed) > MOST_DEPARTED:
            self._departed.pop(next(iter(self._departed)))

    def _returned(self, id_: str, verb: str) -> Row | None:
        """The row of an acknowledgement that is taken back: people were told of it, and owe again."""
        row = self._departed.pop(id_, None) if verb == "undo_acknowledge" else None
        if row is not None:
            self._told.add(id_)
        return row

    def _keep(self, row: Row, *, is_removed: bool = False) -> bool:
        """Put a row on the board or take it off; whether it is on it."""
        id_ = row["id"]
        if not is_removed and not row["late"] and self._is_open(row):
            self.rows[id_] = row
            return True
        self.rows.pop(id_, None)
        self._told.discard(id_)
        return False

    def _is_open(self, row: Row) -> bool:
        if row["cleared_at_ms"] is None:
            return True
        if row["id"] not in self._told:
            return False
        return row["park_acked_ms"] is None or (bool(row["latch"]) and row["reset_ms"] is None)


def _is_silent(row: Mapping[str, Any], now_ms: int) -> bool:
    """Whether nobody is told of this alarm now: suppressed by design, shelved, or out of service."""
    shelved_until = row.get("shelved_until_ms")
    return bool(row.get("suppressed") or row.get("out_of_service") or (shelved_until and shelved_until > now_ms))
