"""Stopping when told to: a cancellation gets through, and a reader who goes away is no fault."""

import asyncio
import os
import subprocess
import sys

import pytest

from chemward.config import stopping


class TestWaitFor:
    def test_a_cancellation_that_comes_with_the_result_gets_through(self):
        """As when a busy loop finds a message and the order to stop in one turn."""

        async def story():
            arrived = asyncio.get_running_loop().create_future()
            waiting = asyncio.ensure_future(stopping.wait_for(arrived, 5))
            await asyncio.sleep(0)
            arrived.set_result("message")
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

        asyncio.run(story())

    @pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 has it right")
    def test_the_clients_of_the_bus_get_it(self, monkeypatch):
        from nats.js import client as js_client

        monkeypatch.setattr(asyncio, "wait_for", asyncio.wait_for)
        monkeypatch.setattr(asyncio.tasks, "wait_for", asyncio.tasks.wait_for)
        stopping.let_cancellations_through()
        assert js_client.asyncio.wait_for is stopping.wait_for

    @pytest.mark.parametrize("timeout", [0.01, 0, -1])
    def test_what_does_not_come_is_a_timeout_and_is_cancelled(self, timeout):
        async def story():
            never = asyncio.get_running_loop().create_future()
            with pytest.raises(TimeoutError):
                await stopping.wait_for(never, timeout)
            assert never.cancelled()

        asyncio.run(story())

    def test_what_is_there_already_needs_no_time(self):
        async def story():
            there = asyncio.get_running_loop().create_future()
            there.set_result(7)
            return await stopping.wait_for(there, 0), await stopping.wait_for(asyncio.sleep(0, 8), None)

        assert asyncio.run(story()) == (7, 8)


class TestReaderGone:
    @pytest.mark.parametrize("arguments", [["demo", "scenario"], ["version"], ["--help"], ["manage", "help"]])
    def test_a_command_whose_reader_is_gone_ends_without_a_word(self, tmp_path, arguments):
        done = run_into_closed_pipe(tmp_path, *arguments)
        assert done.stderr == ""
        assert done.returncode in (0, 141)  # argparse says of itself that its help was read

    def test_a_broken_connection_of_a_process_is_not_taken_for_it(self):
        code = """
import sys
from chemward import cli
def broken(options): raise BrokenPipeError("the bus")
cli._version = broken
sys.exit(cli.main(["version"]))
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1
        assert "BrokenPipeError: the bus" in done.stderr


def run_into_closed_pipe(data, *arguments):
    """A command whose standard output nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [sys.executable, "-m", "chemward.cli", *arguments],
            env={**os.environ, "CHEMWARD_DATA": str(data)},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)


def test_a_process_whose_work_is_done_goes_at_once_with_all_it_said():
    """Not after everything that it has loaded was cleared away."""
    code = """
import atexit, sys, time
from chemward.config import stopping
atexit.register(lambda: time.sleep(60))
sys.stdout.write("all written")
stopping.end_at_once()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (0, "all written")
