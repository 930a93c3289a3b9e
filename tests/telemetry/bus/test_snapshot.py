"""Snapshots of streams (the whole backup is tried in tests/config)."""

import asyncio

import pytest

from chemward.telemetry.bus import client, snapshot, subjects


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 30))


async def saved(bus, folder):
    nc = await client.connect(bus, "p")
    js = nc.jetstream()
    await client.ensure_streams(js)
    for number in range(300):
        await js.publish(subjects.feed_config(f"feed{number:06d}"), bytes(2000))
    return nc, await snapshot.save_streams(nc, folder)


def test_a_snapshot_of_many_chunks_comes_back_whole(bus, tmp_path):
    async def story():
        nc, counts = await saved(bus, tmp_path / "streams")
        js = nc.jetstream()
        for name in snapshot.STREAM_NAMES:
            await js.delete_stream(name)
        await snapshot.load_streams(nc, tmp_path / "streams")
        return counts, await js.stream_info(subjects.CONFIG)

    counts, info = run(story())
    assert counts[subjects.CONFIG] == info.state.messages == 300


def test_a_stream_that_is_there_is_not_overwritten(bus, tmp_path):
    async def story():
        nc, _ = await saved(bus, tmp_path)
        await snapshot.load_stream(nc, subjects.CONFIG, tmp_path)

    with pytest.raises(snapshot.SnapshotFailed, match="already in use"):
        run(story())


def test_a_damaged_snapshot_is_refused(bus, tmp_path):
    async def story():
        nc, _ = await saved(bus, tmp_path)
        (tmp_path / "CONFIG.snapshot").write_bytes(b"no archive at all")
        await nc.jetstream().delete_stream(subjects.CONFIG)
        await snapshot.load_stream(nc, subjects.CONFIG, tmp_path)

    with pytest.raises(snapshot.SnapshotFailed, match="CONFIG"):
        run(story())
