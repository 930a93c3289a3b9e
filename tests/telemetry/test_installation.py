"""State, secrets and ports of an installation."""

import json
import multiprocessing
from pathlib import Path

import pytest

from chemward.telemetry.installation import MAKERS, Installation, free_port, is_free


def made_secrets(folder):
    return Installation(data=Path(folder)).secrets()


def test_processes_that_start_together_agree_on_the_secrets(tmp_path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.map(made_secrets, [str(tmp_path)] * 8)
    assert all(secrets == found[0] for secrets in found)
    assert found[0].keys() == MAKERS.keys()
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_newer_version_adds_the_secrets_it_needs_and_changes_none(tmp_path):
    (tmp_path / "secrets.json").write_text(json.dumps({"django_key": "old", "of_long_ago": "kept"}))
    secrets = Installation(data=tmp_path).secrets()
    assert (secrets["django_key"], secrets["of_long_ago"]) == ("old", "kept")
    assert secrets.keys() >= MAKERS.keys()


def test_no_secret_is_used_twice(tmp_path):
    one, other = Installation(data=tmp_path / "a").secrets(), Installation(data=tmp_path / "b").secrets()
    assert len({*one.values(), *other.values()}) == 2 * len(MAKERS)


def test_a_free_port_lies_below_those_of_outgoing_connections():
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = {free_port() for _ in range(20)}
    assert all(port < max(lowest, 21_000) for port in ports)
    assert all(is_free(port) for port in ports)


def test_what_does_not_run_is_named_with_the_remedy(tmp_path):
    with pytest.raises(KeyError, match=r"no running historian in .* with `make run`"):
        Installation(data=tmp_path).port("historian")


def test_the_environment_says_where_the_state_and_the_bus_are(tmp_path):
    installation = Installation.from_environment(
        {"CHEMWARD_DATA": str(tmp_path), "CHEMWARD_LISTEN": "10.0.0.5", "CHEMWARD_NATS_URL": "nats://bus:4222"}
    )
    assert (installation.data, installation.listen, installation.nats_url) == (tmp_path, "10.0.0.5", "nats://bus:4222")
