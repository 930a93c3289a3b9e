"""The door: one origin in front of pages, live streams and ingest (Caddy), with or without TLS."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chemward.telemetry.installation import Installation

PROBE = "/-/door"
DEFAULT_PORT = 8000
YEAR_S = 31_536_000


@dataclass(frozen=True)
class DoorSettings:
    """has_tls: speak HTTPS with a certificate of Caddy's own authority (`data/door/pki`). certificate, key: PEM files of the site's own,
    used instead. names: host names and addresses of the certificate."""

    has_tls: bool = False
    certificate: str = ""
    key: str = ""
    names: tuple[str, ...] = ("localhost", "127.0.0.1")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> DoorSettings:
        """From CHEMWARD_TLS, CHEMWARD_TLS_CERT, CHEMWARD_TLS_KEY, CHEMWARD_HOSTS. ValueError names the setting that is wrong."""
        env = os.environ if environment is None else environment
        certificate, key = env.get("CHEMWARD_TLS_CERT") or "", env.get("CHEMWARD_TLS_KEY") or ""
        if bool(certificate) != bool(key):
            raise ValueError("CHEMWARD_TLS_CERT and CHEMWARD_TLS_KEY belong together; set both or neither")
        for name, path in (("CHEMWARD_TLS_CERT", certificate), ("CHEMWARD_TLS_KEY", key)):
            if path and not Path(path).is_file():
                raise ValueError(f"{name}: there is no file {path}")
        hosts = (host.strip().strip("[]") for host in (env.get("CHEMWARD_HOSTS") or "localhost,127.0.0.1").split(","))
        return cls(
            has_tls=env.get("CHEMWARD_TLS") == "1" or bool(certificate),
            certificate=certificate,
            key=key,
            names=tuple(host for host in hosts if host and host != "*"),
        )

    @property
    def scheme(self) -> str:
        return "https" if self.has_tls else "http"


def port_wanted(environment: Mapping[str, str] | None = None) -> int:
    """The door's port: `PORT`, 8000 unless set. ValueError when it is not a port."""
    text = (os.environ if environment is None else environment).get("PORT") or str(DEFAULT_PORT)
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise ValueError(f"PORT is {text!r}; it must be a number from 1 to 65535")
    return int(text)


def caddyfile(installation: Installation, ports: Mapping[str, int], settings: DoorSettings) -> str:
    """The configuration of the door.

    `/live/*`, `/ingest/*` and `/healthz` go to `live` and are passed on as they come (event streams must not be held back or
    compressed); `/static/*` are files whose names hold their hash, kept by browsers for a year; `/basemap/*` are the site's own base maps,
    read piece by piece (range requests); the rest are pages.
    """
    q = json.dumps
    static, basemap = q(str(installation.data / "static")), q(str(installation.data / "basemap"))
    return f"""# Written at each start by Chemward; changes here are lost.
{{
	admin off
	persist_config off
	auto_https disable_redirects
	skip_install_trust
	storage file_system {q(str(installation.data / "door"))}
	grace_period 2s
	servers {{
		timeouts {{
			read_header 10s
			idle 2m
		}}
	}}
	log {{
		level WARN
	}}
}}

{_sites(installation, ports["door"], settings)} {{
	bind {installation.listen}{_tls(settings)}
	header {{
		-Server
		X-Content-Type-Options nosniff
	}}

	handle {PROBE} {{
		respond "ok" 200
	}}

	@live path /live/* /ingest/* /healthz
	handle @live {{
		request_body {{
			max_size 9MB
		}}
		reverse_proxy 127.0.0.1:{ports["live"]} {{
			flush_interval -1
			stream_close_delay 0
		}}
	}}

	handle_path /static/* {{
		encode zstd gzip
		root * {static}
		@hashed path_regexp \\.[0-9a-f]{{12}}\\.[a-z0-9]+$
		header @hashed Cache-Control "public, max-age={YEAR_S}, immutable"
		@plain not path_regexp \\.[0-9a-f]{{12}}\\.[a-z0-9]+$
		header @plain Cache-Control "public, max-age=300"
		file_server {{
			hide .* *.map
		}}
	}}

	handle /basemap/*.pmtiles {{
		uri strip_prefix /basemap
		root * {basemap}
		header Cache-Control "public, max-age=3600"
		file_server {{
			hide .*
		}}
	}}
	handle /basemap/* {{
		respond 404
	}}

	handle {{
		encode zstd gzip
		request_body {{
			max_size 64MB
		}}
		reverse_proxy 127.0.0.1:{ports["web"]} {{
			lb_try_duration 5s
			lb_try_interval 100ms
		}}
	}}
}}
"""


def _sites(installation: Installation, port: int, settings: DoorSettings) -> str:
    if not settings.has_tls:
        return f"http://:{port}"
    return ", ".join(f"https://{_bracketed(name)}:{port}" for name in settings.names)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _tls(settings: DoorSettings) -> str:
    if not settings.has_tls:
        return ""
    return (
        f"\n\ttls {json.dumps(settings.certificate)} {json.dumps(settings.key)}" if settings.certificate else "\n\ttls internal"
    )


def binary() -> str:
    """Path of caddy: beside this Python, else on the PATH. FileNotFoundError says how to get it."""
    beside = Path(sys.executable).parent / "caddy"
    found = str(beside) if beside.exists() else shutil.which("caddy")
    if not found:
        raise FileNotFoundError("caddy is missing; `make setup` installs it")
    return found


def command(installation: Installation, ports: Mapping[str, int], settings: DoorSettings) -> list[str]:
    """Write the door's configuration and answer the command line that runs it."""
    path = installation.folder("cache") / "Caddyfile"
    path.write_text(caddyfile(installation, ports, settings), "utf-8")
    return [binary(), "run", "--config", str(path), "--adapter", "caddyfile"]


def address(listen: str, port: int, settings: DoorSettings) -> str:
    """The address to give to people."""
    host = "localhost" if listen in ("127.0.0.1", "0.0.0.0", "::", "::1") else listen  # noqa: S104  # compared, not bound
    return f"{settings.scheme}://{_bracketed(host)}:{port}/"
