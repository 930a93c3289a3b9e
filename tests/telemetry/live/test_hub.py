"""Clients of the stream: scope, snapshots, slow readers."""

import json

import numpy as np
import pytest

from chemward.telemetry.live import hub as hubs
from chemward.telemetry.live.board import Board, Delta
from chemward.telemetry.live.directory import Directory, TagEntry
from chemward.telemetry.live.hub import Hub
from chemward.telemetry.live.token import Claims
from chemward.telemetry.live.values import LastValues

NOW = 1_760_000_000_000


def claims(user=7, **caps):
    return Claims(user, {name.replace("_", "."): tuple(paths) for name, paths in caps.items()}, NOW, NOW + 600_000)


@pytest.fixture
def hub():
    directory = Directory(tags={1: TagEntry(1, "A", "1.4.9."), 2: TagEntry(2, "B", "1.5.1.")})
    board = Board(directory)
    board.load({"seq": 5, "at_ms": NOW, "alarms": [{"id": "o", "org_path": "1.4.9.", "priority": 1, "raised_at_ms": NOW}]})
    return Hub(board, LastValues(), directory)


def events(data: bytes) -> list[tuple[str, dict]]:
    blocks = [block.split("\n") for block in data.decode().split("\n\n") if block]
    return [(name[7:], json.loads(body[6:])) for name, body in blocks]


def sample(hub, tag, value, ts=NOW):
    hub.values.put(np.array([tag], np.int32), np.array([ts]), np.array([value]), np.zeros(1, np.uint8))


def test_a_client_begins_with_a_snapshot_of_its_scope_and_goes_on_with_deltas(hub):
    inside, outside = hub.join(claims(alarm_view=["1.4."]), ["alarms"]), hub.join(claims(alarm_view=["1.5."]), ["alarms"])
    ((name, body),) = events(hub.next(inside, NOW))
    assert (name, body["seq"], [row["id"] for row in body["alarms"]]) == ("snapshot", 5, ["o"])
    assert events(hub.next(outside, NOW))[0][1]["alarms"] == []
    hub.tell(Delta("alarm", "1.4.9.", {"id": "p"}))
    assert events(hub.next(inside, NOW)) == [("alarm", {"id": "p"})]
    assert hub.next(outside, NOW) == b""


def test_a_client_without_the_capability_sees_no_alarm_even_in_its_own_place(hub):
    client = hub.join(claims(value_view=[""]), ["alarms", "values"])
    assert events(hub.next(client, NOW))[0][1]["alarms"] == []
    hub.tell(Delta("alarm", "1.4.9.", {"id": "p"}))
    assert hub.next(client, NOW) == b""


def test_before_the_board_is_known_only_beats_are_sent(hub):
    hub.board.seq = None
    client = hub.join(claims(alarm_view=[""]), ["alarms"])
    hub.beat(NOW)
    assert [(name, body["state"]) for name, body in events(hub.next(client, NOW))] == [("beat", "starting")]
    hub.board.seq = 5
    assert events(hub.next(client, NOW))[0][0] == "snapshot"


def test_a_slow_client_is_dropped_to_a_fresh_snapshot_and_never_fills_the_memory(hub):
    client = hub.join(claims(alarm_view=[""]), ["alarms"])
    hub.next(client, NOW)
    for _ in range(3000):
        hub.tell(Delta("alarm", "1.", {"id": "x", "text": "y" * 1000}))
    assert client._size <= hubs.MAX_WAITING
    assert [name for name, _ in events(hub.next(client, NOW))] == ["snapshot"]


def test_values_of_visible_tags_only_at_most_twice_a_second_and_only_changes(hub):
    client = hub.join(claims(value_view=["1.4."]), ["values"], [1, 2, 999])
    hub.next(client, NOW)
    sample(hub, 1, 3.5)
    sample(hub, 2, 9.9)
    hub.push_values(NOW + 500)
    assert events(hub.next(client, NOW)) == [("value", {"at_ms": NOW + 500, "values": [[1, NOW, 3.5, 0]]})]
    sample(hub, 1, 4.5, NOW + 1)
    hub.push_values(NOW + 600)
    assert hub.next(client, NOW) == b""
    hub.push_values(NOW + 1000)
    assert events(hub.next(client, NOW))[0][1]["values"] == [[1, NOW + 1, 4.5, 0]]
    hub.push_values(NOW + 2000)
    assert hub.next(client, NOW) == b""


def test_too_many_tags_are_refused(hub):
    client = hub.join(claims(value_view=[""]), ["values"])
    with pytest.raises(ValueError, match="zoom in"):
        hub.ask(client, range(1, 2002))


def test_a_stream_ends_when_its_token_is_over_or_its_user_is_cut_off(hub):
    first, second = hub.join(claims(user=1), ["alarms"]), hub.join(claims(user=2), ["alarms"])
    hub.revoke(1, NOW + 1)
    hub.revoke(2, NOW)
    assert (bool(first.gone), bool(second.gone)) == (True, False)
    hub.beat(NOW + 600_000)
    assert second.gone


def test_health_and_echo_go_to_those_who_may_see_the_feed(hub):
    from chemward.telemetry.worker.feed_config import FeedConfig

    hub.directory.feeds["f" * 10] = FeedConfig(feed="f" * 10, shard="01", org_path="1.4.9.")
    yes = hub.join(claims(feed_view=["1."]), ["health", "echo"], feeds=["f" * 10])
    no = hub.join(claims(feed_view=["2."]), ["health", "echo"], feeds=["f" * 10])
    for client in (yes, no):
        hub.next(client, NOW)
    hub.tell_health({"feed": "f" * 10, "org_path": "1.4.9."})
    hub.tell_echo("f" * 10, {"text": "…"})
    assert [name for name, _ in events(hub.next(yes, NOW))] == ["health", "echo"]
    assert hub.next(no, NOW) == b""
