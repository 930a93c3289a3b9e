"""Both doors under TLS, with real clients: mosquitto_pub and an HTTPS client that trust one certificate and no other."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from chemward.telemetry.bus import subjects
from chemward.telemetry.bus.certificate import own_certificate
from tests.support import instance
from tests.support.instance import Platform

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not shutil.which("mosquitto_pub"), reason="mosquitto_pub is not installed"),
]
OVER = 80.0
CONNACK = b"\x20"


@pytest.fixture
def plant(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    data = tmp_path / "var"
    return data, instance.seed(data)


def publish(platform: Platform, tag: str, *trust: str) -> subprocess.CompletedProcess[str]:
    """One reading over MQTT as docs/operations/tls.md writes it. trust: arguments of mosquitto_pub about certificates."""
    feed = platform.plant["doors"]["mqtt"]
    port = str(platform.installation.port("mqtt"))
    return subprocess.run(
        [
            *("mosquitto_pub", *trust, "-V", "mqttv311", "-h", "localhost", "-p", port, "-u", feed["user"], "-P", feed["secret"]),
            *("-q", "1", "-t", subjects.mqtt_topic(feed["shard"], feed["feed"]), "-m", json.dumps({"tag": tag, "v": OVER})),
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def raised(platform: Platform, tag: str) -> bool:
    return bool(platform.rows("select 1 from monitoring_alarmoccurrence where code = ?", tag))


def walk_through_both_doors(platform: Platform, mqtt_certificate: str, other: str) -> None:
    """A device at each door, a person at the pages, a browser's stream; then whoever trusts nobody, somebody else, or speaks in the clear."""
    sent = publish(platform, "H-0", "--cafile", mqtt_certificate)
    assert sent.returncode == 0, sent.stderr
    feed = platform.plant["doors"]["http"]
    with httpx.Client(base_url=platform.address, verify=platform.trust, timeout=20) as client:
        headers = {"Authorization": f"Bearer {feed['secret']}"}
        stored = client.post(f"/ingest/v1/{feed['feed']}/data", json={"tag": "H-1", "v": OVER}, headers=headers)
        assert (stored.status_code, stored.json()["stored"]) == (200, 1)
        instance.until(lambda: raised(platform, "H-0") and raised(platform, "H-1"), 30, "the alarms of both doors")
        _log_in(client, platform)
        token = client.get("/api/v1/live-token").json()["token"]
        with client.stream("GET", "/live/stream", params={"token": token, "topics": "alarms"}) as stream:
            first = next(line for line in stream.iter_lines() if line.startswith("data: ") and "alarms" in line)
        assert {"H-0", "H-1"} <= {row["code"] for row in json.loads(first[6:])["alarms"]}
    for trust in (("--cafile", other), ()):
        assert publish(platform, "H-2", *trust).returncode != 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(platform.address, verify=ssl.create_default_context(cafile=other))
    assert httpx.get(platform.address.replace("https", "http")).status_code == 400
    assert _answer_in_the_clear(platform.installation.port("mqtt"))[:1] != CONNACK
    assert not raised(platform, "H-2")


def _log_in(client: httpx.Client, platform: Platform) -> None:
    """Through the form, as a browser does; every cookie is for HTTPS only."""
    form = client.get("/login")
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    assert found
    body = {
        "username": platform.plant["username"],
        "password": platform.plant["password"],
        "csrfmiddlewaretoken": found[1],
    }
    answer = client.post("/login", data=body, headers={"Referer": f"{platform.address}/login"})
    assert answer.status_code == 302, answer.text[:400]
    cookies = [*form.headers.get_list("set-cookie"), *answer.headers.get_list("set-cookie")]
    assert any(c.startswith("sessionid=") for c in cookies)
    assert [c for c in cookies if "secure" not in c.lower()] == []


def _answer_in_the_clear(port: int) -> bytes:
    """What the MQTT door answers to a CONNECT without TLS, until it ends the connection."""
    connect = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test"
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as s, contextlib.suppress(ConnectionError):
        s.sendall(connect)
        while part := s.recv(256):
            answer += part
    return answer


def test_with_certificates_of_the_platforms_own_authority(plant, tmp_path):
    other = own_certificate(tmp_path / "other").certificate
    with instance.running(*plant, CHEMWARD_TLS="1", CHEMWARD_MQTT_TLS="1") as platform:
        certificate = platform.data / "bus" / "tls" / "certificate.pem"
        walk_through_both_doors(platform, str(certificate), str(other))


def test_with_certificates_of_the_sites_own(plant, tmp_path):
    other = own_certificate(tmp_path / "other").certificate
    own = own_certificate(tmp_path / "site", ["park.example"])
    settings = {
        "CHEMWARD_TLS_CERT": str(own.certificate),
        "CHEMWARD_TLS_KEY": str(own.key),
        "CHEMWARD_MQTT_CERT": str(own.certificate),
        "CHEMWARD_MQTT_KEY": str(own.key),
    }
    with instance.running(*plant, **settings) as platform:
        walk_through_both_doors(platform, str(own.certificate), str(other))
