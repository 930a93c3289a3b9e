"""The bus of a site: nats-servers started by hand, configured as docs/operations/bus.md says, one or a cluster of three."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chemward.telemetry.bus import server
from chemward.telemetry.installation import Installation, free_port


@dataclass
class Node:
    """One nats-server. port: for processes and native devices; mqtt_port: for MQTT devices."""

    name: str
    port: int
    mqtt_port: int
    configuration: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(server.command(self.configuration), stdin=subprocess.DEVNULL)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def written_by(installation: Installation) -> str:
    """What a default installation writes at its start."""
    settings = server.BusSettings.from_environment(installation, {})
    return server.write_config(installation, port=1, mqtt_port=2, settings=settings).read_text("utf-8")


def configured(text: str, name: str, folder: Path, port: int, mqtt_port: int, cluster: str = "") -> str:
    """The written configuration, changed by hand for a node: name, listeners, log, store, cluster."""
    for pattern, own in (
        (r"(?m)^server_name: .*$", f"server_name: {name}"),
        (r"(?m)^listen: .*$", f'listen: "127.0.0.1:{port}"'),
        (r'(?m)^  listen: "127.0.0.1:2"$', f'  listen: "127.0.0.1:{mqtt_port}"'),
        (r"(?m)^log_file: .*$", f'log_file: "{folder}/{name}.log"'),
        (r"(?m)^  store_dir: .*$", f'  store_dir: "{folder}/{name}"'),
    ):
        text, changed = re.subn(pattern, own, text)
        assert changed == 1, f"{pattern} stands {changed} times in the configuration"
    return text + cluster


@contextlib.contextmanager
def site_bus(installation: Installation, folder: Path, count: int) -> Iterator[list[Node]]:
    """So many running servers, a cluster when there are several; all are ended in the end."""
    folder.mkdir(parents=True, exist_ok=True)
    text, ports = written_by(installation), _ports(3 * count)
    routes = ", ".join(f'"nats://127.0.0.1:{ports[3 * i + 2]}"' for i in range(count))
    nodes = []
    for i in range(count):
        name, (port, mqtt_port, route) = f"n{i + 1}", ports[3 * i : 3 * i + 3]
        cluster = f'cluster {{\n  name: park\n  listen: "127.0.0.1:{route}"\n  routes: [ {routes} ]\n}}\n' if count > 1 else ""
        path = folder / f"{name}.conf"
        path.write_text(configured(text, name, folder, port, mqtt_port, cluster), "utf-8")
        nodes.append(Node(name, port, mqtt_port, path))
    try:
        for node in nodes:
            node.start()
        _await_listening(nodes)
        yield nodes
    finally:
        for node in nodes:
            node.kill()


def _ports(count: int) -> list[int]:
    taken: set[int] = set()
    while len(taken) < count:
        taken.add(free_port(taken=taken))
    return sorted(taken)


def _await_listening(nodes: list[Node], within_s: float = 30) -> None:
    give_up_at = time.monotonic() + within_s
    while not all(server.is_listening(port) for node in nodes for port in (node.port, node.mqtt_port)):
        assert time.monotonic() < give_up_at, "the site's bus does not listen; see its logs"
        time.sleep(0.05)
