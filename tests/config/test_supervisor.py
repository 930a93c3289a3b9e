"""The supervisor with small children: what ends comes back, nothing is left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.config import supervisor
from chemward.config.processes import PROCESSES, ProcessSpec, processes
from chemward.telemetry.installation import Installation

PROGRAM = Path(__file__).parents[1] / "support" / "small_instance.py"


class Instance:
    """A supervisor running as a program of its own."""

    def __init__(self, data: Path, *kinds: str, **environment: str):
        self.installation = Installation(data=data)
        self.output = data.parent / f"{data.name}.out"
        with self.output.open("wb") as out:
            self.program = subprocess.Popen(
                [sys.executable, str(PROGRAM), *kinds],
                env={**os.environ, "CHEMWARD_DATA": str(data), **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.seen: set[int] = set()

    def until_ready(self):
        until(lambda: b"ready after" in self.output.read_bytes(), 30)
        return self

    def pid(self, name: str) -> int | None:
        pid = self.installation.run().get("pids", {}).get(name)
        return pid if pid and psutil.pid_exists(pid) else None

    def family(self) -> list[psutil.Process]:
        """Everything that the supervisor started, as it stands now."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.program.pid).children(recursive=True)
        return []

    def end(self):
        family = self.family()
        self.program.kill()
        self.program.wait()
        psutil.wait_procs(family, 5)


def until(condition, within_s=10.0):
    give_up_at = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < give_up_at, "did not come true in time"
        time.sleep(0.02)
    return found


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def instance(tmp_path):
    started = []

    def start(*kinds, data="var", **environment):
        started.append(Instance(tmp_path / data, *kinds, **environment))
        return started[-1]

    yield start
    for one in started:
        one.end()


def test_a_killed_child_comes_back_alone(instance):
    running = instance("sleeper", "parent").until_ready()
    killed, other = running.pid("sleeper"), running.pid("parent")
    os.kill(killed, signal.SIGKILL)
    begun = time.monotonic()
    until(lambda: running.pid("sleeper") not in (killed, None))
    assert time.monotonic() - begun < 2
    assert running.pid("parent") == other


def test_what_a_killed_child_had_started_does_not_linger(instance):
    running = instance("parent").until_ready()
    until(lambda: len(running.family()) == 2)
    grandchild = next(p for p in running.family() if p.pid != running.pid("parent"))
    os.kill(running.pid("parent"), signal.SIGKILL)
    until(lambda: is_gone(grandchild))


