"""Every act that code records has a name on the page, and no name is left without an act."""

import re
from pathlib import Path

import chemward
from chemward.apps.core import act_names

PACKAGE = Path(chemward.__file__).parent
FOUND = re.compile(r"""act\([\w.()]+, "([a-z_]+\.[a-z_]+)\"|verb(?:: str)? ?= ?"([a-z_]+\.[a-z_]+)\"""")
# Steps of the hidden hazard's loop are recorded under `hazard.<verb>`.
# Written where the actor is made on the spot.
OTHERS = {"user.set_password"}
LOOP = {f"hazard.{verb}" for verb in ("submit", "return", "ask_extension", "grant_extension", "refuse_extension")}


def recorded() -> set[str]:
    texts = (p.read_text("utf-8") for p in PACKAGE.glob("apps/**/*.py"))
    return {a or b for text in texts for a, b in FOUND.findall(text)} | LOOP | OTHERS


def test_acts_and_their_names_are_the_same_list():
    known = set(act_names.names())
    assert sorted(recorded() - known) == []
    assert sorted(known - recorded()) == []


def test_a_verb_without_a_name_stands_as_it_is(settings):
    from django.utils import translation

    with translation.override("zh-hans"):
        assert act_names.name("alarm.acknowledge") == "确认报警"
        assert act_names.name("later.room") == "later.room"
    with translation.override("en"):
        assert act_names.name("alarm.acknowledge") == "alarm.acknowledge"
