"""A verdict is written when what it says changes, and opens to everything it rests on."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chemward.apps.core.errors import NotFound
from chemward.apps.core.models import AuditEntry, Outbox
from chemward.apps.followup import queries, rulebook
from chemward.apps.followup.actions import verdicts
from chemward.apps.followup.models import Verdict
from chemward.apps.followup.rulebook import Band, Input, Result, Step, WhatIf, rule

RULE = "test.grade"
SCALE = (
    Band("4", "四级", None, 10, 4),
    Band("3", "三级", 10, 50, 3),
    Band("2", "二级", 50, 100, 2),
    Band("1", "一级", 100, None, 1),
)


@rule(RULE, title="分级", edition="GB 18218-2018", clause="4.3.2", source="GB 18218-2018", sure="text")
def grade(r: float, people: int = 86, level_m: float = 4.2, at=None) -> Result:
    band = next(b for b in SCALE if (b.low is None or r >= b.low) and (b.high is None or r < b.high))
    return Result(
        code=band.code,
        label=band.label,
        level=band.level,
        value=r,
        tolerance=0.01,
        inputs=(
            Input("常住人口", people, "人", "社区台账"),
            Input("液位", level_m, "m", "LI-3301", at=at, tolerance=0.1),
        ),
        steps=(Step("R = α · Σ β·q/Q", f"1.5 × {r / 1.5:.4f} = {r:.4f}", "4.3.2"),),
        scale=SCALE,
        what_if=(WhatIf("人口增至 100 人", "R = 60.64", "升为 二级", True),),
    )


@pytest.fixture
def state(platform, tank, tree, now):
    return lambda result, at=now: verdicts.state(platform, RULE, tank, result, org_path=tree.chlor.path, now=at)


def test_the_first_verdict_cites_rule_edition_and_clause_and_is_audited(state):
    verdict = state(grade(45.48))
    assert (verdict.rule, verdict.edition, verdict.clause) == (RULE, "GB 18218-2018", "4.3.2")
    assert (verdict.label, verdict.level, verdict.colour) == ("三级", 3, "yellow")
    assert AuditEntry.objects.get(verb="verdict.state").change_list() == {"result": [None, "三级"]}
    assert Outbox.objects.filter(subject="ev.act.verdict.state").count() == 1


def test_the_same_result_writes_nothing_though_ages_move_and_numbers_tremble(state, now, later):
    first = state(grade(45.48, at=now))
    again = state(grade(45.485, level_m=4.25, at=later(minutes=1)), later(minutes=1))
    assert again.pk == first.pk
    assert Verdict.objects.count() == 1
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("changed", [{"r": 47}, {"r": 45.48, "people": 87}, {"r": 45.48, "level_m": 4.4}])
def test_a_meaningful_change_supersedes_the_verdict(state, later, changed):
    first = state(grade(45.48))
    second = state(grade(**changed), later(hours=1))
    first.refresh_from_db()
    assert second.supersedes == first
    assert first.valid_until == second.valid_from == later(hours=1)
    assert second.is_in_force


def test_small_steps_add_up_to_a_change(state, later):
    state(grade(45.48, level_m=4.20))
    state(grade(45.48, level_m=4.28), later(minutes=1))
    assert state(grade(45.48, level_m=4.36), later(minutes=2)).inputs[1]["value"] == 4.36
    assert Verdict.objects.count() == 2


def test_a_verdict_that_still_holds_is_confirmed_now_and_then(state, now, later):
    state(grade(45.48))
    assert state(grade(45.48), later(minutes=9)).checked_at == now
    assert state(grade(45.48), later(minutes=11)).checked_at == later(minutes=11)


def test_an_unknown_rule_states_nothing(platform, tank, tree, now):
    with pytest.raises(LookupError, match=r"no\.such"):
        verdicts.state(platform, "no.such", tank, grade(45), org_path=tree.chlor.path, now=now)


def test_two_rules_may_not_share_an_id():
    with pytest.raises(ValueError, match=RULE):
        rule(RULE, title="x", edition="other", clause="")(lambda: None)


def test_the_verdict_of_a_past_moment_is_found(state, actor_of, tank, now, later):
    first = state(grade(45.48))
    state(grade(60), later(days=1))
    scope = actor_of("park_safety").scope
    assert queries.verdict_at(scope, RULE, tank, later(hours=3)) == first
    assert queries.verdict_at(scope, RULE, tank, later(days=2)).label == "二级"
    assert queries.verdict_at(scope, RULE, tank, later(days=-1)) is None


def test_an_ended_verdict_is_no_longer_in_force(state, platform, actor_of, tank, later):
    state(grade(45.48))
    assert verdicts.end(platform, RULE, tank, now=later(days=1), reason="罐已拆除")
    assert not verdicts.end(platform, RULE, tank, now=later(days=1))
    assert queries.in_force(actor_of("park_safety").scope, tank) == []


def test_why_gives_scale_distance_inputs_formula_and_what_would_change_it(state, actor_of):
    verdict = state(grade(45.48))
    found = queries.why(actor_of("park_safety").scope, verdict.uuid)
    assert [(d.to.label, round(d.amount, 2)) for d in found.distances] == [("二级", 4.52), ("四级", 35.48)]
    assert found.rule.sure == "text"
    assert "45.4800" in found.verdict.formula
    assert found.verdict.what_if[0]["result"] == "升为 二级"


def test_why_is_hidden_from_the_neighbour(state, actor_of, tree):
    verdict = state(grade(45.48))
    with pytest.raises(NotFound):
        queries.why(actor_of("park_safety", tree.other_park).scope, verdict.uuid)


def test_why_takes_the_same_queries_however_long_the_history(state, actor_of, later):
    scope = actor_of("park_safety").scope
    verdict = state(grade(45.48))
    with CaptureQueriesContext(
        connection,
    ) as few:
        queries.why(scope, verdict.uuid)
    for n in range(5):
        verdict = state(grade(60 + n), later(days=n + 1))
    with CaptureQueriesContext(connection) as many:
        queries.why(scope, verdict.uuid)
    assert len(many) == len(few) <= 5


def test_a_value_outside_the_scale_has_no_distance():
    assert rulebook.distances(5, [Band("3", "三级", 10, 50)]) == []