def test_children_die_with_a_killed_supervisor(instance):
    running = instance("sleeper", "stubborn").until_ready()
    children = running.family()
    assert len(children) == 2
    running.program.kill()
    running.program.wait()
    until(lambda: all(is_gone(child) for child in children), 5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_leaves_nothing(instance, number):
    running = instance("bus", "sleeper", "parent").until_ready()
    until(lambda: len(running.family()) == 4)
    children = running.family()
    running.program.send_signal(number)
    assert running.program.wait(12) == 0
    assert all(is_gone(child) for child in children)
    assert running.installation.run()["pids"] == {}


def test_a_child_that_will_not_stop_is_killed_in_time(instance):
    running = instance("stubborn", STOP_WITHIN_S="3").until_ready()
    until(lambda: b"up" in (running.installation.folder("log") / "stubborn.log").read_bytes())
    children = running.family()
    begun = time.monotonic()
    running.program.send_signal(signal.SIGINT)
    running.program.wait(12)
    assert 2 < time.monotonic() - begun < 6
    assert b"stubborn did not stop in time; killed" in running.output.read_bytes()
    assert all(is_gone(child) for child in children)


def test_one_that_ends_late_is_waited_for_and_not_killed(instance):
    running = instance("bus", "slow").until_ready()
    until(lambda: b"up" in (running.installation.folder("log") / "slow.log").read_bytes())
    running.program.send_signal(signal.SIGINT)
    assert running.program.wait(14) == 0
    assert b"ended in good order" in (running.installation.folder("log") / "slow.log").read_bytes()
    assert b"killed" not in running.output.read_bytes()


def test_asked_twice_it_hurries(instance):
    running = instance("stubborn").until_ready()
    until(lambda: b"up" in (running.installation.folder("log") / "stubborn.log").read_bytes())
    running.program.send_signal(signal.SIGINT)
    time.sleep(1.3)
    running.program.send_signal(signal.SIGINT)
    running.program.wait(2)


def test_two_instances_run_side_by_side(instance):
    one, other = instance("bus", "server", data="one").until_ready(), instance("bus", "server", data="other").until_ready()
    ports = [run.installation.run()["ports"] for run in (one, other)]
    assert len({port for found in ports for port in found.values()}) == 6


def test_a_second_start_on_the_same_data_is_refused(instance):
    running = instance("sleeper").until_ready()
    second = instance("sleeper")
    assert second.program.wait(10) == 2
    assert b"running on" in second.output.read_bytes()
    assert running.pid("sleeper")


def test_the_data_folder_is_free_again_after_kill_9(instance):
    first = instance("sleeper").until_ready()
    first.program.kill()
    first.program.wait()
    instance("sleeper").until_ready()


def test_ports_are_kept_over_a_restart_of_the_instance(instance):
    first = instance("bus", "server").until_ready()
    ports = first.installation.run()["ports"]
    first.program.send_signal(signal.SIGTERM)
    first.program.wait(12)
    assert instance("bus", "server").until_ready().installation.run()["ports"] == ports


def test_a_process_is_ready_when_it_beats_on_the_bus(instance):
    running = instance("bus", "beater").until_ready()
    killed = running.pid("beater")
    os.kill(killed, signal.SIGKILL)
    until(lambda: running.pid("beater") not in (killed, None))


def test_a_process_that_does_not_beat_is_not_ready(instance):
    running = instance("bus", "mute")
    until(lambda: running.pid("mute"))
    time.sleep(1.5)
    assert b"ready after" not in running.output.read_bytes()


def test_the_operator_is_told_what_does_not_start(instance):
    running = instance("short")
    until(lambda: b"short does not start (exit 3); see " in running.output.read_bytes())


def test_a_taken_port_is_refused_by_name(tmp_path):
    specs = [ProcessSpec("door", "door", lambda i, p: [], "http", ports=("door",))]
    with contextlib.closing(__import__("socket").socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(supervisor.Refused, match=f"port {port} is taken by another program; set PORT"):
            supervisor.choose_ports(Installation(data=tmp_path), specs, {"PORT": str(port)})


@pytest.mark.parametrize("text", ["eighty", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path, text):
    specs = [ProcessSpec("door", "door", lambda i, p: [], "http", ports=("door",))]
    with pytest.raises(ValueError, match="PORT is"):
        supervisor.choose_ports(Installation(data=tmp_path), specs, {"PORT": text})


def test_a_log_is_capped_and_its_writer_goes_on(tmp_path):
    log = tmp_path / "worker.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 2000)
        supervisor.cap_log(log, 1000)
        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert (tmp_path / "worker.log.1").stat().st_size == 2000


@given(st.integers(0, 100))
def test_pauses_grow_to_five_seconds(failures):
    assert (
        supervisor.FIRST_PAUSE_S <= supervisor.pause_s(failures) <= supervisor.pause_s(failures + 1) <= supervisor.LONGEST_PAUSE_S
    )


def test_the_bus_is_stopped_last_and_the_door_before_the_pages():
    waves = supervisor.stop_order(PROCESSES)
    rank = {name: number for number, wave in enumerate(waves) for name in wave}
    assert max(rank, key=rank.get) == "bus"
    assert rank["door"] < rank["web"]
    assert rank["simulator"] < rank["worker"]


def test_a_circle_of_needs_is_named():
    with pytest.raises(ValueError, match="circle"):
        supervisor.stop_order([ProcessSpec(a, a, lambda i, p: [], needs=(b,)) for a, b in (("a", "b"), ("b", "a"))])


def test_the_simulator_exists_only_in_the_demo_and_the_bus_only_when_it_is_ours():
    assert "simulator" not in {s.name for s in processes(is_demo=False, has_own_bus=True)}
    assert "simulator" in {s.name for s in processes(is_demo=True, has_own_bus=True)}
    assert "bus" not in {s.name for s in processes(is_demo=False, has_own_bus=False)}
