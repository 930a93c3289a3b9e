"""Which steps of which worker partition, and up to where which stream, the store holds."""

from __future__ import annotations

# ruff: noqa: S608 -- every part put into a query is a number or a name of ours
import pyarrow as pa

from chemward.protocols.telemetry.batch import BatchHeader
from chemward.telemetry.historian.answers import Position
from chemward.telemetry.historian.schema import DATABASE
from chemward.telemetry.historian.sessions import Sessions

# Clock ticks carry no samples: where they have got to is written down now and then only.
STEPS_PER_NOTE = 64

Steps = dict[int, tuple[int, int]]  # partition → last step, its clock reading [ms]


class Progress:
    """Mirrors a table. The caller holds the store's write lock.

    A redelivered step is known by its number: it was stored before when the number is not above the last one of its partition and
    the step is not newer (a worker that has lost its state counts from 1 again, with later times).
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.steps: Steps = {}
        self.positions: dict[str, Position] = {}
        self._unnoted = 0
        for row in sessions.table(f"select key, number, at_ms, note from {DATABASE}.progress final").to_pylist():
            kind, name = row["key"].split(" ", 1)
            if kind == "partition":
                self.steps[int(name)] = (row["number"], row["at_ms"])
            else:
                self.positions[name] = Position(name, row["note"], row["number"])

    def note(self, steps: Steps, position: Position | None, *, has_samples: bool) -> None:
        """These steps are stored, up to this position of their stream."""
        self._unnoted += sum(self.steps.get(partition) != step for partition, step in steps.items())
        self.steps = steps
        if position:
            self.positions[position.stream] = position
        if has_samples or self._unnoted >= STEPS_PER_NOTE:
            self._unnoted = 0
            self._write()

    def _write(self) -> None:
        rows = [(f"partition {name}", step, at_ms, "") for name, (step, at_ms) in self.steps.items()]
        rows += [(f"stream {p.stream}", p.sequence, 0, p.created) for p in self.positions.values()]
        if rows:
            keys, numbers, times, notes = zip(*rows, strict=True)
            table = pa.table({"key": keys, "number": pa.array(numbers, pa.uint64()), "at_ms": times, "note": notes})
            self._sessions.insert(f"{DATABASE}.progress", "key, number, at_ms, note", table)


def advance(steps: Steps, header: BatchHeader) -> bool:
    """Whether a step is new; `steps` is then up to it."""
    step, at_ms = steps.get(header.partition, (0, 0))
    if header.step <= step and header.now_ms <= at_ms:
        return False
    steps[header.partition] = (header.step, header.now_ms)
    return True
