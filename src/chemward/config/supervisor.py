"""The supervisor: starts the processes of the table, starts again what ends, stops all, leaves nothing.

It holds no state worth keeping: killed outright, its children die with it (`lifeline.py`), and the next start begins afresh from
the data folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from nats.aio.client import Client
from nats.aio.msg import Msg

from chemward.config.door import DoorSettings, address, port_wanted
from chemward.config.lifeline import bound_to_this_process
from chemward.config.processes import Ports, ProcessSpec, log_file, processes
from chemward.telemetry.bus import client, subjects
from chemward.telemetry.installation import Installation, free_port, is_free

log = logging.getLogger(__name__)

TICK_S = 0.05
PROBE_EVERY_S = 1.0
PROBE_PATIENCE_S = 3.0
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
HEALTHY_AFTER_S = 30.0
# A process that runs but has fallen silent for so long will not come back by itself.
SILENT_S = 90.0
# Whoever is told to stop does so in a second or two; on a machine with more to do than it can, it takes longer. Killing is the last resort.
STOP_WITHIN_S = 15.0
STOP_RESERVE_S = 2.0
LOG_MAX_BYTES = 8 * 1024 * 1024


class Refused(Exception):
    """The instance cannot start; the text says why and what to do."""


def pause_s(failures: int) -> float:
    """Pause before the next start after so many failures in a row [s]: 0.2, 0.4, … 5."""
    return float(min(FIRST_PAUSE_S * 2 ** max(0, failures - 1), LONGEST_PAUSE_S))


# -- one instance a data folder, its ports ----------------------------------------------------------------------------


@contextlib.contextmanager
def alone(installation: Installation) -> Iterator[None]:
    """Hold the data folder. Raises Refused when another instance holds it: a lock of the kernel's, free as soon as the holder ends."""
    installation.data.mkdir(parents=True, exist_ok=True)
    with (installation.data / "instance.lock").open("a") as f:
        try:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                f"an instance is running on {installation.data} already; stop it, or set CHEMWARD_DATA to another folder"
            ) from None
        yield


def choose_ports(installation: Installation, specs: Sequence[ProcessSpec], environment: Mapping[str, str]) -> dict[str, int]:
    """A port for each name in the table: the door's is PORT, MQTT's MQTT_PORT, the others those of the last run while they are free.

    Raises Refused when a port that was asked for is taken.
    """
    last = installation.run().get("ports", {})
    ports: dict[str, int] = {}
    for name in (name for spec in specs for name in spec.ports):
        listen = installation.listen if name in ("door", "mqtt") else "127.0.0.1"
        ports[name] = _asked_port(name, listen, environment) or _kept_port(last.get(name), ports.values(), listen)
    return ports


def _asked_port(name: str, listen: str, environment: Mapping[str, str]) -> int | None:
    setting = {"door": "PORT", "mqtt": "MQTT_PORT"}.get(name)
    if name == "door":
        wanted = port_wanted(environment)
    elif setting and environment.get(setting):
        wanted = port_wanted({"PORT": environment[setting]})
    else:
        return None
    if not is_free(wanted, listen):
        raise Refused(f"port {wanted} is taken by another program; set {setting} to a free one")
    return wanted


def _kept_port(last: int | None, taken: Any, listen: str) -> int:
    if last and last not in taken and is_free(last, listen):
        return last
    return free_port(listen, taken=set(taken))


# -- one child --------------------------------------------------------------------------------------------------------


