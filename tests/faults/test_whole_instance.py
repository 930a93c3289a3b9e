"""What a whole instance survives: its supervisor killed, a backup taken under load, a neighbour on the same machine."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

import httpx
import pytest

from tests.faults import accounts
from tests.faults.accounts import say
from tests.support import instance
from tests.support.instance import Platform, is_alive
from tests.support.numbered_load import Load

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def test_a_killed_supervisor_leaves_nothing_running_and_everything_there(plant):
    with instance.running(*plant) as platform:
        duty = accounts.hold(platform)
        load = Load(platform)
        with load:
            time.sleep(3)
            family = platform.family()
            assert len(family) >= 8
            os.kill(platform.program.pid, signal.SIGKILL)
            platform.program.wait()
            instance.until(lambda: not any(is_alive(p) for p in family), 10, "all children gone with their supervisor")
            say(f"supervisor killed: {len(family)} processes gone with it")
            platform.start()
            say(f"started again, ready after {platform.ready_s:.1f} s")
            time.sleep(3)
            load.stop()
        assert accounts.settle(platform, load, duty) == {}


def test_a_backup_under_load_restores_into_a_second_instance_beside_the_first(plant, tmp_path):
    data, known = plant
    with instance.running(data, known) as platform:
        duty = accounts.hold(platform)
        with Load(platform) as load:
            time.sleep(3)
            before = {door: dict(load.ledger(door).samples) for door in ("http", "native")}
            alarms = {door: list(load.ledger(door).alarms) for door in ("http", "native")}
            backup = instance.command(data, "backup", str(tmp_path / "backup"))
            assert backup.returncode == 0, backup.stderr
            load.stop()
        restored = instance.command(tmp_path / "restored", "restore", str(tmp_path / "backup"))
        assert restored.returncode == 0, restored.stderr
        with instance.running(tmp_path / "restored", known) as second:
            ports = [set(one.installation.run()["ports"].values()) for one in (platform, second)]
            assert not ports[0] & ports[1]
            assert platform.is_well()
            for door, samples in before.items():
                ledger = type(load.ledger(door))(samples=samples)
                lost, doubled = accounts.lost_samples(second, ledger)
                kept = {row[0] for row in second.rows("select uuid from monitoring_alarmoccurrence")}
                missing = [a for a in alarms[door] if a.replace("-", "") not in kept]
                say(
                    f"{door:7} {len(samples):,} samples before the backup, {lost} not restored; {len(missing)} alarms not restored"
                )
                assert (lost, doubled, missing) == (0, 0, [])
            assert accounts.Duty(second, duty.acknowledged, duty.shelved).faults() == dict.fromkeys(duty.faults(), 0)
            assert instance.command(second.data, "verify-audit").returncode == 0
        assert accounts.settle(platform, load, duty) == {}


def test_the_folder_of_a_running_instance_is_refused_to_a_second_one(plant):
    with instance.running(*plant) as platform:
        second = Platform(platform.data, platform.plant)
        second.output = second.output.with_suffix(".second")
        with pytest.raises(AssertionError, match="an instance is running on"):
            second.start()
        assert platform.is_well()


def test_ctrl_c_under_load_ends_every_process_in_good_order(plant):
    platform = Platform(*plant)
    over = threading.Event()
    try:
        platform.start()
        devices = [threading.Thread(target=_send_until, args=(platform, over)) for _ in range(4)]
        for device in devices:
            device.start()
        time.sleep(3)
        began = time.monotonic()
        platform.stop()
        say(f"stopped under load in {time.monotonic() - began:.1f} s")
        assert "did not stop in time" not in platform.output.read_text("utf-8", "replace")
    finally:
        over.set()
        platform.kill_all()


def _send_until(platform: Platform, over: threading.Event) -> None:
    """A device that posts as fast as it is answered and does not care whether anybody is there."""
    feed = platform.plant["doors"]["http"]
    rows = [{"tag": code, "v": value} for value in (80.0, 1.0) for code in ("A-00", "S-00", "S-01")]
    with httpx.Client(headers={"Authorization": f"Bearer {feed['secret']}"}, timeout=5) as client:
        while not over.is_set():
            with contextlib.suppress(httpx.HTTPError):
                client.post(f"{platform.address}/ingest/v1/{feed['feed']}/data", json=rows)
