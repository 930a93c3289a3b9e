"""The processes of an instance: one table, read by the supervisor, the system page and `chemward process`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from chemward.config import door
from chemward.telemetry.bus import server
from chemward.telemetry.installation import Installation

# How the supervisor knows that a process is well: it beats on the bus itself, it answers HTTP on its port, it accepts
# connections on its port, or it is enough that it runs.
Ready = Literal["beat", "http", "port", "running"]

Ports = Mapping[str, int]


@dataclass(frozen=True)
class ProcessSpec:
    """One row of the table.

    command: the command line, made at each start of the instance, files it needs written beside.
    ready: how one knows that it is well; `probe` is the path asked when that is "http".
    ports: names of the ports it listens on; the first one is probed.
    needs: processes that must be ready before its first start; it is stopped before them too.
    demo_only: exists only under the demo flag.
    console: name of the file that takes what it prints (under `log/`).
    """

    name: str
    title: str
    command: Callable[[Installation, Ports], list[str]]
    ready: Ready = "beat"
    ports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ("bus",)
    probe: str = ""
    demo_only: bool = False
    console: str = ""

    @property
    def log_name(self) -> str:
        return self.console or f"{self.name}.log"


def own(name: str) -> Callable[[Installation, Ports], list[str]]:
    """Command of a process of ours: `chemward process NAME` by this very Python."""
    return lambda installation, ports: [sys.executable, "-m", "chemward.cli", "process", name]


def _bus(installation: Installation, ports: Ports) -> list[str]:
    settings = server.BusSettings.from_environment(installation)
    return server.command(server.write_config(installation, port=ports["bus"], mqtt_port=ports["mqtt"], settings=settings))


def _door(installation: Installation, ports: Ports) -> list[str]:
    return door.command(installation, ports, door.DoorSettings.from_environment())


PROCESSES: tuple[ProcessSpec, ...] = (
    ProcessSpec("bus", "总线", _bus, "port", ports=("bus", "mqtt"), needs=(), console="bus-console.log"),
    ProcessSpec("worker", "判断", own("worker")),
    ProcessSpec("historian", "历史库", own("historian"), ports=("historian",)),
    ProcessSpec("live", "实时推送", own("live"), ports=("live",)),
    ProcessSpec("recorder", "记录", own("recorder")),
    ProcessSpec("jobs", "后台任务", own("jobs")),
    ProcessSpec("web", "网页", own("web"), "http", ports=("web",), probe="/-/web"),
    ProcessSpec("door", "入口", _door, "http", ports=("door",), needs=("bus", "web", "live"), probe=door.PROBE),
    ProcessSpec("simulator", "演示模拟器", own("simulator"), needs=("bus", "worker", "live"), demo_only=True),
)

# What `chemward process NAME` runs: module:function, called with the installation; it may be a coroutine function.
ENTRIES: Mapping[str, str] = {
    "worker": "chemward.telemetry.worker.process:main",
    "historian": "chemward.telemetry.historian.process:main",
    "live": "chemward.telemetry.live.process:main",
    "recorder": "chemward.apps.core.recorder:main",
    "jobs": "chemward.apps.core.jobs:main",
    "web": "chemward.config.web:main",
    "simulator": "chemward.demo.simulator:main",
}


def processes(*, is_demo: bool, has_own_bus: bool) -> tuple[ProcessSpec, ...]:
    """The rows that an instance runs. has_own_bus: False when the site has a bus (`CHEMWARD_NATS_URL`)."""
    return tuple(spec for spec in PROCESSES if (is_demo or not spec.demo_only) and (has_own_bus or spec.name != "bus"))


def log_file(installation: Installation, spec: ProcessSpec) -> Path:
    """Where a process's output is kept."""
    return installation.folder("log") / spec.log_name
