"""Publishes that the bus refused. MQTT 3.1.1 has no word for "you may not": the device gets its PUBACK, the message is dropped
and only the server's log says so. This reads that log, so that a feed's health page can show it.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

REMEMBERED_CONNECTIONS = 100_000
READ_AT_ONCE = 4 * 1024 * 1024

_VIOLATION = re.compile(rb' - [mc]id:(\d+) - .*Publish Violation.* Subject "([^"]*)"')


def violations(lines: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """(connection number, subject) of each refused publish among lines of the bus's log."""
    for line in lines:
        if match := _VIOLATION.search(line):
            yield int(match[1]), match[2].decode("utf-8", "replace")


class Refusals:
    """Refused publishes by feed. It must be told which connection belongs to which feed, since the log knows only numbers."""

    def __init__(self, log_file: Path) -> None:
        self._path = log_file
        self._feeds: dict[int, str] = {}
        # What was refused before we came is not news.
        self._offset = log_file.stat().st_size if log_file.exists() else 0
        self._inode = log_file.stat().st_ino if log_file.exists() else 0

    def learn(self, connection: int, feed: str) -> None:
        """Connection number of the bus (`Question.connection`, `Session.number`) belongs to this feed."""
        self._feeds.pop(connection, None)
        self._feeds[connection] = feed
        while len(self._feeds) > REMEMBERED_CONNECTIONS:
            self._feeds.pop(next(iter(self._feeds)))

    def news(self) -> Counter[str]:
        """How many publishes of each feed were refused since the last call; "" counts those of unknown connections."""
        counted: Counter[str] = Counter()
        for connection, _ in violations(self._new_lines()):
            counted[self._feeds.get(connection, "")] += 1
        return counted

    def _new_lines(self) -> list[bytes]:
        try:
            with self._path.open("rb") as f:
                status = os.fstat(f.fileno())
                if status.st_ino != self._inode or status.st_size < self._offset:  # the server began a new file
                    self._inode, self._offset = status.st_ino, 0
                f.seek(self._offset)
                text = f.read(READ_AT_ONCE)
        except FileNotFoundError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.splitlines()