@dataclass
class Child:
    """A process of the table as it stands. Times are of the monotonic clock [s]."""

    spec: ProcessSpec
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0
    restarts: int = 0
    is_ready: bool = False
    was_ready: bool = False
    heard_at: float = 0.0
    last_exit: str = ""

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self, installation: Installation, environment: Mapping[str, str], now: float) -> None:
        """Start it in a process group of its own, bound to our life, its output appended to its log."""
        with log_file(installation, self.spec).open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
                preexec_fn=bound_to_this_process(),  # one thread, and only a system call is made
            )
        self.started_at = self.heard_at = now
        self.is_ready = False

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def bury(self, now: float) -> None:
        """Note how it ended, clear away what it left in its group, set the time of its next start."""
        assert self.process
        self.last_exit = describe_exit(self.process.returncode)
        self.signal_group(signal.SIGKILL)
        self.failures = 1 if now - self.started_at >= HEALTHY_AFTER_S else self.failures + 1
        self.start_at = now + pause_s(self.failures)
        self.process = None
        self.is_ready = False
        self.restarts += 1

    def signal_group(self, number: signal.Signals) -> None:
        """Signal it and all it started. A group that is gone is fine."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def heard(self, now: float) -> None:
        self.heard_at = now
        self.is_ready = self.was_ready = True

    def state(self) -> dict[str, Any]:
        """For the beat of the supervisor, shown on the system page."""
        return {
            "pid": self.pid,
            "ready": self.is_ready,
            "restarts": self.restarts,
            "last_exit": self.last_exit,
            "up_s": round(time.monotonic() - self.started_at) if self.process else 0,
        }


def describe_exit(code: int) -> str:
    """An exit code in words: "exit 3", "SIGKILL"."""
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


# -- all of them ------------------------------------------------------------------------------------------------------


@dataclass
class Supervisor:
    """Keeps the children running until told to stop.

    environment: what the children get. out: where the address and the log-ins are printed. greeting: lines printed when all are
    ready for the first time. stop_within_s: what has not ended by then is killed.
    """

    installation: Installation
    specs: Sequence[ProcessSpec]
    ports: Ports
    environment: Mapping[str, str]
    out: TextIO = field(default_factory=lambda: sys.stdout)
    greeting: Callable[[], Sequence[str]] = list
    stop_within_s: float = STOP_WITHIN_S
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.children = {spec.name: Child(spec, spec.command(self.installation, self.ports)) for spec in self.specs}
        self._stopping = asyncio.Event()
        self._stop_asked_at: float | None = None
        self._hurry = False
        self._bus: Client | None = None
        self._began = time.monotonic()
        self._greeted = False

    # -- running ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Run until a signal asks to stop, then stop all children in order."""
        self._listen_to_signals()
        self._write_run_file()
        tasks = [asyncio.create_task(self._keep_probing()), asyncio.create_task(self._keep_on_bus())]
        try:
            while not self._stopping.is_set():
                self._tick(time.monotonic())
                await self._pause(TICK_S)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._leave_bus()
            await self._stop_all()
            with contextlib.suppress(FileNotFoundError):
                self._write_run_file()

    def ask_to_stop(self) -> None:
        """Stop in good order; asked again later than a second after, stop at once."""
        now = time.monotonic()
        if self._stop_asked_at is not None and now - self._stop_asked_at > 1.0:
            self._hurry = True
        elif self._stop_asked_at is None:
            self._stop_asked_at = now
            self._say("stopping …")
        self._stopping.set()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.ask_to_stop)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _tick(self, now: float) -> None:
        changed = False
        for child in self.children.values():
            if child.has_ended():
                child.bury(now)
                self._complain(child)
                changed = True
            elif child.process is None and now >= child.start_at and self._may_start(child):
                child.start(self.installation, self.environment, now)
                changed = True
            elif self._is_stuck(child, now):
                log.error("%s has been silent for %d s; it is killed and started again", child.spec.name, SILENT_S)
                child.signal_group(signal.SIGKILL)
                child.heard_at = now
            elif child.process and child.spec.ready == "running" and not child.is_ready:
                child.heard(now)
        if changed:
            self._write_run_file()
        if not self._greeted and all(child.is_ready for child in self.children.values()):
            self._greet(now)

    def _may_start(self, child: Child) -> bool:
        needed = [self.children[name] for name in child.spec.needs if name in self.children]
        return all(other.was_ready for other in needed)

    def _is_stuck(self, child: Child, now: float) -> bool:
        return child.process is not None and child.spec.ready != "running" and now - child.heard_at > SILENT_S

    def _complain(self, child: Child) -> None:
        where = log_file(self.installation, child.spec)
        log.warning("%s ended (%s); starting again in %.1f s", child.spec.name, child.last_exit, pause_s(child.failures))
        # A person who waits for the first start must be told what keeps it from coming up.
        if not self._greeted and child.failures in (3, 10, 30):
            self._say(f"{child.spec.name} does not start ({child.last_exit}); see {where}")

    def _greet(self, now: float) -> None:
        self._greeted = True
        self._say(*self.greeting(), f"ready after {now - self._began:.1f} s; Ctrl-C stops everything")

    def _say(self, *lines: str) -> None:
        print(*lines, sep="\n", file=self.out, flush=True)  # this is what the operator's terminal shows

    def _write_run_file(self) -> None:
        self.installation.write_run(
            {
                "ports": dict(self.ports),
                "pids": {name: child.pid for name, child in self.children.items() if child.pid},
                "expected": self.expected() if not self._stopping.is_set() else [],
                "supervisor": os.getpid() if not self._stopping.is_set() else None,
                "started_at_ms": round((time.time() - (time.monotonic() - self._began)) * 1000),
                **self.extra,
            }
        )

    def expected(self) -> list[str]:
        """Names that must beat for all to be well."""
        return ["supervisor", *(spec.name for spec in self.specs if spec.ready != "running")]

    # -- stopping -----------------------------------------------------------------------------------------------------

    async def _stop_all(self) -> None:
        """Terminate wave by wave, the needed after those that need them; what does not go in its time is killed.

        A wave may take all the time but a reserve for each wave after it.
        """
        waves = stop_order(self.specs)
        give_up_at = time.monotonic() + self.stop_within_s
        reserve_s = min(STOP_RESERVE_S, self.stop_within_s / len(waves)) if waves else 0.0
        for number, wave in enumerate(waves):
            left = [self.children[name] for name in wave if self.children[name].process]
            await self._stop_wave(left, give_up_at - reserve_s * (len(waves) - 1 - number))

    async def _stop_wave(self, left: Sequence[Child], until: float) -> None:
        for child in left:
            child.signal_group(signal.SIGTERM)
        while any(not child.has_ended() for child in left) and time.monotonic() < until and not self._hurry:
            await asyncio.sleep(0.02)
        for child in left:
            if not child.has_ended():
                log.warning("%s did not stop in time; killed", child.spec.name)
            child.signal_group(signal.SIGKILL)
            if child.process:
                child.process.wait()
            child.process = None

    # -- how the children are -----------------------------------------------------------------------------------------

    async def _keep_probing(self) -> None:
        """Ask those that do not beat themselves, each second (faster until they are ready), and speak for them on the bus."""
        rounds = 0
        while True:
            rounds += 1
            asked = [
                child
                for child in self.children.values()
                if child.process and child.spec.ready in ("port", "http") and (not child.is_ready or rounds % 10 == 0)
            ]
            await asyncio.gather(*(self._ask(child) for child in asked))
            if rounds % 20 == 0:
                self._cap_logs()
            await asyncio.sleep(PROBE_EVERY_S / 10)

    async def _ask(self, child: Child) -> None:
        pid = child.pid
        if await is_well(child.spec, self.ports) and child.pid == pid and pid is not None:
            child.heard(time.monotonic())
            await self._beat(child.spec.name, pid, {})

    def _cap_logs(self) -> None:
        for child in self.children.values():
            cap_log(log_file(self.installation, child.spec))

    async def _keep_on_bus(self) -> None:
        """Follow the beats of the others, and beat ourselves."""
        if not self._uses_bus():
            return
        while not self._is_bus_up():
            await asyncio.sleep(0.05)
        self._bus = await client.connect(self.installation, "supervisor", patience_s=3600)
        await self._bus.subscribe(subjects.ALL_BEATS, cb=self._on_beat)
        await client.beat(self._bus, "supervisor", lambda: {"children": {n: c.state() for n, c in self.children.items()}})

    def _uses_bus(self) -> bool:
        return bool(self.installation.nats_url) or "bus" in self.children

    def _is_bus_up(self) -> bool:
        return "bus" not in self.children or self.children["bus"].was_ready

    async def _on_beat(self, message: Msg) -> None:
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            said = client.decode(message.data)
            child = self.children.get(said["name"])
            if child and child.spec.ready == "beat" and child.process and self._is_of(child, said["pid"]):
                child.heard(time.monotonic())

    @staticmethod
    def _is_of(child: Child, pid: object) -> bool:
        """Whether a beating process is this child or one that it started (same group)."""
        with contextlib.suppress(ProcessLookupError, TypeError):
            return pid == child.pid or os.getpgid(pid) == child.pid  # type: ignore[arg-type]
        return False

    async def _beat(self, name: str, pid: int, detail: Mapping[str, Any]) -> None:
        if self._bus and self._bus.is_connected:
            body = client.beat_body(name, pid, round(time.time() * 1000), 0, detail)
            await self._bus.publish(subjects.beat(name, pid), client.encode(body))

    async def _leave_bus(self) -> None:
        if self._bus:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._bus.close(), 1)


