"""Whichever index leads, a register shows the same rows: the thresholds decide about speed only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chemward.apps.core.register import paging, search
from chemward.apps.core.scope import Scope
from chemward.apps.monitoring.history import HistoryRegister
from chemward.apps.monitoring.models import AlarmOccurrence

pytestmark = pytest.mark.django_db
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
QUERIES = st.lists(
    st.sampled_from(
        [
            "priority=1",
            "priority=1&priority=3",
            "type=HH",
            "outcome=false",
            "is_open=true",
            "is_open=false",
            "is_late=true",
            "code=gt-2",
            "enterprise=示范",
            "enterprise=储运",
            "since=2026-03-18T06:27:00Z",
            "until=2026-03-18T06:27:30Z",
            "q=氯气",
            "q=浓度高",
            "sort=priority",
            "sort=-priority",
            "sort=raised_at",
            "last=1",
        ]
    ),
    max_size=4,
    unique_by=lambda q: q.split("=")[0],
).map("&".join)


@pytest.fixture
def alarms(tree, now):
    def one(n: int) -> AlarmOccurrence:
        place = (tree.chlor, tree.tanks, tree.other)[n % 3]
        at = now + timedelta(seconds=n * 7 % 90)
        return AlarmOccurrence(
            organisation=place,
            org_path=place.path,
            tag_number=n,
            code=f"{'GT' if n % 2 else 'Gt'}-{n % 5}",
            title=("氯气浓度高", "氯气低报", "浓度 高", "氨气浓度高高")[n % 4],
            type=("H", "HH", "L")[n // 2 % 3],
            priority=1 + n % 4,
            raised_at=at,
            worsened_at=at,
            received_at=at,
            is_open=n % 6 == 0,
            is_late=n % 7 == 0,
            outcome=("", "true", "false")[n // 3 % 3],
        )

    rows = [one(n) for n in range(90)]
    search.fill(rows)
    return AlarmOccurrence.objects.bulk_create(rows)


def shown(path: str, query: str) -> list[int]:
    return [r.pk for r in HistoryRegister(Scope({"alarm.view": (path,)}), QueryDict(query)).page().rows]


@SLOW
@given(query=QUERIES, cap=st.sampled_from([0, 5, 25, 40]), few=st.sampled_from([0, 10, 50]), is_wide=st.booleans())
def test_the_same_rows_stand_on_the_page_whichever_way_they_are_come_by(query, cap, few, is_wide, alarms, tree, db):
    path = tree.park.path if is_wide else tree.chlor.path
    expected = shown(path, query)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paging, "COUNT_CAP", cap)
        patch.setattr(search, "FEW", few)
        patch.setattr(search, "MANY", 2 * few)
        assert shown(path, query) == expected


@pytest.mark.parametrize("query", ["", "priority=1", "code=gt-2&q=氯气", "q=浓度", "sort=priority&outcome=true", "last=1"])
def test_a_page_asks_as_often_however_many_rows_there_are(query, alarms, tree, monkeypatch):
    for cap in (0, 10_000):
        monkeypatch.setattr(paging, "COUNT_CAP", cap)
        with CaptureQueriesContext(connection) as seen:
            shown(tree.park.path, query)
        assert len(seen) <= 6


def test_a_word_found_often_is_counted_as_more_than_what_was_looked_at(alarms, tree, monkeypatch):
    monkeypatch.setattr(paging, "COUNT_CAP", 10)
    monkeypatch.setattr(search, "FEW", 12)
    page = HistoryRegister(Scope({"alarm.view": (tree.park.path,)}), QueryDict("q=浓度高")).page()
    assert page.is_capped
    assert page.count >= len(page.rows) > 10


def test_a_code_is_found_in_whichever_case_it_is_typed(alarms, tree):
    for typed in ("gt-2", "GT-2", "Gt-2"):
        assert len(shown(tree.city.path, f"code={typed}")) == 18
    assert shown(tree.city.path, "code=gt") == []
