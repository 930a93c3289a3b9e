"""What devices send: every written form is read, every fault is named, and nothing ever raises."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemward.protocols.telemetry import binary_payload
from chemward.protocols.telemetry import quality as q
from chemward.protocols.telemetry.faults import MAX_LISTED, MESSAGE, TEXTS
from chemward.protocols.telemetry.payload import HTTP_LIMITS, Limits, Payload, PayloadDecoder
from chemward.protocols.telemetry.taglists import TagListCache

RECEIVED = 1_760_000_000_000
T = 1_759_999_999_000


def read(content, limits: Limits = HTTP_LIMITS) -> Payload:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return PayloadDecoder().decode(data, RECEIVED, limits)


def good(payload: Payload) -> list[tuple]:
    """(code, ts, value or text, quality) of the samples that are not refused."""
    return [
        (payload.tags.codes[i], int(payload.ts[i]), payload.texts.get(i, float(payload.value[i])), int(payload.quality[i]))
        for i in range(len(payload))
        if i not in payload.faults.refused
    ]


def codes(payload: Payload) -> list[tuple[int, str, str]]:
    return [(f.index, f.field, f.code) for f in payload.faults.listed]


# -- the forms -----------------------------------------------------------------------------------------------------------


def test_one_sample_as_an_object():
    assert good(read({"tag": "GT-101", "v": 12.5, "t": T})) == [("GT-101", T, 12.5, q.GOOD)]


def test_a_sample_without_time_counts_from_its_receipt():
    assert good(read({"tag": "GT-101", "v": 1})) == [("GT-101", RECEIVED, 1.0, q.GOOD)]


def test_rows_with_their_own_times_and_qualities():
    rows = [
        {"tag": "A", "v": 1, "t": T, "q": "good"},
        {"tag": "B", "v": 2.5, "t": T + 1, "q": 1},
        {"tag": "C", "v": 3, "q": "bad"},
    ]
    assert good(read(rows)) == [("A", T, 1.0, 0), ("B", T + 1, 2.5, q.UNCERTAIN), ("C", RECEIVED, 3.0, q.BAD)]


def test_samples_share_the_fields_of_their_message():
    payload = read({"t": T, "q": 1, "u": "kPa", "samples": [{"tag": "A", "v": 1}, {"tag": "B", "v": 2, "t": T + 5, "q": 0}]})
    assert good(payload) == [("A", T, 1.0, 1), ("B", T + 5, 2.0, 0)]
    assert payload.units == "kPa"


def test_columns_with_one_time_or_many():
    assert good(read({"tags": ["A", "B"], "t": T, "v": [1, 2.5]})) == [("A", T, 1.0, 0), ("B", T, 2.5, 0)]
    assert good(read({"tags": ["A", "B"], "t": [T, T + 9], "v": [1, 2], "q": [0, 2]})) == [("A", T, 1.0, 0), ("B", T + 9, 2.0, 2)]


def test_states_texts_flags_and_units():
    payload = read(
        [
            {"tag": "P-1.RUN", "v": True},
            {"tag": "P-1.MODE", "v": "自动"},
            {"tag": "GT-1", "v": 3, "u": "ppm", "cal": True},
            {"tag": "GT-2", "v": 4, "maint": True},
        ]
    )
    values = [(code, value, quality) for code, _, value, quality in good(payload)]
    assert values == [("P-1.RUN", 1.0, 0), ("P-1.MODE", "自动", 0), ("GT-1", 3.0, q.CALIBRATION), ("GT-2", 4.0, q.MAINTENANCE)]
    assert payload.units == (None, None, "ppm", None)


@pytest.mark.parametrize("text", ["2025-10-09T16:53:19+08:00", "2025-10-09T08:53:19Z", "2025-10-09T08:53:19.000+00:00"])
def test_an_iso_time_with_offset_is_read(text):
    assert good(read({"tag": "A", "v": 1, "t": text}))[0][1] == 1_759_999_999_000


def test_binary_with_a_table_of_codes():
    data = binary_payload.encode(["GT-101", "罐1液位"], [1, 0, 1], [1.5, 2.5, float("nan")], T, [0, 10, 20], [0, 1, 2])
    payload = read(data)
    assert [(c, t) for c, t, _, _ in good(payload)] == [("罐1液位", T), ("GT-101", T + 10), ("罐1液位", T + 20)]
    assert payload.quality.tolist() == [0, 1, 2]
    assert math.isnan(payload.value[2])


def test_binary_with_channel_numbers_takes_the_number_as_the_code():
    assert good(read(binary_payload.encode([], [17, 3], [1.0, 2.0], T))) == [("17", T, 1.0, 0), ("3", T, 2.0, 0)]


def test_the_same_list_of_codes_is_recognised_from_message_to_message():
    decoder = PayloadDecoder()
    first, second = (decoder.decode(b'{"tags":["A","B"],"v":[%d,2]}' % n, RECEIVED) for n in (1, 5))
    assert first.tags is second.tags


def test_endless_new_lists_of_codes_do_not_fill_the_memory():
    cache = TagListCache(max_weight=1000)
    decoder = PayloadDecoder(cache)
    for number in range(500):
        decoder.decode(b'{"tags":["TAG-%d"],"v":[1]}' % number, RECEIVED)
    assert len(cache) < 100


# -- faults --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"v": 1}, ("tag", "missing_tag")),
        ({"tag": 5, "v": 1}, ("tag", "bad_tag")),
        ({"tag": "x" * 65, "v": 1}, ("tag", "bad_tag")),
        ({"tag": "a\u0000b", "v": 1}, ("tag", "bad_tag")),
        ({"tag": ["x"], "v": 1}, ("tag", "bad_tag")),
        ({"tag": "A"}, ("v", "missing_value")),
        ({"tag": "A", "v": [1]}, ("v", "bad_value")),
        ({"tag": "A", "v": "x" * 257}, ("v", "text_too_long")),
        ({"tag": "A", "v": float("nan")}, ("v", "not_finite")),
        ({"tag": "A", "v": 10**400}, ("v", "not_finite")),
        ({"tag": "A", "v": 1, "t": 1_760_000_000}, ("t", "time_seconds")),
        ({"tag": "A", "v": 1, "t": 1_760_000_000.25}, ("t", "time_seconds")),
        ({"tag": "A", "v": 1, "t": 1_760_000_000_000_000}, ("t", "time_out_of_range")),
        ({"tag": "A", "v": 1, "t": "2026-05-01T08:00:00"}, ("t", "time_no_offset")),
        ({"tag": "A", "v": 1, "t": "20260501"}, ("t", "bad_time")),
        ({"tag": "A", "v": 1, "t": True}, ("t", "bad_time")),
        ({"tag": "A", "v": 1, "u": "x" * 17}, ("u", "bad_unit")),
    ],
)
def test_a_faulty_sample_is_named_and_the_good_ones_beside_it_are_kept(row, fault):
    payload = read([{"tag": "OK-1", "v": 1, "t": T}, row, {"tag": "OK-2", "v": 2, "t": T}])
    assert [code for code, *_ in good(payload)] == ["OK-1", "OK-2"]
    assert codes(payload) == [(1, *fault)]


def test_a_fault_says_what_stood_there_and_what_to_do():
    (found,) = read([{"tag": "A", "v": 1, "t": 1_760_000_000}]).faults.listed
    assert "1760000000" in found.message
    assert "毫秒" in found.remedy


def test_an_unknown_quality_word_keeps_the_reading_as_uncertain():
    payload = read({"tag": "A", "v": 1, "t": T, "q": "fine"})
    assert good(payload) == [("A", T, 1.0, q.UNCERTAIN)]
    assert codes(payload) == [(MESSAGE, "q", "bad_quality")]


def test_a_broken_instrument_may_send_no_number():
    payload = read({"tag": "A", "v": None, "t": T, "q": "bad"})
    assert not payload.faults.counts
    assert math.isnan(payload.value[0])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"null", "unknown_form"),
        (b"17", "unknown_form"),
        (b"{}", "unknown_form"),
        (b"[]", "empty"),
        (b'{"samples": []}', "empty"),
        (b'{"samples": 4}', "unknown_form"),
        (b'{"tags": ["A"], "v": 4}', "length_mismatch"),
        (b'{"tags": [], "v": []}', "empty"),
        (b'{"tags": ["A"], "v": [1, 2]}', "length_mismatch"),
        (b'{"tags": ["A"], "v": [1], "t": [1, 2]}', "length_mismatch"),
        (b"[" * 100_000, "too_deep"),
        ('{"tag": "温度", "v": 1}'.encode("gbk"), "not_utf8"),
        (b"CWB1", "cut_short"),
        (binary_payload.encode(["A"], [0], [1.0], T)[:-1], "cut_short"),
        (binary_payload.encode(["A"], [0], [1.0], T) + b"x", "bad_header"),
    ],
)
def test_a_message_that_cannot_be_read_is_one_fault(data, code):
    payload = read(data)
    assert len(payload) == 0
    assert codes(payload)[0][2] == code


def test_a_channel_outside_the_table_is_refused_alone():
    payload = read(binary_payload.encode(["A", "B"], [0, 7, 1], [1.0, 2.0, 3.0], T))
    assert [code for code, *_ in good(payload)] == ["A", "B"]
    assert codes(payload) == [(1, "tag", "bad_channel")]


def test_too_large_and_too_many_are_refused_whole():
    assert codes(read(b" " * 101, Limits(max_bytes=100)))[0][2] == "too_large"
    assert codes(read([{"tag": "A", "v": 1}] * 3, Limits(max_bytes=1000, max_samples=2)))[0][2] == "too_many_samples"


def test_only_the_first_faults_are_listed_but_all_are_counted():
    payload = read([{"tag": "A"}] * 500)
    assert len(payload.faults.listed) == MAX_LISTED
    assert payload.faults.counts["missing_value"] == 500
    assert len(payload.faults.refused) == 500


# -- fuzz ----------------------------------------------------------------------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([T, "good", "bad", "A", "kPa"])
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
fields = st.sampled_from(["tag", "tags", "samples", "v", "t", "q", "u", "cal", "maint"])
hostile = (
    st.dictionaries(fields, anything, max_size=9) | st.lists(st.dictionaries(fields, anything, max_size=5), max_size=4) | anything
)


def check_whole(payload: Payload) -> None:
    count = len(payload)
    assert payload.ts.shape == payload.value.shape == payload.quality.shape == (count,)
    assert len(payload.tags) == count
    assert all(0 <= index < count for index in payload.texts)
    assert all(0 <= index < count for index in payload.faults.refused) or count == 0
    assert set(payload.faults.counts) <= set(TEXTS)
    kept = [i for i in range(count) if i not in payload.faults.refused]
    for i in kept:
        assert payload.tags.codes[i]
        assert i in payload.texts or np.isfinite(payload.value[i]) or payload.quality[i] & q.CLASS_MASK == q.BAD


@settings(max_examples=400, deadline=None)
@given(hostile)
def test_hostile_json_never_raises(content):
    check_whole(read(content))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_hostile_bytes_never_raise(data):
    check_whole(read(data))
    check_whole(read(b"CWB1" + data))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-2, 5), st.floats(), st.integers(-(2**31), 2**31 - 1), st.integers(0, 255)), max_size=6),
    st.integers(-(2**63), 2**63 - 1),
    st.binary(max_size=3),
    st.integers(0, 200),
)
def test_binary_with_any_content_or_damage_never_raises(rows, base, noise, at):
    channel, value, offset, quality = zip(*rows, strict=True) if rows else ((), (), (), ())
    data = binary_payload.encode(["A", "B", "C"], channel, value, base, offset, quality)
    check_whole(read(data))
    check_whole(read(data[:at] + noise + data[at + len(noise) :]))


@given(
    st.lists(
        st.tuples(st.sampled_from(["A", "B", "温度"]), st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 2)),
        min_size=1,
    )
)
def test_all_forms_say_the_same(rows):
    names, values, qualities = (list(column) for column in zip(*rows, strict=True))
    forms = [
        [{"tag": n, "v": v, "q": c, "t": T} for n, v, c in rows],
        {"t": T, "samples": [{"tag": n, "v": v, "q": c} for n, v, c in rows]},
        {"tags": names, "v": values, "q": qualities, "t": T},
        binary_payload.encode(["A", "B", "温度"], [["A", "B", "温度"].index(n) for n in names], values, T, None, qualities),
    ]
    assert all(good(read(form)) == good(read(forms[0])) for form in forms)
