"""The command: light to start, clear when used wrongly."""

import os
import signal
import subprocess
import sys

import pytest

from chemward import cli
from chemward.telemetry.installation import free_port


def chemward(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "chemward.cli", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_does_not_load_django_or_the_numerics():
    code = "import chemward.cli, chemward.config.supervisor, sys; print([m for m in ('django', 'numba', 'chdb', 'pyarrow') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_version():
    done = chemward("version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()[0].isdigit()


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        ([], {}, "required: COMMAND"),
        (["fly"], {}, "invalid choice"),
        (["process", "broom"], {}, "no process is called 'broom'; there are worker"),
        (["process", "simulator"], {"CHEMWARD_DEMO": ""}, "under the demo flag only"),
        (["demo", "scenario", "chlorine-leak"], {}, "the platform is not running here"),
        (["replay", "--from", "yesterday"], {}, "is no moment; write it like"),
        (["demo", "scenario", "meteor"], {}, "meteor"),
        (["backup", "/tmp/none/of/this"], {"CHEMWARD_DATA": "/tmp/none/at/all"}, "there is no installation"),
        (["restore", "/tmp/none/of/this"], {}, "no whole backup"),
        (["run"], {"PORT": "eighty"}, "PORT is 'eighty'; it must be a number"),
        (["run"], {"CHEMWARD_BUS_SYNC": "sometimes"}, "CHEMWARD_BUS_SYNC"),
        (["run"], {"CHEMWARD_TLS_CERT": "/x"}, "belong together"),
        (["run"], {"CHEMWARD_BUS_DISK_MB": "lots"}, "CHEMWARD_BUS_DISK_MB"),
    ],
)
def test_wrong_use_is_said_in_a_sentence_and_exits_with_2(tmp_path, arguments, environment, said):
    done = chemward(*arguments, **{"CHEMWARD_DATA": str(tmp_path), "PORT": str(free_port()), **environment})
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_process_told_to_stop_ends_in_good_order(tmp_path):
    code = """
import asyncio
from chemward.cli import run_entry
async def main(installation):
    try:
        print("up", flush=True)
        await asyncio.sleep(600)
    finally:
        print("left in good order", flush=True)
run_entry(main, None)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=10)[0] == "left in good order\n"
    assert process.returncode == 0


def test_a_process_that_fails_says_so_by_its_exit():
    async def broken(installation):
        raise RuntimeError("no store")

    with pytest.raises(RuntimeError, match="no store"):
        cli.run_entry(broken, None)