def stop_order(specs: Sequence[ProcessSpec]) -> list[list[str]]:
    """Names in waves: each process is in a later wave than all that need it."""
    names = {spec.name for spec in specs}
    needs = {spec.name: [n for n in spec.needs if n in names] for spec in specs}
    waves: list[list[str]] = []
    left = set(names)
    while left:
        wave = sorted(name for name in left if not any(name in needs[other] for other in left))
        if not wave:
            raise ValueError(f"processes need each other in a circle: {sorted(left)}")
        waves.append(wave)
        left -= set(wave)
    return waves


async def is_well(spec: ProcessSpec, ports: Ports) -> bool:
    """Whether a process answers on its first port: HTTP below 500 at its probe path, or merely a connection."""
    try:
        async with asyncio.timeout(PROBE_PATIENCE_S):
            return await _answers(ports[spec.ports[0]], spec.probe if spec.ready == "http" else "", _is_tls(spec))
    except (OSError, TimeoutError, ssl.SSLError, ValueError):
        return False


def _is_tls(spec: ProcessSpec) -> bool:
    return spec.name == "door" and DoorSettings.from_environment().has_tls


async def _answers(port: int, path: str, is_tls: bool) -> bool:
    context = None
    if is_tls:  # it is our own child on loopback: whether it answers matters, not who signed it
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname="localhost" if is_tls else None
    )
    try:
        if not path:
            return True
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        status = await reader.readline()
        return status.startswith(b"HTTP/1.") and int(status.split()[1]) < 500
    finally:
        writer.close()


