"""The written format keeps its word: every example of the page is read without a fault, every fault is listed."""

import json
import re
from pathlib import Path

from chemward.protocols.telemetry.alarm_payload import decode_alarms
from chemward.protocols.telemetry.faults import TEXTS
from chemward.protocols.telemetry.payload import PayloadDecoder

PAGE = (Path(__file__).parents[3] / "docs" / "payload.md").read_text("utf-8")
RECEIVED = 1_777_593_601_000


def test_every_json_example_is_read_without_a_fault():
    examples = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    examples += re.findall(r"-[dm] '(\{.*?\})'", PAGE)
    assert len(examples) == 7
    for example in examples:
        if '"kind"' in example:
            alarms, faults = decode_alarms(example.encode(), RECEIVED)
            assert len(alarms) == 1
        else:
            payload = PayloadDecoder().decode(example.encode(), RECEIVED)
            faults = payload.faults
            assert (
                len(payload) == len(json.loads(example).get("tags", [0]) if example[0] == "{" else json.loads(example))
                or "samples" in example
            )
        assert not faults.counts


def test_the_binary_example_is_read():
    (dump,) = re.findall(r"```\n((?:[0-9a-f]{2}[ \n])+)```", PAGE)
    payload = PayloadDecoder().decode(bytes.fromhex(dump), RECEIVED)
    assert (payload.tags.codes, payload.value.tolist(), payload.ts.tolist()) == (("GT-101",), [12.5], [1_777_593_600_000])


def test_every_fault_is_listed():
    _, _, table = PAGE.partition("## Faults")
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.M)) == set(TEXTS)
