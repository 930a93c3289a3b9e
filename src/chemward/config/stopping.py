"""Stopping when told to: what keeps a process from it, and what is done about that."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import sys
from collections.abc import Awaitable
from typing import NoReturn, TypeVar

T = TypeVar("T")


async def wait_for(fut: Awaitable[T], timeout: float | None) -> T:
    """`asyncio.wait_for` as Python 3.12 has it: a cancellation always gets through. TimeoutError when the time is over."""
    if timeout is not None and timeout <= 0:
        return await _without_waiting(asyncio.ensure_future(fut))
    async with asyncio.timeout(timeout):
        return await fut


async def _without_waiting(future: asyncio.Future[T]) -> T:
    if future.done():
        return future.result()
    future.cancel()
    await asyncio.wait([future])
    try:
        return future.result()
    except asyncio.CancelledError:
        raise TimeoutError from None


def let_cancellations_through() -> None:
    """Give Python 3.11 the `wait_for` of 3.12.

    The old one answers with the result and forgets the cancellation when both come in the same turn of the loop, which on a busy
    machine is no rare thing: a loop that fetches, publishes or sends then goes on as if nobody had asked it to stop, and is killed.
    The clients of bus and MQTT wait by nothing else.
    """
    if sys.version_info < (3, 12):
        asyncio.wait_for = asyncio.tasks.wait_for = wait_for  # type: ignore[assignment]


def has_lost_its_reader() -> bool:
    """Whether nobody reads standard output any more (`chemward … | head`)."""
    try:
        output = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):  # closed, or led elsewhere by whoever called
        return False
    poll = select.poll()
    poll.register(output, 0)
    return any(state & select.POLLERR for _output, state in poll.poll(0))


def end_quietly() -> int:
    """Nothing more is written; the exit code of a program that SIGPIPE has ended.

    Python flushes standard output once more at its end, so it is led to nowhere.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return 128 + signal.SIGPIPE


def end_at_once() -> NoReturn:
    """End a process whose work is done and written: exit code 0, without taking the interpreter apart first.

    Clearing away hundreds of megabytes of modules object by object gives nobody anything and takes seconds on a busy machine, in
    which the supervisor and everything that waits for it stand still.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
