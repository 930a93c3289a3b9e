"""Facts cross floors by name."""

from __future__ import annotations

import pytest

from chemward.apps.followup import facts


def test_an_absent_provider_is_not_connected_and_never_zero():
    answer = facts.fact("special_work.open_by_level", org_path="1.")
    assert isinstance(answer, facts.NotConnected)
    assert answer != 0
    assert not answer


def test_a_provider_answers_what_it_is_asked(monkeypatch):
    monkeypatch.setattr(facts, "_providers", {})
    facts.register("test.open", lambda org_path: {"level": 2, "at": org_path})
    assert facts.fact("test.open", org_path="1.4.") == {"level": 2, "at": "1.4."}


def test_zero_that_is_known_stays_zero(monkeypatch):
    monkeypatch.setattr(facts, "_providers", {})
    facts.register("test.zero", lambda: 0)
    assert facts.fact("test.zero") == 0


def test_a_name_has_one_provider(monkeypatch):
    monkeypatch.setattr(facts, "_providers", {})
    facts.register("test.x", print)
    with pytest.raises(ValueError, match=r"test\.x"):
        facts.register("test.x", repr)
