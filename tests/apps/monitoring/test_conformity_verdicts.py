"""The conformity of a feed is a verdict: it names its parts, opens to why, and raises a finding when it is poor."""

from datetime import timedelta

import pytest

from chemward.apps.core.scope import Scope
from chemward.apps.followup import queries, rulebook
from chemward.apps.followup.models import Finding, FindingState, Verdict
from chemward.apps.monitoring import verdicts
from chemward.apps.monitoring.actions import feeds
from chemward.apps.monitoring.models import FeedHealth
from chemward.apps.monitoring.rules.conformity import FeedFacts, conformity

from .conftest import PLATFORM

pytestmark = pytest.mark.django_db
GOOD = {"age_s": 1, "period_s": 1, "skew_s": 0, "max_skew_s": 60, "messages": 100, "samples": 1000, "expected": 1000}


def reports(feed, now, **more):
    """The worker's newest report of a feed, scored."""
    score, parts = conformity(FeedFacts(**{**GOOD, **more}))
    FeedHealth.objects.update_or_create(
        feed=feed, defaults={"org_path": feed.org_path, "reported_at": now, "score": score, "score_parts": parts}
    )


def in_force(feed):
    return Verdict.objects.get(rule=verdicts.RULE, subject_id=str(feed.uuid), valid_until=None)


def test_a_feed_that_keeps_the_rules_gets_the_best_band_and_no_finding(feed, now):
    reports(feed, now)
    assert verdicts.state(now) == 1
    said = in_force(feed)
    assert (said.code, said.value, said.level) == ("A", 100, None)
    assert not Finding.objects.exists()


def test_the_same_report_again_writes_nothing(feed, now):
    reports(feed, now)
    verdicts.state(now)
    assert verdicts.state(now + timedelta(minutes=1)) == 0
    assert Verdict.objects.count() == 1


def test_a_part_that_moves_where_it_costs_nothing_writes_nothing(feed, now):
    reports(feed, now, age_s=0.1)
    verdicts.state(now)
    reports(feed, now, age_s=1.9)
    assert verdicts.state(now + timedelta(minutes=1)) == 0
    reports(feed, now, age_s=4)
    assert verdicts.state(now + timedelta(minutes=2)) == 1


def test_a_poor_feed_raises_a_finding_that_clears_when_it_is_good_again(feed, now):
    reports(feed, now, samples=500, age_s=10)
    verdicts.state(now)
    said = in_force(feed)
    assert said.code == "D" and said.level == 2
    found = Finding.objects.get(rule=verdicts.RULE)
    assert found.verdict == said and found.state == FindingState.OPEN
    reports(feed, now + timedelta(minutes=5))
    verdicts.state(now + timedelta(minutes=5))
    found.refresh_from_db()
    assert found.state == FindingState.CLEARED
    assert in_force(feed).supersedes == said


def test_why_shows_every_part_and_what_would_change_the_verdict(feed, now):
    reports(feed, now, samples=850, refused=3)
    verdicts.state(now)
    opened = queries.why(Scope.everything(), in_force(feed).uuid)
    said = opened.verdict
    assert [i["name"] for i in said.inputs] == ["数据及时", "数据完整", "数据质量", "时钟一致", "格式正确", "位号已登记"]
    missing = next(i for i in said.inputs if i["name"] == "数据完整")
    assert (missing["value"], missing["unit"]) == (15.0, "%")
    assert {w["change"].split(" ")[0] for w in said.what_if} == {"数据完整", "格式正确"}
    assert f"= {said.value:.1f}" in said.formula
    assert opened.distances and opened.rule is rulebook.card(verdicts.RULE)


def test_what_was_not_measured_is_missing_and_not_nought(feed, now):
    reports(feed, now, samples=0, expected=0, messages=0)
    verdicts.state(now)
    values = {i["name"]: (i["value"], i["quality"]) for i in in_force(feed).inputs}
    assert values["数据完整"] == (None, "missing")


def test_a_closed_feed_has_no_verdict_in_force(feed, now):
    reports(feed, now)
    verdicts.state(now)
    feeds.deactivate(PLATFORM, feed.uuid, "示范停用", now=now)
    verdicts.state(now + timedelta(minutes=1))
    assert not Verdict.objects.filter(valid_until=None).exists()


@pytest.mark.parametrize(("score", "code"), [(0, "D"), (59.9, "D"), (60, "C"), (75, "B"), (89.9, "B"), (90, "A"), (100, "A")])
def test_bands_begin_at_their_lower_end(score, code):
    assert verdicts.band_of(score).code == code
    assert len(rulebook.distances(score, verdicts.scale())) in (1, 2)
