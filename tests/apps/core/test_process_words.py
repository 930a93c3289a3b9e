"""The system page says in words what processes tell of themselves; what should not happen is named only when it happened."""

import pytest
from django.utils import translation

from chemward.apps.core import process_words
from chemward.apps.core.clock import clock_jobs


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def test_counts_are_said_in_words_with_their_units():
    said = dict(process_words.detail("worker", {"lag_ms": 15, "samples": 5673482, "step_ms": 3.9, "waiting": 0, "strangers": 0}))
    assert said == {"samples": "5\u2009673\u2009482", "a step takes": "3.9 ms", "in the queue": "0"}


def test_what_should_not_happen_is_named_once_it_happened():
    assert ("dropped", "3") in process_words.detail("simulator", {"dropped": 3})
    assert process_words.detail("simulator", {"dropped": 0, "fault": ""}) == []


def test_streams_say_how_full_they_are_and_lists_their_names():
    said = process_words.detail("recorder", {"streams": {"IN": 0.3}, "scenarios": ["chlorine-leak"]})
    assert said == [("stream IN full", "0.3 %"), ("scenarios", "chlorine-leak")]


def test_of_the_children_those_that_were_started_again_are_named():
    children = {"bus": {"restarts": 0, "up_s": 9}, "worker": {"restarts": 2, "up_s": 3600}}
    assert process_words.detail("supervisor", {"children": children}) == [
        ("processes", "2"),
        ("Alarm engine", "2 restarts, up 1 h"),
    ]


def test_a_count_without_a_name_is_said_under_its_own():
    assert process_words.detail("later", {"wagons": 7}) == [("wagons", "7")]


def test_every_clock_job_has_a_name():
    assert sorted(clock_jobs().keys() - process_words.CLOCK_JOBS.keys() - {"test.tick"}) == []
