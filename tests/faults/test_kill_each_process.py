"""`kill -9` of each process under load. Twice each by default, CHEMWARD_CHAOS_ROUNDS times each in `make chaos`."""

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import dataclass

import pytest

from tests.faults import accounts
from tests.faults.accounts import say
from tests.support import instance
from tests.support.beat_watch import BeatWatch
from tests.support.instance import Platform
from tests.support.numbered_load import Load

ROUNDS = int(os.environ.get("CHEMWARD_CHAOS_ROUNDS", "2"))
VICTIMS = ("bus", "worker", "historian", "live", "recorder", "web", "door")
BACK_WITHIN_S = 15.0
JOB_WITHIN_S = 60.0
BREATH_S = 1.0
KILLS: list[tuple[int, str]] = []  # when [ms], which

pytestmark = [pytest.mark.faults, pytest.mark.timeout(max(360, ROUNDS * 180))]


def kill(platform: Platform, watch: BeatWatch, name: str) -> float:
    """Kill a process outright; seconds until its successor beats."""
    killed = platform.pid(name)
    assert killed, f"{name} does not run"
    began = time.monotonic()
    os.kill(killed, signal.SIGKILL)
    KILLS.append((time.time_ns() // 1_000_000, name))

    def successor() -> int | None:
        pid = platform.pid(name)
        return pid if pid != killed and (name, pid) in watch.first_heard else None

    pid = instance.until(successor, BACK_WITHIN_S * 2 * patience(), f"{name} back after kill -9")
    return watch.first_heard[name, pid] - began


@dataclass
class KilledJob:
    """An export whose worker was killed in the middle of it."""

    uuid: str
    killed_at: float


def kill_jobs_at_work(platform: Platform, watch: BeatWatch) -> tuple[KilledJob, float]:
    """Order an export, kill the jobs process while it runs; the job, and seconds until the process beats again."""
    for _ in range(5):
        answer = platform.api("POST", "/exports", {"name": "core.audit", "format": "xlsx"})
        assert answer.status_code == 202, answer.text
        uuid = answer.json()["uuid"]
        state = instance.until(
            lambda u=uuid: (s := job(platform, u)[0]) != "queued" and s, 15, "the export taken up", pause_s=0.005
        )
        if state == "running":
            killed_at = time.monotonic()
            back_s = kill(platform, watch, "jobs")
            if job(platform, uuid)[0] != "done":
                return KilledJob(uuid, killed_at), back_s
    raise AssertionError("five exports were done before their worker could be killed")


def job(platform: Platform, uuid: str) -> tuple[str, int]:
    ((state, attempts),) = platform.rows("select state, attempts from core_job where uuid = ?", uuid.replace("-", ""))
    return state, attempts


def await_job(platform: Platform, killed: KilledJob) -> float:
    """Seconds from the kill until the job ran again; waits until it is done."""
    instance.until(lambda: job(platform, killed.uuid)[1] == 2, JOB_WITHIN_S * patience(), "the killed job taken up again")
    again_s = time.monotonic() - killed.killed_at
    try:
        instance.until(lambda: job(platform, killed.uuid)[0] == "done", 30 * patience(), "the killed job done")
    except AssertionError as late:
        wanted = "state, attempts, error, done_count, total_count, lease_holder, lease_until, run_after, started_at"
        rows = platform.rows(f"select {wanted} from core_job where uuid = ?", killed.uuid.replace("-", ""))
        raise AssertionError(f"{late}; {wanted} = {rows}") from None
    return again_s


def keep(platform: Platform) -> None:
    """Copy the installation to where CHEMWARD_CHAOS_KEEP says, to be looked into."""
    target = os.environ.get("CHEMWARD_CHAOS_KEEP")
    if target:
        shutil.copytree(platform.data, target, dirs_exist_ok=True, ignore_dangling_symlinks=True)


def patience() -> float:
    """How much longer than on a machine of its own things may take here: by the load that others put on it."""
    return max(1.0, os.getloadavg()[0] / (3 * (os.cpu_count() or 1)))


def test_kill_9_of_each_process_under_load_loses_and_doubles_nothing(plant):
    backs: dict[str, list[float]] = {}
    job_s: list[float] = []
    with instance.running(*plant) as platform, BeatWatch(platform.installation) as watch:
        duty = accounts.hold(platform)
        with Load(platform) as load:
            for _ in range(ROUNDS):
                killed, back_s = kill_jobs_at_work(platform, watch)
                backs.setdefault("jobs", []).append(back_s)
                for name in VICTIMS:
                    time.sleep(BREATH_S)
                    backs.setdefault(name, []).append(kill(platform, watch, name))
                    instance.until(platform.is_well, BACK_WITHIN_S * patience(), f"all well after {name}")
                    duty.acknowledge_some()
                job_s.append(await_job(platform, killed))
            load.stop()
            wrong = accounts.settle(platform, load, duty)
    for name, seconds in backs.items():
        say(f"{name:10} killed {len(seconds)} times, back after {', '.join(f'{s:.1f}' for s in seconds)} s")
    say(f"{'job':10} of a killed worker running again after {', '.join(f'{s:.1f}' for s in job_s)} s")
    say(f"{'load':10} of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores: limits stretched by {patience():.1f}")
    if wrong:
        say(f"killed: {KILLS}")
        keep(platform)
    assert wrong == {}
    assert max(max(seconds) for seconds in backs.values()) < BACK_WITHIN_S * patience()
    assert max(job_s) < JOB_WITHIN_S * patience()
