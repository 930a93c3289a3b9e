"""The journal's batch: what goes in comes out, and damage is told, never guessed over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.protocols.telemetry.batch import Batch, BatchError, BatchHeader, decode, encode

HEADER = BatchHeader(partition=0, step=7, now_ms=1_700_000_000_000, cfg_seq=12, positions={"IN": 5, "IN_MQTT": 9})

samples = st.lists(
    st.tuples(
        st.integers(-(2**31), 2**31 - 1),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.integers(0, 255),
    ),
    max_size=40,
)


def batch_of(rows: list, texts: dict[int, str] | None = None) -> bytes:
    tag, ts, value, quality = zip(*rows, strict=True) if rows else ((), (), (), ())
    return encode(HEADER, tag, ts, value, quality, texts)


@given(samples, st.data())
def test_a_batch_comes_back_as_it_was_sent(rows, data):
    texts = data.draw(st.dictionaries(st.integers(0, len(rows) - 1), st.text(max_size=20))) if rows else {}
    batch = decode(batch_of(rows, texts))
    assert list(zip(batch.tag.tolist(), batch.ts.tolist(), batch.value.tolist(), batch.quality.tolist(), strict=True)) == rows
    assert batch.texts == texts
    assert (batch.header.step, batch.header.positions, len(batch)) == (7, {"IN": 5, "IN_MQTT": 9}, len(rows))


def test_the_columns_are_aligned_views_of_the_message():
    batch = decode(batch_of([(1, 2, 3.5, 0)] * 3))
    for column in (batch.tag, batch.ts, batch.value, batch.quality):
        assert column.flags.aligned
        assert not column.flags.owndata


def test_a_clock_tick_is_a_batch_without_samples():
    assert len(decode(batch_of([]))) == 0


@given(st.integers(0, 10_000))
def test_a_batch_cut_short_is_refused(keep):
    whole = batch_of([(1, 2, 3.0, 0), (2, 3, 4.0, 1)])
    with pytest.raises(BatchError):
        decode(whole[: keep % len(whole)])


@given(st.binary(max_size=200), st.booleans())
def test_foreign_bytes_are_refused_or_read_but_never_crash(noise, with_magic):
    try:
        result = decode(b"CWS1" + noise if with_magic else noise)
    except BatchError:
        return
    assert isinstance(result, Batch)


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        encode(HEADER, [1, 2], [1], [1.0], [0])


def test_a_text_that_belongs_to_no_sample_is_refused():
    with pytest.raises(ValueError, match="no sample"):
        encode(HEADER, [1], [1], [float("nan")], [0], {3: "停车"})
