"""From beats to the verdict on the running instance: pure, so the page, `/healthz` and the tests say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LATE_AFTER_MS = 3_000
FORGOTTEN_AFTER_MS = 60_000


@dataclass(frozen=True)
class Health:
    """missing: processes that were not heard at all. late: milliseconds since the last beat of those that fell silent."""

    missing: list[str]
    late: dict[str, int]

    @property
    def is_well(self) -> bool:
        return not self.missing and not self.late

    @property
    def status(self) -> int:
        """HTTP status: 200 when all is well, else 503."""
        return 200 if self.is_well else 503

    def body(self) -> dict[str, Any]:
        """What `/healthz` answers."""
        return {"status": "ok" if self.is_well else "failing", "missing": self.missing, "late_ms": self.late}


@dataclass
class Beats:
    """The last beat of each process (name, pid); fed from `sys.beat.>`."""

    last: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)

    def heard(self, beat: Mapping[str, Any], received_ms: int) -> None:
        """Take a beat as it came over the bus. A beat that lacks its name or pid is dropped.

        received_ms: by our own clock, so that a process on a machine with a wrong clock is not called late.
        """
        name, pid = beat.get("name"), beat.get("pid")
        if isinstance(name, str) and isinstance(pid, int):
            self.last[name, pid] = {**beat, "received_ms": received_ms}

    def forget(self, now_ms: int) -> None:
        """Drop what fell silent a minute ago (a killed process whose successor has another pid)."""
        self.last = {key: beat for key, beat in self.last.items() if now_ms - beat["received_ms"] <= FORGOTTEN_AFTER_MS}

    def ages_ms(self, now_ms: int) -> dict[str, int]:
        """Milliseconds since the last beat, by name; of several processes of one name the freshest counts."""
        ages: dict[str, int] = {}
        for (name, _), beat in self.last.items():
            age = max(0, now_ms - beat["received_ms"])
            ages[name] = min(age, ages.get(name, age))
        return ages


def judge(expected: Iterable[str], ages_ms: Mapping[str, int], *, late_after_ms: int = LATE_AFTER_MS) -> Health:
    """The verdict: each expected process must have beaten within `late_after_ms`.

    expected: names that must be alive (`expected` of the run file). ages_ms: milliseconds since the last beat by name.
    """
    names = sorted(set(expected))
    return Health(
        missing=[name for name in names if name not in ages_ms],
        late={name: ages_ms[name] for name in names if name in ages_ms and ages_ms[name] > late_after_ms},
    )
