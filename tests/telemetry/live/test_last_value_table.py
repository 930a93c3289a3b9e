"""The last value of every tag: newest source time wins, of equal times the last to come."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chemward.telemetry.live.values import LastValues

samples = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 9), st.floats(-9, 9)), max_size=30)


def put(values, rows, texts=None):
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    values.put(
        np.array(columns[0], np.int32),
        np.array(columns[1], np.int64),
        np.array(columns[2], float),
        np.zeros(len(rows), np.uint8),
        texts,
    )


@given(st.lists(samples, max_size=4))
def test_it_agrees_with_taking_one_sample_after_the_other(batches):
    values, plain = LastValues(), {}
    for rows in batches:
        put(values, rows)
        for tag, ts, value in rows:
            if tag not in plain or ts >= plain[tag][0]:
                plain[tag] = (ts, value)
    found = {tag: (ts, value) for tag, ts, value, _ in values.rows(values.slots(sorted(plain) or [1]))}
    assert found == plain


def test_a_text_is_shown_as_text_and_gives_way_to_the_next():
    values = LastValues()
    put(values, [(1, 1, np.nan)], {0: "自动"})
    assert values.rows(values.slots([1])) == [[1, 1, "自动", 0]]
    put(values, [(1, 2, np.nan)], {0: "手动"})
    assert values.rows(values.slots([1])) == [[1, 2, "手动", 0]]


def test_only_what_changed_since_is_told():
    values = LastValues()
    put(values, [(1, 1, 1.0), (70_000, 1, 2.0)])
    seen = values.version
    put(values, [(70_000, 2, 3.0)])
    assert values.rows(values.slots([1, 70_000]), seen) == [[70_000, 2, 3.0, 0]]
