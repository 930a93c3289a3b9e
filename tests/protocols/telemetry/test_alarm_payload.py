"""Alarms of enterprises' own systems, as they send them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemward.protocols.telemetry.alarm_payload import ExternalAlarm, decode_alarms

RECEIVED = 1_760_000_000_000
RAISED = {"id": "DCS-17", "tag": "LT-101", "kind": "raised", "at": 1_759_999_999_000, "level": 2, "text": "液位高高"}


def read(content):
    return decode_alarms(json.dumps(content).encode(), RECEIVED)


def test_one_alarm_or_a_list_of_them():
    alarm = ExternalAlarm("DCS-17", "raised", 1_759_999_999_000, "LT-101", "2", "液位高高")
    assert read(RAISED)[0] == [alarm]
    assert read([RAISED, {**RAISED, "kind": "cleared"}])[0][1].kind == "cleared"


def test_an_alarm_without_time_counts_from_its_receipt():
    assert read({"id": 5, "kind": "raised"})[0] == [ExternalAlarm("5", "raised", RECEIVED)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": ""}, "missing_id"),
        ({"kind": "on"}, "bad_kind"),
        ({"at": "yesterday"}, "bad_time"),
        ({"text": "x" * 501}, "bad_text"),
        ({"tag": {}}, "bad_text"),
    ],
)
def test_a_faulty_alarm_is_named_and_the_good_one_kept(change, code):
    alarms, faults = read([{**RAISED, **change}, RAISED])
    assert len(alarms) == 1
    assert [(f.index, f.code) for f in faults.listed] == [(0, code)]


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=60)
    | st.lists(
        st.dictionaries(
            st.sampled_from(["id", "kind", "at", "tag", "level", "text"]),
            st.integers() | st.text() | st.floats() | st.none() | st.lists(st.none()),
        )
    ).map(lambda content: json.dumps(content).encode())
)
def test_hostile_alarms_never_raise(data):
    decode_alarms(data, RECEIVED)
