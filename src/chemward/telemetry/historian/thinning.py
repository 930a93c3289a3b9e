"""Thinning of a series: from the store's answer per bucket of time to points on a screen.

M4 (Jugel et al., "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014, section 4): first, last, lowest and highest sample of each
bucket draw the same line as all samples. Added here: first and last sample of bad quality, and both ends of a gap, so that neither
is drawn over.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chemward.telemetry.historian.answers import Float64, Int64, Trend, UInt8

POINTS_PER_BUCKET = 4
MOST_POINTS_PER_BUCKET = 8
LEAST_POINTS = MOST_POINTS_PER_BUCKET
SPACINGS_PER_GAP = 5
LEAST_GAP_MS = 5_000

Points = tuple[Int64, Float64, UInt8]


def usual_gap_ms(spacing_ms: float) -> int:
    """From which distance two samples are a gap, by the usual distance between samples [ms]: five missed, at least 5 s."""
    return max(LEAST_GAP_MS, round(SPACINGS_PER_GAP * spacing_ms)) if np.isfinite(spacing_ms) else LEAST_GAP_MS


def whole_trend(tag: int, samples: pa.Table, gap_ms: int | None) -> Trend:
    """A series (columns t, value, quality, in order of time) short enough to be shown whole."""
    ts, value, quality = (samples[name].to_numpy() for name in ("t", "value", "quality"))
    steps = np.diff(ts)
    gap_ms = gap_ms or usual_gap_ms(float(np.median(steps)) if len(steps) else np.nan)
    at = np.flatnonzero(steps > gap_ms)
    gaps = tuple(zip(ts[at].tolist(), ts[at + 1].tolist(), strict=True))
    return Trend(tag, ts, value, quality, gaps, gap_ms, len(ts))


def thinned_trend(tag: int, buckets: pa.Table, gap_ms: int | None) -> Trend:
    """The points of one tag from the rows that `schema.trend_query` answered for it."""
    samples = buckets["samples"].to_numpy()
    gap_ms = gap_ms or usual_gap_ms(_weighted_median(buckets["spacing"].to_numpy(), samples))
    gap_from, gap_to = _points(buckets, "gap_before"), _points(buckets, "gap_after")
    is_gap = gap_to[0] - gap_from[0] > gap_ms
    always = np.ones(len(samples), bool)
    is_fine, is_bad = buckets["fine"].to_numpy() > 0, buckets["bad"].to_numpy() > 0
    kept = (
        ("first", always),
        ("last", always),
        ("low", is_fine),
        ("high", is_fine),
        ("first_bad", is_bad),
        ("last_bad", is_bad),
        ("gap_before", is_gap),
        ("gap_after", is_gap),
    )
    parts = [[column[mask] for column in _points(buckets, name)] for name, mask in kept]
    ts, value, quality = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    ts, index = np.unique(ts, return_index=True)
    gaps = tuple(zip(gap_from[0][is_gap].tolist(), gap_to[0][is_gap].tolist(), strict=True))
    return Trend(tag, ts, value[index], quality[index], gaps, gap_ms, int(samples.sum()))


def _points(buckets: pa.Table, name: str) -> Points:
    column = buckets[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    ts, value, quality = column.flatten()
    return ts.to_numpy(zero_copy_only=False), value.to_numpy(zero_copy_only=False), quality.to_numpy(zero_copy_only=False)


def _weighted_median(values: Float64, weights: Int64) -> float:
    known = np.isfinite(values)
    values, weights = values[known], weights[known]
    if not len(values):
        return float("nan")
    order = np.argsort(values)
    place = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return float(values[order][place])
