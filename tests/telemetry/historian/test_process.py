"""The process: from the stream into the store, out again over HTTP, through kills of itself and of the bus."""

from __future__ import annotations

import asyncio
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import orjson
import pytest

from chemward.protocols.telemetry.batch import BatchHeader, encode
from chemward.telemetry.bus import client as bus_client
from chemward.telemetry.bus import subjects
from chemward.telemetry.bus.server import RunningBus
from chemward.telemetry.historian.answers import SAMPLES_SCHEMA
from chemward.telemetry.historian.backup import restore
from chemward.telemetry.historian.client import HistorianAway, HistorianClient, HistorianRefused
from chemward.telemetry.historian.store import ChdbHistorian
from chemward.telemetry.installation import Installation, free_port
from tests.telemetry.historian.making import DAY, HOUR, MIDNIGHT, SECOND, read_back

ROOT = Path(__file__).parents[3]
NAN = float("nan")
CODE = """
import asyncio
from chemward.cli import run_entry
from chemward.telemetry.historian.process import main
from chemward.telemetry.installation import Installation
run_entry(main, Installation.from_environment())
"""


class Running:
    """A historian process of a running bus."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        run = installation.run()
        installation.write_run({**run, "ports": {**run["ports"], "historian": free_port()}})
        self.client = HistorianClient(installation, timeout_s=20)
        self.start()

    def start(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "CHEMWARD_DATA": str(self.installation.data)}
        self.process = subprocess.Popen([sys.executable, "-c", CODE], env=environment)
        wait_for(self.is_answering)

    def is_answering(self) -> bool:
        assert self.process.poll() is None, "the historian ended"
        try:
            self.client.health()
        except HistorianAway:
            return False
        return True

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


def wait_for(condition: Callable[[], bool], patience_s: float = 20) -> None:
    give_up_at = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def historian(running_bus: RunningBus) -> Iterator[Running]:
    running = Running(running_bus.installation)
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGKILL)


def publish(installation: Installation, bodies: list[bytes]) -> None:
    async def go() -> None:
        nc = await bus_client.connect(installation, "test")
        js = nc.jetstream()
        await bus_client.ensure_streams(js)
        for body in bodies:
            await js.publish(subjects.samples(0), body)
        await nc.close()

    asyncio.run(go())


def step_body(step: int, rows: int = 50) -> bytes:
    tags = np.arange(rows)
    return encode(
        BatchHeader(0, step, MIDNIGHT + step, 0),
        tags,
        np.full(rows, MIDNIGHT + step * SECOND),
        tags + step / 1000,
        np.zeros(rows),
    )


def test_what_is_on_the_stream_can_be_asked_for(historian: Running) -> None:
    client = historian.client
    texts = encode(BatchHeader(0, 1001, MIDNIGHT + 1001, 0), [77, 78], [MIDNIGHT, MIDNIGHT], [NAN, 1.0], [0, 2], {0: "检修"})
    publish(historian.installation, [*(step_body(step) for step in range(1, 101)), b"no batch", texts])
    wait_for(lambda: client.health()["stored"] == 5002)
    health = client.health()
    assert (health["refused_messages"], health["missed_messages"], health["fault"]) == (1, 0, "")
    assert (historian.installation.folder("historian") / "refused" / "101.bin").read_bytes() == b"no batch"

    rows = [row for chunk in client.raw([3, 4], MIDNIGHT, MIDNIGHT + HOUR) for row in chunk.to_pylist()]
    assert len(rows) == 200
    assert rows[0] == {"tag": 3, "ts": MIDNIGHT + SECOND, "value": 3.001, "quality": 0}
    assert [chunk.schema for chunk in client.raw([99], MIDNIGHT, MIDNIGHT + HOUR)] in ([], [SAMPLES_SCHEMA])
    assert sum(chunk.num_rows for chunk in client.raw(None, MIDNIGHT, MIDNIGHT + HOUR, limit=7)) == 7
    (trend,) = client.trend([3], MIDNIGHT, MIDNIGHT + HOUR, n=20)
    assert (trend.count, trend.value.max(), trend.is_thinned) == (100, 3.1, True)
    (text_trend,) = client.trend([77], MIDNIGHT, MIDNIGHT + HOUR)
    assert np.isnan(text_trend.value).all()
    assert client.hourly([3], MIDNIGHT, MIDNIGHT + HOUR)["count"].to_pylist() == [100]
    assert client.at([3], MIDNIGHT + 10 * SECOND).value.tolist() == [3.01]
    last = client.last_all()
    assert (len(last), last.texts) == (52, {77: "检修"})
    assert client.last_all([4, 1234]).value.tolist() == [4.1]
    assert client.texts(None, MIDNIGHT, MIDNIGHT + DAY)["text"].to_pylist() == ["检修"]
    assert [(day.day, day.is_archived) for day in client.days()] == [("2026-09-22", False)]


def test_a_wrong_question_is_refused_by_name_and_a_stranger_is_turned_away(historian: Running) -> None:
    with pytest.raises(HistorianRefused, match=r"to \(5\) must be after from \(9\)"):
        historian.client.hourly([1], 9, 5)
    with pytest.raises(HistorianRefused, match="tags is missing"):
        historian.client.trend([], 1, 5)
    with pytest.raises(HistorianRefused, match="n is 2"):
        historian.client.trend([1], 1, 5, n=2)

    def status(path: str, headers: dict[str, str]) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", historian.installation.port("historian"), timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, orjson.loads(answer.read())

    key = {"X-Internal-Key": historian.installation.secrets()["internal_key"]}
    assert status("/last", {})[0] == 403
    assert status("/last", {"X-Internal-Key": "guess"})[0] == 403
    assert status("/nowhere", key)[0] == 404
    assert status("/at?tags=1,x&when=5", key) == (400, {"error": "tags must be whole numbers: 1,2,3", "field": "tags"})
    assert status("/at?when=soon", key)[1]["field"] == "when"
    assert status("/raw?from=1&to=5&tags=", key) == (200, {"tag": [], "ts": [], "value": [], "quality": [], "is_cut": False})
    assert status("/hourly?from=1&to=5", key)[0] == 200


def test_a_historian_that_is_not_there_is_said_to_be_away(tmp_path: Path) -> None:
    installation = Installation(data=tmp_path)
    with pytest.raises(HistorianAway, match="not running"):
        HistorianClient(installation).last_all()
    installation.write_run({"ports": {"historian": free_port()}})
    with pytest.raises(HistorianAway, match="does not answer"):
        list(HistorianClient(installation).raw(None, 0, 5))


def test_it_says_how_it_is_each_second_and_ends_in_good_order(historian: Running) -> None:
    async def a_beat() -> dict:
        nc = await bus_client.connect(historian.installation, "test")
        subscription = await nc.subscribe(subjects.ALL_BEATS)
        body = bus_client.decode((await subscription.next_msg(5)).data)
        await nc.close()
        return body

    body = asyncio.run(a_beat())
    assert (body["name"], body["pid"], body["lag_ms"]) == ("historian", historian.process.pid, 0)
    assert body["detail"]["fault"] == ""
    assert historian.end(signal.SIGTERM) == 0


def test_a_running_historian_writes_a_backup(historian: Running, tmp_path: Path) -> None:
    publish(historian.installation, [step_body(step) for step in range(1, 6)])
    wait_for(lambda: historian.client.health()["stored"] == 250)
    historian.client.backup(tmp_path / "backup")
    with pytest.raises(HistorianRefused, match="not empty"):
        historian.client.backup(tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "restored")
    with ChdbHistorian(tmp_path / "restored") as store:
        assert len(read_back(store, None, MIDNIGHT, MIDNIGHT + DAY)) == 250


def test_clients_that_leave_in_the_middle_of_a_long_answer_do_not_use_up_the_store(historian: Running) -> None:
    publish(historian.installation, [step_body(step, rows=4000) for step in range(1, 101)])
    wait_for(lambda: historian.client.health()["stored"] == 400_000)
    for _ in range(10):
        chunks = historian.client.raw(None, MIDNIGHT, MIDNIGHT + HOUR)
        assert next(chunks).num_rows > 0
        chunks.close()
    assert sum(chunk.num_rows for chunk in historian.client.raw(None, MIDNIGHT, MIDNIGHT + HOUR)) == 400_000
    assert len(historian.client.at(None, MIDNIGHT + HOUR)) == 4000


def test_samples_are_stored_while_long_answers_are_read_slowly(historian: Running) -> None:
    publish(historian.installation, [step_body(step, rows=4000) for step in range(1, 51)])
    wait_for(lambda: historian.client.health()["stored"] == 200_000)
    slow = [historian.client.raw(None, MIDNIGHT, MIDNIGHT + HOUR) for _ in range(2)]
    assert all(next(chunks).num_rows for chunks in slow)
    publish(historian.installation, [step_body(step) for step in range(51, 61)])
    wait_for(lambda: historian.client.health()["stored"] == 200_500, 5)
    assert len(historian.client.trend([3], MIDNIGHT, MIDNIGHT + HOUR)[0].ts) == 60
    for chunks in slow:
        chunks.close()


@pytest.mark.faults
def test_a_bus_that_lost_its_streams_is_read_from_its_new_beginning(historian: Running, running_bus: RunningBus) -> None:
    publish(historian.installation, [step_body(step) for step in range(1, 31)])
    wait_for(lambda: historian.client.health()["stored"] == 30 * 50)
    running_bus.kill()
    shutil.rmtree(next(historian.installation.folder("bus").rglob("jetstream")))
    running_bus.restart()
    publish(historian.installation, [step_body(step) for step in range(31, 36)])
    wait_for(lambda: historian.client.health()["stored"] == 35 * 50)
    assert historian.client.hourly([3], MIDNIGHT, MIDNIGHT + HOUR)["count"].to_pylist() == [35]


@pytest.mark.faults
def test_kills_of_the_historian_and_of_the_bus_lose_nothing_and_double_nothing(
    historian: Running, running_bus: RunningBus
) -> None:
    published = 0

    def send(steps: int) -> None:
        nonlocal published
        publish(historian.installation, [step_body(step) for step in range(published + 1, published + steps + 1)])
        published += steps

    for _ in range(2):
        send(300)
        historian.end(signal.SIGKILL)  # in the middle of reading
        send(100)
        historian.start()
    running_bus.kill()
    running_bus.restart()
    send(100)
    wait_for(lambda: len(historian.client.last_all()) == 50, 10)
    wait_for(lambda: historian.client.last_all().ts.max() == MIDNIGHT + published * SECOND)
    counts = historian.client.hourly(None, MIDNIGHT, MIDNIGHT + HOUR)["count"].to_pylist()
    assert counts == [published] * 50
    rows = [row for chunk in historian.client.raw([7], MIDNIGHT, MIDNIGHT + HOUR) for row in chunk.to_pylist()]
    assert [row["ts"] for row in rows] == [MIDNIGHT + step * SECOND for step in range(1, published + 1)]
    assert historian.client.health()["missed_messages"] == 0
