"""The bus server of this installation: its configuration written, the process started.

Three accounts. PLATFORM holds the streams and our processes. DEVICES holds whoever comes in from outside: it shares only
`cw.>` (what MQTT devices publish, one way) and the service `in.>` (native publishing, answered with the stream's ack), so no
device can reach `ev.…` or read anything. SYS is for cutting sessions. Users of DEVICES are not in the file: each connection
is asked of the platform (auth callout, `callout.py`).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chemward.telemetry.bus import keys
from chemward.telemetry.bus.client import PLATFORM_USER, SYSTEM_USER
from chemward.telemetry.bus.streams import StreamSettings
from chemward.telemetry.installation import Installation, free_port

DEVICES = "DEVICES"
PLATFORM = "PLATFORM"
SYSTEM = "SYS"

MAX_PAYLOAD = 8 * 1024 * 1024
DEFAULT_SYNC = "2m"


@dataclass(frozen=True)
class BusSettings:
    """How the bus server runs.

    sync: how often stored messages are flushed to the disk: "always" (each message survives a power cut, five to eight times
    slower) or an interval such as "2m" (survives the death of every process, not of the machine).
    listen: address of the native door. mqtt_listen: address of the MQTT door.
    mqtt_certificate, mqtt_key: PEM files of the MQTT door's TLS; both empty for no TLS.
    """

    sync: str = DEFAULT_SYNC
    listen: str = "127.0.0.1"
    mqtt_listen: str = "127.0.0.1"
    mqtt_certificate: str = ""
    mqtt_key: str = ""
    streams: StreamSettings = field(default_factory=StreamSettings)

    @classmethod
    def from_environment(cls, installation: Installation, environment: Mapping[str, str] | None = None) -> BusSettings:
        """From CHEMWARD_BUS_SYNC, CHEMWARD_BUS_LISTEN, CHEMWARD_MQTT_TLS ("1": a certificate made here), CHEMWARD_MQTT_CERT and
        CHEMWARD_MQTT_KEY. ValueError names the setting that is wrong."""
        env = os.environ if environment is None else environment
        certificate, key = _mqtt_tls(installation, env)
        return cls(
            sync=_sync(env.get("CHEMWARD_BUS_SYNC") or DEFAULT_SYNC),
            listen=env.get("CHEMWARD_BUS_LISTEN") or "127.0.0.1",
            mqtt_listen=installation.listen,
            mqtt_certificate=certificate,
            mqtt_key=key,
            streams=StreamSettings.from_environment(env),
        )


def _sync(text: str) -> str:
    if text == "always" or (text[:-1].isdigit() and text[-1] in "smh"):
        return text
    raise ValueError(f"CHEMWARD_BUS_SYNC is {text!r}; it must be 'always' or an interval such as '30s' or '2m'")


def _mqtt_tls(installation: Installation, env: Mapping[str, str]) -> tuple[str, str]:
    certificate, key = env.get("CHEMWARD_MQTT_CERT") or "", env.get("CHEMWARD_MQTT_KEY") or ""
    if bool(certificate) != bool(key):
        raise ValueError("CHEMWARD_MQTT_CERT and CHEMWARD_MQTT_KEY belong together; set both or neither")
    for name, path in (("CHEMWARD_MQTT_CERT", certificate), ("CHEMWARD_MQTT_KEY", key)):
        if path and not Path(path).is_file():
            raise ValueError(f"{name}: there is no file {path}")
    if certificate or env.get("CHEMWARD_MQTT_TLS", "") in ("", "0"):
        return certificate, key
    from chemward.telemetry.bus.certificate import own_certificate

    made = own_certificate(installation.folder("bus") / "tls", [installation.listen])
    return str(made.certificate), str(made.key)


# -- configuration ----------------------------------------------------------------------------------------------------


def write_config(installation: Installation, *, port: int, mqtt_port: int, settings: BusSettings) -> Path:
    """Write `bus/nats-server.conf` (mode 0600, it holds passwords) and answer its path."""
    folder = installation.folder("bus")
    path = folder / "nats-server.conf"
    temporary = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as f:
        f.write(config_text(installation, port=port, mqtt_port=mqtt_port, settings=settings))
    os.replace(temporary, path)
    return path


def config_text(installation: Installation, *, port: int, mqtt_port: int, settings: BusSettings) -> str:
    """The configuration of the bus server. One key a line: commas after a nested block break its parser."""
    secrets = installation.secrets()
    q = json.dumps  # the quoting of the file is JSON's
    tls = ""
    if settings.mqtt_certificate:
        tls = f"\n  tls {{\n    cert_file: {q(settings.mqtt_certificate)}\n    key_file: {q(settings.mqtt_key)}\n  }}"
    return f"""# Written at each start by Chemward; changes here are lost.
