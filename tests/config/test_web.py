"""The web process: its workers never outlive it."""

import os
import signal
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest

from chemward.config import web
from chemward.telemetry.installation import Installation, free_port


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{web.PROBE}", timeout=2) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def until(condition, within_s=40.0):
    give_up_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < give_up_at, "did not come true in time"
        time.sleep(0.05)


@pytest.fixture
def pages(tmp_path):
    installation = Installation(data=tmp_path / "var")
    port = free_port()
    installation.write_run({"ports": {"web": port}})
    process = subprocess.Popen(
        [sys.executable, "-m", "chemward.cli", "process", "web"],
        env={**os.environ, "CHEMWARD_DATA": str(installation.data), "CHEMWARD_WEB_WORKERS": "2", "CHEMWARD_TESTING": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: answers(port))
    yield process, port
    process.kill()
    process.wait()


def test_workers_die_with_the_killed_web_process(pages):
    process, _ = pages
    workers = psutil.Process(process.pid).children()
    assert len(workers) == 2
    process.kill()
    process.wait()
    assert psutil.wait_procs(workers, 5)[1] == []


def test_a_killed_worker_is_replaced(pages):
    process, port = pages
    killed = psutil.Process(process.pid).children()[0]
    os.kill(killed.pid, signal.SIGKILL)
    until(lambda: len([p for p in psutil.Process(process.pid).children() if p.pid != killed.pid]) == 2)
    until(lambda: answers(port))


def test_it_stops_when_asked(pages):
    process, _ = pages
    process.terminate()
    assert process.wait(4) == 0


@pytest.mark.parametrize("text", ["none", "0", "65"])
def test_a_wrong_count_of_workers_is_named(monkeypatch, text):
    monkeypatch.setenv("CHEMWARD_WEB_WORKERS", text)
    with pytest.raises(ValueError, match="CHEMWARD_WEB_WORKERS"):
        web.web_workers()
