"""Reading a stream in order, over interruptions: nothing that stands in no journal yet is dropped or read twice."""

import asyncio
import contextlib

from chemward.telemetry.bus import client, streams, subjects
from chemward.telemetry.installation import Installation
from chemward.telemetry.worker.inflow import Inflow


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 30))


@contextlib.asynccontextmanager
async def reading(nc, position=0):
    inflow = Inflow(nc, subjects.IN, "worker-0", [subjects.ALL_INPUT], position, lambda: None)
    keeper = asyncio.create_task(inflow.keep_open())
    try:
        yield inflow
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)


async def taken(inflow, count):
    """Bodies of the next messages, waited for."""
    bodies = []
    while len(bodies) < count:
        message = inflow.take()
        if message is None:
            await asyncio.sleep(0.01)
        else:
            bodies.append(message.data)
    return bodies


async def publish(js, *bodies):
    for body in bodies:
        await js.publish(subjects.native_input("07", "abcdefghij"), body)


def test_messages_of_a_step_that_is_not_in_the_journal_outlive_an_interruption_and_a_killed_worker(bus: Installation):
    async def story():
        nc = await client.connect(bus, "worker-0")
        js = nc.jetstream()
        await streams.ensure_streams(js)
        await publish(js, b"1", b"2", b"3")
        async with reading(nc) as inflow:
            assert await taken(inflow, 1) == [b"1"]
            await inflow.acknowledge()  # its step is in the journal
            assert await taken(inflow, 1) == [b"2"]  # in a step whose journal entry did not get through
            inflow.interrupted()
            await asyncio.sleep(0.5)  # the consumer is made anew
            assert await taken(inflow, 1) == [b"3"]  # read on, and not a second time what the step holds
            await streams.trim_inputs(js)
        async with reading(nc, position=1) as successor:  # the worker was killed; the journal ends with message 1
            return await taken(successor, 2)

    assert run(story()) == [b"2", b"3"]


def test_what_is_acknowledged_after_an_interruption_is_dropped(bus: Installation):
    async def story():
        nc = await client.connect(bus, "worker-0")
        js = nc.jetstream()
        await streams.ensure_streams(js)
        await publish(js, b"1", b"2")
        async with reading(nc) as inflow:
            await taken(inflow, 2)
            inflow.interrupted()
            await asyncio.sleep(0.5)
            await inflow.acknowledge()
            await publish(js, b"3")
            assert await taken(inflow, 1) == [b"3"]
            await inflow.acknowledge()
            await nc.flush()
            await asyncio.sleep(0.2)
            await streams.trim_inputs(js)
            return (await js.stream_info(subjects.IN)).state

    state = run(story())
    assert (state.messages, state.first_seq) == (0, 4)