server_name: chemward
listen: {q(f"{settings.listen}:{port}")}
max_payload: {MAX_PAYLOAD}
max_connections: 65536
write_deadline: "10s"
log_file: {q(str(installation.folder("log") / "bus.log"))}
logfile_size_limit: 16777216
logfile_max_num: 3
jetstream {{
  store_dir: {q(str(installation.folder("bus") / "jetstream"))}
  max_file_store: {settings.streams.disk_bytes}
  max_memory_store: 268435456
  sync_interval: {q(settings.sync)}
}}
mqtt {{
  listen: {q(f"{settings.mqtt_listen}:{mqtt_port}")}
  max_ack_pending: 4096{tls}
}}
system_account: {SYSTEM}
accounts {{
  {SYSTEM} {{
    users: [ {{ user: {SYSTEM_USER}, password: {q(secrets["bus_system_password"])} }} ]
  }}
  {PLATFORM} {{
    jetstream: enabled
    users: [ {{ user: {PLATFORM_USER}, password: {q(secrets["bus_platform_password"])} }} ]
    imports: [ {{ stream: {{ account: {DEVICES}, subject: "cw.>" }} }} ]
    exports: [ {{ service: "in.>" }} ]
  }}
  {DEVICES} {{
    jetstream: enabled
    exports: [ {{ stream: "cw.>" }} ]
    imports: [ {{ service: {{ account: {PLATFORM}, subject: "in.>" }} }} ]
  }}
}}
authorization {{
  timeout: 3
  auth_callout {{
    issuer: {keys.issuer(secrets["bus_issuer_seed"]).public}
    account: {PLATFORM}
    auth_users: [ {PLATFORM_USER}, {SYSTEM_USER} ]
  }}
}}
"""


def server_binary() -> str:
    """Path of nats-server: beside this Python, else on the PATH. FileNotFoundError says how to get it."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if not found:
        raise FileNotFoundError("nats-server is missing; `make setup` installs it")
    return found


def command(config: Path) -> list[str]:
    """Command line of the bus server."""
    return [server_binary(), "-c", str(config)]


# -- a bus of its own, for tests and benchmarks -----------------------------------------------------------------------


class RunningBus:
    """A bus server started by this process; ports are kept over `restart`."""

    def __init__(self, installation: Installation, settings: BusSettings, port: int, mqtt_port: int) -> None:
        self.installation = installation
        self.port = port
        self.mqtt_port = mqtt_port
        self._config = write_config(installation, port=port, mqtt_port=mqtt_port, settings=settings)
        self._process = self._launch()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it in good order, within 10 s."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def restart(self) -> None:
        """Start it again on the same ports and the same store."""
        self._process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command(self._config), stdin=subprocess.DEVNULL)
        give_up_at = time.monotonic() + 15
        while not is_listening(self.port) or not is_listening(self.mqtt_port):
            if process.poll() is not None:
                raise RuntimeError(
                    f"the bus ended at once with {process.returncode}; see {self.installation.folder('log')}/bus.log"
                )
            if time.monotonic() > give_up_at:
                process.kill()
                raise TimeoutError("the bus did not listen within 15 s")
            time.sleep(0.02)
        return process


def start(installation: Installation, settings: BusSettings | None = None) -> RunningBus:
    """Start a bus for `installation` on free ports and write them into its run file (`bus`, `mqtt`)."""
    port = free_port()
    mqtt_port = free_port(taken={port})
    bus = RunningBus(installation, settings or BusSettings.from_environment(installation), port, mqtt_port)
    run = installation.run()
    installation.write_run({**run, "ports": {**run.get("ports", {}), "bus": port, "mqtt": mqtt_port}})
    return bus


def is_listening(port: int, address: str = "127.0.0.1") -> bool:
    """Whether somebody accepts connections on this port."""
    try:
        with socket.create_connection((address, port), timeout=0.5):
            return True
    except OSError:
        return False
