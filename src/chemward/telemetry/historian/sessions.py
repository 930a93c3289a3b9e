"""The embedded ClickHouse: one folder, owned by one process. One session inserts, one changes other things, a few read at once."""

# ruff: noqa: S608 -- every part put into a query is a number or a name of ours
from __future__ import annotations

import contextlib
import fcntl
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from chdb.session import Session as ChdbSession

from chemward.telemetry.historian.answers import HistorianError

READERS = 4
READER_SETTINGS = {
    "max_execution_time": 120,
    "max_memory_usage": 2 * 1024**3,
    "max_query_size": 64 * 1024**2,  # a list of all tags stands in the text of a query
    # With it, queries over some hundred thousand rows stood still for ever, all threads waiting (chdb-core-lite 26.5.0): about every third
    # one of test_long_answers_do_not_stand_still.
    "output_format_arrow_parallel_encoding": 0,
}
OWNER_FILE = "owner.lock"


class Sessions:
    """Sessions on one folder. A process can have one folder open at a time.

    Raises HistorianError when another process holds the folder or this process holds another one.
    """

    def __init__(self, folder: Path, readers: int = READERS) -> None:
        if set(str(folder)) & set("?'{}"):
            raise HistorianError(
                f"the folder {folder} has one of ? ' {{ }} in its name, which the store cannot open; choose another"
            )
        folder.mkdir(parents=True, exist_ok=True)
        self._owner = _own(folder)
        self._writing = threading.Lock()
        self._writer: Any = _open(folder)
        # What takes long (aggregation, freezing, dropping) must not hold up samples.
        self._changing = threading.Lock()
        self._changer: Any = _open(folder)
        self._readers: queue.LifoQueue[Any] = queue.LifoQueue()
        self._all = [self._writer, self._changer]
        for _ in range(readers):
            reader = _open(folder)
            for setting, value in READER_SETTINGS.items():
                reader.query(f"set {setting} = {value}")
            self._all.append(reader)
            self._readers.put(reader)

    def close(self) -> None:
        for session in self._all:
            session.close()
        self._all = []
        self._owner.close()

    def execute(self, sql: str) -> None:
        """Run a statement that changes something, one at a time, beside inserts."""
        with self._changing, _named_errors():
            self._changer.query(sql)

    def insert(self, table: str, select: str, rows: pa.Table) -> None:
        """Insert `select … from rows` into a table; the inserted part is on disk (fsync) when this returns."""
        # The engine looks the name in `Python(…)` up among the variables of its callers.
        incoming_rows = rows.combine_chunks()
        statement = f"insert into {table} select {select} from Python(incoming_rows) settings max_partitions_per_insert_block = 0"
        with self._writing, _named_errors():
            self._writer.query(statement)
        del incoming_rows

    def table(self, sql: str) -> pa.Table:
        """The whole answer of a query."""
        with self._reader() as reader, _named_errors():
            return _arrow(reader.query(sql, "Arrow").bytes())

    def number(self, sql: str) -> int:
        """The one whole number that a query answers."""
        return int(self.table(sql).column(0)[0].as_py())

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The answer in chunks as it is found. Leaving the iterator early cancels the query."""
        with self._reader() as reader, _named_errors():
            result = reader.send_query(sql, "Arrow")
            try:
                while (chunk := result.fetch()) is not None:
                    yield from _arrow(chunk.bytes()).to_batches()
            finally:
                result.close()

    @contextlib.contextmanager
    def _reader(self) -> Iterator[Any]:
        reader = self._readers.get()
        try:
            yield reader
        finally:
            self._readers.put(reader)


def _open(folder: Path) -> Any:
    try:
        return ChdbSession(str(folder))  # type: ignore[no-untyped-call]
    except RuntimeError as fault:
        raise HistorianError(f"the history in {folder} cannot be opened: {fault}") from fault


def _own(folder: Path) -> IO[bytes]:
    """Make this process the owner of a folder for as long as the file is open. The engine's own refusal does not say why."""
    owner = (folder / OWNER_FILE).open("wb")
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner.close()
        raise HistorianError(f"the history in {folder} is open already (the historian is running); stop it first") from None
    return owner


def _arrow(data: bytes) -> pa.Table:
    return pa.ipc.open_file(pa.py_buffer(data)).read_all()


@contextlib.contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except RuntimeError as fault:
        raise HistorianError(f"the store refused a query: {fault}") from fault
