"""Questions to the historian from other processes (pages, API, jobs). Plain sockets, no event loop.

When the historian does not answer, `HistorianAway` is raised: a page then says so and never shows 0 or "nothing".
"""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from chemward.telemetry.historian.answers import Day, Trend, Values
from chemward.telemetry.installation import Installation

ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"
END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"
TIMEOUT_S = 10.0
BACKUP_TIMEOUT_S = 3600.0


class HistorianAway(Exception):
    """The historian does not answer (not running, starting, or too slow)."""


class HistorianRefused(Exception):
    """The historian cannot answer this question; the text names what is wrong."""


class HistorianClient:
    """Asks the historian of a running instance. Spans are half open [ms UTC]; tags None means all tags.

    timeout_s: of each answer, and of each piece of a long one [s].
    Every method raises HistorianAway or HistorianRefused.
    """

    def __init__(self, installation: Installation, timeout_s: float = TIMEOUT_S) -> None:
        self._installation = installation
        self._timeout_s = timeout_s

    def trend(self, tags: Sequence[int], from_ms: int, to_ms: int, n: int = 1000, gap_ms: int | None = None) -> list[Trend]:
        """Each tag's samples thinned to at most n points that keep extremes, ends, bad quality and gaps, in the order of `tags`."""
        arguments = {"tags": list(tags), "from": from_ms, "to": to_ms, "n": n, "gap": gap_ms}
        return [_trend(row) for row in self._json("/trend", arguments)]

    def raw(self, tags: Sequence[int] | None, from_ms: int, to_ms: int, limit: int | None = None) -> Iterator[pa.RecordBatch]:
        """Samples ordered by time, then tag, in chunks (SAMPLES_SCHEMA) as they arrive."""
        with self._asked("/raw", _arguments(tags, from_ms, to_ms, limit), ARROW) as answer:
            tail = _Tail(answer)
            try:
                with pa.ipc.open_stream(tail) as reader:
                    yield from reader
            except (pa.ArrowInvalid, OSError, http.client.HTTPException) as fault:
                raise HistorianAway(f"the historian broke off in the middle of an answer: {fault}") from fault
            if not tail.has_ended():
                raise HistorianAway("the historian broke off in the middle of an answer")

    def texts(self, tags: Sequence[int] | None, from_ms: int, to_ms: int, limit: int | None = None) -> pa.Table:
        """Texts ordered by time, then tag (TEXTS_SCHEMA)."""
        return self._table("/texts", _arguments(tags, from_ms, to_ms, limit))

    def hourly(self, tags: Sequence[int] | None, from_ms: int, to_ms: int) -> pa.Table:
        """Aggregates of the hours that begin in the span (HOURLY_SCHEMA), ordered by tag, hour."""
        return self._table("/hourly", _arguments(tags, from_ms, to_ms))

    def at(self, tags: Sequence[int] | None, when_ms: int) -> Values:
        """The newest sample of each tag at or before a moment; tags without any are left out."""
        return Values.from_table(self._table("/at", {**_tags(tags), "when": when_ms}))

    def last_all(self, tags: Sequence[int] | None = None) -> Values:
        """The newest sample of all tags, or of some."""
        return Values.from_table(self._table("/last", _tags(tags)))

    def days(self) -> list[Day]:
        """Days that have history, oldest first."""
        return [Day(**row) for row in self._json("/days", {})]

    def health(self) -> dict[str, Any]:
        """What the historian says of its lag and its faults."""
        answer: dict[str, Any] = self._json("/health", {})
        return answer

    def backup(self, target: Path) -> None:
        """Have the running historian write a backup to an empty folder."""
        self._json("/backup", {"target": str(target.resolve())}, timeout_s=BACKUP_TIMEOUT_S)

    def _json(self, path: str, arguments: Mapping[str, Any], timeout_s: float | None = None) -> Any:
        with self._asked(path, arguments, JSON, timeout_s) as answer:
            return orjson.loads(answer.read())

    def _table(self, path: str, arguments: Mapping[str, Any]) -> pa.Table:
        with self._asked(path, arguments, ARROW) as answer:
            return pa.ipc.open_stream(answer.read()).read_all()

    @contextlib.contextmanager
    def _asked(
        self, path: str, arguments: Mapping[str, Any], accept: str, timeout_s: float | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        try:
            port = self._installation.port("historian")
        except KeyError as fault:
            raise HistorianAway("the historian is not running") from fault
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s or self._timeout_s)
        headers = {"X-Internal-Key": self._installation.secrets()["internal_key"], "Accept": accept, "Content-Type": JSON}
        try:
            connection.request("POST", path, orjson.dumps(arguments), headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise HistorianRefused(_reason(answer))
            yield answer
        except (OSError, http.client.HTTPException) as fault:
            raise HistorianAway(f"the historian does not answer: {fault}") from fault
        finally:
            connection.close()


class _Tail:
    """A file that remembers the last bytes read from it: an Arrow stream that was cut off lacks its end mark."""

    closed = False

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self._answer = answer
        self._last = b""

    def read(self, size: int = -1) -> bytes:
        data = self._answer.read(size if size >= 0 else None)
        self._last = (self._last + data)[-len(END_OF_STREAM) :]
        return data

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True

    def has_ended(self) -> bool:
        self.read()
        return self._last == END_OF_STREAM


def _reason(answer: http.client.HTTPResponse) -> str:
    with contextlib.suppress(orjson.JSONDecodeError, KeyError, TypeError):
        return str(orjson.loads(answer.read())["error"])
    return f"the historian answered {answer.status}"


def _tags(tags: Sequence[int] | None) -> dict[str, Any]:
    return {} if tags is None else {"tags": [int(tag) for tag in tags]}


def _arguments(tags: Sequence[int] | None, from_ms: int, to_ms: int, limit: int | None = None) -> dict[str, Any]:
    return {**_tags(tags), "from": from_ms, "to": to_ms, **({} if limit is None else {"limit": limit})}


def _trend(row: Mapping[str, Any]) -> Trend:
    return Trend(
        row["tag"],
        np.array(row["ts"], np.int64),
        np.array([np.nan if value is None else value for value in row["value"]], np.float64),
        np.array(row["quality"], np.uint8),
        tuple((start, end) for start, end in row["gaps"]),
        row["gap_ms"],
        row["count"],
    )