def cap_log(path: Path, max_bytes: int = LOG_MAX_BYTES) -> None:
    """Keep a log and its predecessor (`.1`) below `max_bytes` each. The writer appends, so it goes on at the new beginning."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > max_bytes:
            shutil.copyfile(path, path.with_name(path.name + ".1"))
            os.truncate(path, 0)


# -- the command ------------------------------------------------------------------------------------------------------


def run(installation: Installation, *, is_demo: bool = False, environment: Mapping[str, str] | None = None) -> None:
    """Start an instance and keep it running until it is told to stop. Raises Refused when it cannot start."""
    env = dict(os.environ if environment is None else environment)
    env["CHEMWARD_DATA"] = str(installation.data)
    env["PYTHONUNBUFFERED"] = "1"
    if is_demo:
        env["CHEMWARD_DEMO"] = "1"
    specs = processes(is_demo=is_demo, has_own_bus=not installation.nats_url)
    with alone(installation):
        ports = choose_ports(installation, specs, env)
        where = address(installation.listen, ports["door"], DoorSettings.from_environment(env))
        supervisor = Supervisor(
            installation,
            specs,
            ports,
            env,
            greeting=lambda: greeting(installation, where, ports, is_demo=is_demo),
            extra={"address": where, "demo": is_demo},
        )
        asyncio.run(supervisor.run())


def greeting(installation: Installation, where: str, ports: Ports, *, is_demo: bool) -> list[str]:
    """What is printed when all is ready: addresses, and in the demo its log-ins (`demo-logins.txt`, written when it was seeded)."""
    lines = ["", f"Chemward 园安  {where}"]
    if "mqtt" in ports:
        lines.append(f"MQTT           {installation.listen}:{ports['mqtt']}")
    logins = installation.data / "demo-logins.txt"
    if is_demo and logins.exists():
        lines += ["", logins.read_text("utf-8").rstrip()]
    return [*lines, ""]
