"""How SQLite reads the registers that grow large: by the index of what few rows match, or along an index that holds all that is filtered by.

Not timed: the plan of each declared filter with each declared order says whether its cost grows with the table.
"""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.http import QueryDict

from chemward.apps.core import registers as _core
from chemward.apps.core.register import reading
from chemward.apps.core.register.leading import Way
from chemward.apps.core.register.paging import Place, ids_of
from chemward.apps.core.register.register import all_registers
from chemward.apps.core.scope import Scope, capabilities
from chemward.apps.followup import registers as _followup
from chemward.apps.followup.models import Receipt
from chemward.apps.monitoring import history as _history
from chemward.apps.monitoring import registers as _monitoring

KNOWN = (_core, _followup, _history, _monitoring)
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by its statistics"),
]

DAYS = "since=2026-06-01T00:00:00Z"
PLACE = {"org": "org=1.4.", "organisation": "organisation=氯碱", "org_kind": "org_kind=enterprise"}
# An address for each declared filter. Two for a filter of choices: one value, several values.
ADDRESSES = {
    "monitoring.alarms": {
        "priority": "priority=1",
        "priority, two": "priority=1&priority=2",
        "type": "type=LL",
        "type, two": "type=LL&type=L",
        "org": "org=1.4.",
        "enterprise": "enterprise=氯碱",
        "code": "code=gt-1",
        "is_open": "is_open=true",
        "is_open, no": "is_open=false",
        "is_late": "is_late=true",
        "is_late, no": "is_late=false",
        "outcome": "outcome=false",
        "outcome, two": "outcome=false&outcome=test",
        "since": DAYS,
        "until": "until=2026-06-01T00:00:00Z",
        "since, until": f"{DAYS}&until=2026-06-02T00:00:00Z",
        "priority, type, outcome": "priority=1&type=LL&outcome=test",
    },
    "monitoring.tags": {
        "organisation": "organisation=氯碱",
        "feed": "feed=abcdefghij",
        "kind": "kind=text",
        "kind, two": "kind=text&kind=state",
        "unit": "unit=ppm",
        "is_enabled": "is_enabled=false",
        "has_alarm": "has_alarm=true",
        "has_alarm, no": "has_alarm=false",
        "is_alarming": "is_alarming=true",
        "is_alarming, no": "is_alarming=false",
        "asset": "asset=6f2c1f0e-3e9b-4f0e-8a59-5f2b3a4c5d6e",
    },
    "core.audit": {
        "verb": "verb=alarm.",
        "actor": "actor=甲",
        "subject_type": "subject_type=core.user",
        "subject_id": "subject_id=1",
        "subject": "subject_type=core.user&subject_id=1",
        "at": "at_after=2026-06-01&at_before=2026-06-02",
    },
    "core.logins": {"outcome": "outcome=refused", "username": "username=jia", "at": "at_after=2026-06-01"},
    "core.usage": {"day": "day_after=2026-06-01", "user": "user=甲"},
    "followup.findings": {
        **PLACE,
        "state": "state=open",
        "level": "level=1",
        "rule": "rule=x",
        "state, level": "state=open&level=1",
    },
    "followup.hazards": {
        **PLACE,
        "state": "state=closed",
        "level": "level=major",
        "origin": "origin=patrol",
        "found": "found_after=2026-06-01",
        "is_late": "is_late=true",
    },
    "followup.duties": {**PLACE, "state": "state=owed", "post": "post=值班", "kind": "kind=x", "is_late": "is_late=true"},
    "followup.verdicts": {**PLACE, "rule": "rule=x", "level": "level=1", "is_past": "is_past=true"},
}
# Asked of the historian, not of the database.
ELSEWHERE = {"data"}


def large():
    return {name: r for name, r in all_registers().items() if r.leads is not None}


def asked(name: str, query: str, path: str = "1."):
    register = all_registers()[name](Scope(dict.fromkeys(capabilities(), (path,))), QueryDict(query))
    register.selected()
    return register


def plan(rows) -> list[str]:
    """What SQLite says of how it reads the register's own table (not those that a filter looks into first), and of sorting."""
    table = rows.model._meta.db_table
    steps = re.sub(r"^[\d ]+", "", rows.explain(), flags=re.M).splitlines()
    return [s for s in steps if re.search(rf"\b{table}\b", s) or "TEMP B-TREE" in s]


CASES = [(name, case, query) for name, cases in ADDRESSES.items() for case, query in cases.items()]


def test_every_filter_of_every_large_register_is_looked_at():
    assert set(large()) == set(ADDRESSES)
    for name, register in large().items():
        told = {case.split(",")[0] for case in ADDRESSES[name]} | ELSEWHERE
        assert set(register.filters.base_filters) <= told, name
        assert set(register.leads) <= set(register.filters.base_filters), name


@pytest.mark.parametrize(("name", "case", "query"), CASES)
def test_where_many_rows_match_the_order_is_walked_and_nothing_sorted(name, case, query):
    for sort in large()[name].sorts:
        for sign in ("", "-"):
            register = asked(name, f"{query}&sort={sign}{sort}")
            steps = plan(ids_of(reading.walked(register), register.sort.removeprefix("-"), Place(), sign == "-", False)[:51])
            assert not any("TEMP B-TREE" in s for s in steps), (sort, steps)
            assert all("INDEX" in s for s in steps), (sort, steps)
            if not register.lead():
                # Nobody knows how many rows are passed over before a page is full: none of them may be fetched for that.
                assert all("COVERING INDEX" in s for s in steps), (sort, steps)


@pytest.mark.parametrize(("name", "case", "query"), CASES)
def test_where_few_rows_match_a_filter_its_index_finds_them(name, case, query):
    for sort in large()[name].sorts:
        register = asked(name, f"{query}&sort={sort}")
        if not register.lead():
            continue
        lead = register.lead()
        rows = register.selected(Way(led_by=lead, is_scope_loose=True, along=register.leads[lead]), has_search=False)
        for question in (rows.order_by().values("pk"), ids_of(rows, register.sort, Place(), True, True)[:51]):
            steps = [s for s in plan(question) if "TEMP B-TREE" not in s]
            assert steps, question.explain()
            assert any(s.startswith("SEARCH") or "alarm_open" in s or "_late" in s for s in steps), (sort, steps)
            if case == "since, until":
                assert any("raised_at>? AND raised_at<?" in s for s in steps), steps


@pytest.mark.parametrize(("name", "case", "query"), CASES)
def test_who_sees_few_rows_has_them_found_by_the_path_whatever_is_filtered(name, case, query):
    register = asked(name, query, "1.4.7.")
    steps = plan(register.selected(Way(led_by=""), has_search=False).order_by().values("pk"))
    assert all(re.match(r"SEARCH .*\(org_path>\? AND org_path<\?\)", s) for s in steps), steps


def test_the_messages_of_a_person_are_walked_by_their_time(user_of):
    rows = Receipt.objects.filter(user=user_of("duty_officer"))
    for page in (rows, rows.filter(read_at=None)):
        steps = plan(ids_of(page, "received_at", Place(), True, False)[:51])
        assert steps
        assert all(s.startswith("SEARCH") for s in steps), steps
