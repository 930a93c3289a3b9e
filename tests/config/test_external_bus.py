"""The platform on a bus of the site's own, set up by hand as docs/operations/bus.md says: one server, and a cluster of three."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from chemward.telemetry.bus import client, subjects
from chemward.telemetry.installation import Installation
from tests.faults.accounts import say
from tests.support import instance
from tests.support.instance import Platform
from tests.support.site_bus import Node, site_bus

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
OVER = 80.0  # above the limit of the seeded plant's tags


@pytest.fixture
def plant(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    data = tmp_path / "var"
    return data, instance.seed(data)


def publish_over_mqtt(node: Node, feed: dict[str, Any], tag: str, value: float) -> str:
    """As a device does: the site's own MQTT listener, a key of the platform. What mosquitto_pub complains of, "" when it is taken."""
    arguments = [
        "-V",
        "mqttv311",
        "-h",
        "127.0.0.1",
        "-p",
        str(node.mqtt_port),
        "-u",
        feed["user"],
        "-P",
        feed["secret"],
        "-q",
        "1",
    ]
    topic = subjects.mqtt_topic(feed["shard"], feed["feed"])
    done = subprocess.run(
        ["mosquitto_pub", *arguments, "-t", topic, "-m", json.dumps({"tag": tag, "v": value})],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return "" if done.returncode == 0 else done.stderr or f"exit {done.returncode}"


def post(platform: Platform, feed: dict[str, Any], tag: str, value: float) -> int:
    answer = httpx.post(
        f"{platform.address}/ingest/v1/{feed['feed']}/data",
        json={"tag": tag, "v": value},
        headers={"Authorization": f"Bearer {feed['secret']}"},
        timeout=10,
    )
    return answer.status_code


def raised(platform: Platform, tag: str) -> int:
    """How many alarms of a tag stand in the database."""
    return int(platform.rows("select count(*) from monitoring_alarmoccurrence where code = ?", tag)[0][0])


@pytest.mark.skipif(not shutil.which("mosquitto_pub"), reason="mosquitto_pub is not installed")
def test_on_a_server_of_the_sites_own_a_reading_becomes_an_alarm(plant, tmp_path):
    data, known = plant
    with site_bus(Installation(data=data), tmp_path / "site", 1) as nodes:
        with instance.running(data, known, CHEMWARD_NATS_URL=nodes[0].url) as platform:
            assert "bus" not in platform.installation.run()["pids"]
            assert publish_over_mqtt(nodes[0], known["doors"]["mqtt"], "H-0", OVER) == ""
            assert post(platform, known["doors"]["http"], "A-00", OVER) == 200
            instance.until(lambda: raised(platform, "H-0") == 1, 30, "the alarm of the MQTT device")
            instance.until(lambda: raised(platform, "A-00") == 1, 30, "the alarm of the HTTP device")
            stranger = {**known["doors"]["mqtt"], "secret": "wrong"}  # the site's server asks the platform about each device
            assert re.search(r"(?i)refused|not authori", publish_over_mqtt(nodes[0], stranger, "H-0", OVER))
        assert nodes[0].process.poll() is None  # the platform does not stop what is not its own


@pytest.mark.skipif(not shutil.which("mosquitto_pub"), reason="mosquitto_pub is not installed")
def test_a_cluster_of_three_outlives_the_leader_of_its_input_stream(plant, tmp_path):
    data, known = plant
    with site_bus(Installation(data=data), tmp_path / "site", 3) as nodes:
        settings = {"CHEMWARD_NATS_URL": ",".join(n.url for n in nodes), "CHEMWARD_BUS_REPLICAS": "3"}
        platform = Platform(data, known, **settings)
        try:
            platform.start(within_s=150)
            assert post(platform, known["doors"]["http"], "A-00", OVER) == 200
            instance.until(lambda: raised(platform, "A-00") == 1, 30, "the alarm before the leader dies")
            leader = asyncio.run(leader_of_input(settings["CHEMWARD_NATS_URL"], data))
            next(n for n in nodes if n.name == leader).kill()
            killed_at = time.monotonic()
            instance.until(
                lambda: post(platform, known["doors"]["http"], "H-0", OVER) == 200, 60, "a post stored after the leader's death"
            )
            say(f"the cluster stores again {time.monotonic() - killed_at:.1f} s after the death of its leader")
            instance.until(lambda: raised(platform, "H-0") == 1, 60, "the alarm after the leader's death")
            left = next(n for n in nodes if n.name != leader)
            # A device whose connection is lost tries again, as the manual asks of it.
            taken = lambda: publish_over_mqtt(left, known["doors"]["mqtt"], "H-1", OVER) == ""  # noqa: E731
            instance.until(taken, 90, "a message over MQTT taken after the leader's death", pause_s=0.5)
            instance.until(lambda: raised(platform, "H-1") == 1, 60, "the alarm over MQTT after the leader's death")
            assert raised(platform, "A-00") == 1
            platform.stop()
        finally:
            platform.kill_all()


async def leader_of_input(urls: str, data: Path) -> str:
    """Name of the server that leads the stream of HTTP and native input."""
    nc = await client.connect(Installation(data=data, nats_url=urls), "test")
    try:
        info = await nc.jetstream().stream_info(subjects.IN)
        assert info.config.num_replicas == 3
        return str(info.cluster.leader)
    finally:
        await nc.close()
