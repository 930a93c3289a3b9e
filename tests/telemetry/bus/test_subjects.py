"""Names of the bus: no hostile part widens a subscription or a permission."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.telemetry.bus import subjects


def test_mqtt_topic_and_subject_are_the_same_place():
    assert subjects.mqtt_topic("07", "abcdefghij") == "cw/07/abcdefghij/data"
    assert subjects.mqtt_input("07", "abcdefghij", subjects.ALARM) == "cw.07.abcdefghij.alarm"


@given(st.integers(0, 10**9), st.from_regex(r"[a-z0-9]{10}", fullmatch=True), st.sampled_from(["data", "alarm"]))
def test_an_input_subject_reads_back_to_its_parts(enterprise, feed, kind):
    shard = subjects.shard_of(enterprise)
    assert subjects.input_parts(subjects.native_input(shard, feed, kind)) == ("in", shard, feed, kind)


@pytest.mark.parametrize(
    "hostile", ["", "*", ">", "a.b", "a b", "abcdefghij.>", "abcdefghi*", "ABCDEFGHIJ", "abcdefghij\n", "气体气体气体气体气体"]
)
def test_a_hostile_feed_id_is_refused(hostile):
    for make in (subjects.feed_config, subjects.health, lambda f: subjects.mqtt_input("07", f)):
        with pytest.raises(ValueError, match="feed id"):
            make(hostile)


@pytest.mark.parametrize("hostile", ["64", "7", "007", "*", "٠٧", "0\n"])
def test_a_hostile_shard_is_refused(hostile):
    with pytest.raises(ValueError, match="shard"):
        subjects.native_input(hostile, "abcdefghij")


@given(st.text(max_size=60))
def test_any_text_either_reads_as_an_input_subject_or_is_refused(text):
    try:
        door, shard, feed, kind = subjects.input_parts(text)
    except ValueError:
        return
    assert text == f"{door}.{shard}.{feed}.{kind}"
