"""The board as a shift sees it: what is open, what a party did, what leaves."""

import json

import pytest

from chemward.telemetry.live.board import Board
from chemward.telemetry.live.directory import Directory

NOW = 1_760_000_000_000
DEF = "d-1"


def event(kind="raised", id_="o-1", at_ms=NOW, **more):
    base = {
        "id": id_,
        "def": DEF,
        "tag": 1,
        "kind": kind,
        "at_ms": at_ms,
        "value": 60.0,
        "limit": 50.0,
        "type": "HH",
        "priority": 1,
        "level": 2,
    }
    return base | {
        "title": "氯气高高",
        "code": "GT-1",
        "unit": "ppm",
        "late": False,
        "org_path": "1.4.9.",
        "feed": "tankfarm01",
        "step": 1,
        **more,
    }


@pytest.fixture
def board():
    directory = Directory()
    alarm = {"id": DEF, "latch": False, "major_hazard": True}
    page = {
        "feed": "tankfarm01",
        "page": 0,
        "tags": [
            {"n": 1, "code": "GT-1", "org_path": "1.4.9.", "place": "罐区东", "lon": 120.5, "lat": 30.25, "alarms": [alarm]}
        ],
    }
    directory.apply("cfg.tags.tankfarm01.0", json.dumps(page).encode())
    directory.apply("cfg.feed.tankfarm01", json.dumps({"feed": "tankfarm01", "shard": "03", "enterprise": "示范化工"}).encode())
    board = Board(directory)
    board.load({"seq": 10, "at_ms": NOW, "alarms": [], "answers_due_ms": {"1": 60_000}})
    return board


def acknowledge(board, seq, ids=("o-1",)):
    return board.act(
        "acknowledge",
        {"org_path": "1.4.9.", "at_ms": NOW, "by": "张三", "ids": list(ids), "fields": {"park_acked_ms": NOW}},
        seq,
        NOW,
    )


def test_before_the_recorder_answered_nothing_is_claimed():
    board = Board(Directory())
    assert not board.is_ready
    assert board.alarm(event(), 1, NOW) is None


def test_a_raised_alarm_is_shown_with_its_place(board):
    delta = board.alarm(event(), 11, NOW)
    assert (delta.event, delta.org_path, delta.body["open"]) == ("alarm", "1.4.9.", True)
    (row,) = board.visible(["1."])
    assert (row["lon"], row["lat"]) == (120.5, 30.25)
    assert (row["place"], row["enterprise"], row["major_hazard"], row["due_ms"]) == ("罐区东", "示范化工", True, NOW + 60_000)


def test_an_event_that_the_snapshot_includes_is_not_taken_twice(board):
    assert board.alarm(event(), 10, NOW) is None
    board.alarm(event(), 11, NOW)
    assert board.alarm(event("cleared"), 11, NOW) is None
    assert board.rows["o-1"]["cleared_at_ms"] is None


def test_cleared_and_acknowledged_in_either_order_leaves_the_board(board):
    board.alarm(event(), 11, NOW)
    acknowledge(board, 12)
    assert board.alarm(event("cleared", at_ms=NOW + 5), 13, NOW).body["open"] is False
    board.alarm(event(id_="o-2"), 14, NOW)
    assert board.alarm(event("cleared", id_="o-2"), 15, NOW).body["open"] is True
    assert acknowledge(board, 16, ["o-2"]).body["gone"] == ["o-2"]
    assert board.rows == {}


def test_a_latched_alarm_stays_until_reset(board):
    board.directory.tags[1] = board.directory.tags[1].__class__(
        1, "GT-1", alarms=(board.directory.alarm(1, DEF).__class__(DEF, True),)
    )
    board.alarm(event(), 11, NOW)
    acknowledge(board, 12)
    board.alarm(event("cleared"), 13, NOW)
    assert "o-1" in board.rows
    board.act("reset", {"ids": ["o-1"], "org_path": "1.4.9.", "fields": {"reset_ms": NOW}}, 14, NOW)
    assert "o-1" not in board.rows


def test_an_alarm_suppressed_all_its_life_owes_nothing(board):
    board.alarm(event(suppressed=True, reason="停车检修"), 11, NOW)
    assert board.rows["o-1"]["suppressed_reason"] == "停车检修"
    board.alarm(event("cleared", suppressed=True), 12, NOW)
    assert board.rows == {}


def test_an_alarm_unsuppressed_while_raised_is_owed(board):
    board.alarm(event(suppressed=True), 11, NOW)
    board.alarm(event("unsuppressed"), 12, NOW)
    board.alarm(event("cleared"), 13, NOW)
    assert "o-1" in board.rows


def test_a_shelved_definition_shelves_its_next_alarm_and_unshelving_ends_it(board):
    fields = {"shelved_until_ms": NOW + 1000, "shelved_by": "李四", "shelf_reason": "校准", "out_of_service": False}
    board.act("shelve", {"org_path": "1.4.9.", "definitions": [DEF], "ids": [], "fields": fields}, 11, NOW)
    board.alarm(event(), 12, NOW)
    assert board.rows["o-1"]["shelf_reason"] == "校准"
    nothing = {"shelved_until_ms": None, "shelved_by": "", "shelf_reason": "", "out_of_service": False}
    board.act("unshelve", {"org_path": "1.4.9.", "definitions": [DEF], "ids": ["o-1"], "fields": nothing}, 13, NOW)
    assert board.silences == {}
    assert board.alarm(event("cleared"), 14, NOW).body["open"] is True


def test_late_alarms_and_removed_ones_are_not_on_the_board(board):
    assert board.alarm(event(late=True), 11, NOW).body["open"] is False
    board.alarm(event(id_="o-2"), 12, NOW)
    board.alarm(event("config_removed", id_="o-2"), 13, NOW)
    assert board.rows == {}


def test_the_highest_priority_stands_first_then_the_newest(board):
    board.alarm(event(id_="low", priority=3, at_ms=NOW + 9), 11, NOW)
    board.alarm(event(id_="old", at_ms=NOW), 12, NOW)
    board.alarm(event(id_="new", at_ms=NOW + 5), 13, NOW)
    assert [row["id"] for row in board.visible(["1.4."])] == ["new", "old", "low"]
    assert board.visible(["2."]) == board.visible([]) == []


def test_an_acknowledgement_that_is_taken_back_brings_the_returned_alarm_back(board):
    board.alarm(event(), 11, NOW)
    board.alarm(event("cleared", at_ms=NOW + 1000), 12, NOW + 1000)
    assert acknowledge(board, 13).body["gone"] == ["o-1"]
    body = {"org_path": "1.4.9.", "at_ms": NOW + 3000, "by": "张三", "ids": ["o-1"], "fields": {"park_acked_ms": None}}
    assert board.act("undo_acknowledge", body, 14, NOW + 3000).body["gone"] == []
    assert [row["id"] for row in board.visible(["1.4."])] == ["o-1"]


def test_the_turn_for_the_worse_is_what_people_must_have_seen(board):
    board.alarm(event("raised", suppressed=True), 11, NOW)
    delta = board.alarm(event("unsuppressed", at_ms=NOW + 5000), 12, NOW + 5000)
    assert delta.body["worsened_at_ms"] == NOW + 5000
