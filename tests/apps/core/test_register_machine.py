"""The register machine: pages by place, search by two characters, filters in the address, saved filters, counts that stop at a cap."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chemward.apps.assets.models import Asset
from chemward.apps.core.actions import filters
from chemward.apps.core.errors import Invalid, NotFound, NotPermitted
from chemward.apps.core.models import LoginRecord, Organisation, SavedFilter, UsageDay
from chemward.apps.core.register import paging
from chemward.apps.core.register.paging import Place, page
from chemward.apps.core.register.search import fill, grams, matching, normal
from chemward.apps.core.registers import LoginRegister, OrganisationRegister, UsageRegister
from chemward.apps.core.scope import Scope

pytestmark = pytest.mark.django_db
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROWS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["甲", "乙", "A", "a", ""])), max_size=25)
SORTS = st.sampled_from(["at", "-at", "username", "-username", "id", "-id", "pk"])


def keep(rows, now) -> None:
    LoginRecord.objects.all().delete()
    LoginRecord.objects.bulk_create(LoginRecord(username=name, at=now + timedelta(seconds=s), outcome="in") for s, name in rows)


def forwards(sort: str, size: int) -> list[list[int]]:
    found, place = [], Place()
    while True:
        seen = page(LoginRecord.objects.all(), sort=sort, place=place, size=size)
        found.append([r.pk for r in seen.rows])
        if not seen.next:
            return found
        place = Place(after=seen.next)


def backwards(sort: str, size: int) -> list[list[int]]:
    found, place = [], Place(is_last=True)
    while True:
        seen = page(LoginRecord.objects.all(), sort=sort, place=place, size=size)
        found.append([r.pk for r in seen.rows])
        if not seen.previous:
            return found[::-1]
        place = Place(before=seen.previous)


@SLOW
@given(rows=ROWS, sort=SORTS, size=st.integers(1, 7))
def test_pages_forward_and_back_show_every_row_once_in_order_whatever_ties_there_are(rows, sort, size, db, now):
    keep(rows, now)
    name, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    expected = list(LoginRecord.objects.order_by(sort, f"{sign}pk").values_list("pk", flat=True))
    ahead = forwards(sort, size)
    assert [pk for rows in ahead for pk in rows] == expected, name
    assert all(len(rows) == size for rows in ahead[:-1])
    assert [pk for rows in backwards(sort, size) for pk in rows] == expected


@SLOW
@given(rows=ROWS, sort=SORTS, size=st.integers(1, 7), step=st.integers(0, 6))
def test_back_after_forward_shows_the_page_one_came_from(rows, sort, size, step, db, now):
    keep(rows, now)
    pages = forwards(sort, size)
    step = min(step, len(pages) - 1)
    if step == 0:
        return
    place = Place()
    for _n in range(step):
        place = Place(after=page(LoginRecord.objects.all(), sort=sort, place=place, size=size).next)
    here = page(LoginRecord.objects.all(), sort=sort, place=place, size=size)
    before = page(LoginRecord.objects.all(), sort=sort, place=Place(before=here.previous), size=size)
    assert [r.pk for r in before.rows] == pages[step - 1]
    assert bool(before.previous) == (step > 1)


def test_a_row_that_comes_while_one_turns_pages_shifts_nothing(now):
    keep([(1, "甲")] * 6, now)
    first = page(LoginRecord.objects.all(), sort="-id", place=Place(), size=3)
    LoginRecord.objects.create(username="neu", at=now, outcome="in")
    second = page(LoginRecord.objects.all(), sort="-id", place=Place(after=first.next), size=3)
    assert not {r.pk for r in first.rows} & {r.pk for r in second.rows}
    assert len(second.rows) == 3


@pytest.mark.parametrize(
    ("sort", "mark"),
    [
        *[(sort, mark) for sort in ("id", "at", "username") for mark in ("x", "////", "bnVsbA", "WzEsMiwzXQ", "WzEsImEiXQ", "é")],
        ("at", "WyJub3QgYSB0aW1lIiwxXQ"),
        ("at", "WzEsMV0"),
        ("at", "W3t9LDFd"),
        ("at", "W251bGwsIDFd"),
        ("username", "W251bGwsIDFd"),
    ],
)
def test_a_place_that_is_none_is_refused_not_a_server_fault(sort, mark, now):
    keep([(1, "甲")] * 3, now)
    with pytest.raises(Invalid) as refused:
        page(LoginRecord.objects.all(), sort=sort, place=Place(after=mark), size=2)
    assert refused.value.faults[0].field == "after"


def test_a_count_stops_at_its_cap(now, monkeypatch):
    keep([(0, "甲")] * 12, now)
    assert paging.capped_count(LoginRecord.objects.all(), cap=12) == (12, False)
    assert paging.capped_count(LoginRecord.objects.all(), cap=11) == (11, True)
    assert paging.capped_count(LoginRecord.objects.none()) == (0, False)


def test_a_page_costs_three_queries_however_deep_it_is(now):
    keep([(n, "甲") for n in range(40)], now)
    place = Place()
    for _n in range(4):
        with CaptureQueriesContext(connection) as seen:
            found = page(LoginRecord.objects.all(), sort="-at", place=place, size=9)
        assert len(seen) == 3
        place = Place(after=found.next)
        assert not any("OFFSET" in q["sql"] for q in seen)


# -- search -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def assets(tree, now):
    def add(*names: str) -> None:
        common = {"organisation": tree.chlor, "org_path": tree.chlor.path, "kind": "equipment", "valid_from": now, "since": now}
        rows = [Asset(code=f"E-{n}", name=name, **common) for n, name in enumerate(names, start=Asset.objects.count())]
        fill(rows)
        Asset.objects.bulk_create(rows)

    return add


def found(text: str) -> set[str]:
    return set(matching(Asset.objects.all(), text).values_list("name", flat=True))


def test_two_chinese_characters_are_found_wherever_they_stand(assets):
    assets("液氯储罐", "氯碱电解槽", "碱洗塔", "氯 碱 分离器", "氯气碱液")
    assert found("氯碱") == {"氯碱电解槽", "氯 碱 分离器"}
    assert found("储罐") == {"液氯储罐"}
    assert found("氯碱电") == {"氯碱电解槽"}


def test_width_and_case_of_letters_do_not_matter(assets):
    assets("ＧＴ－3107 探头", "gt-3108 探头")
    assert found("GT-31") == {"ＧＴ－3107 探头", "gt-3108 探头"}


def test_one_character_is_refused_with_what_to_do(assets):
    with pytest.raises(Invalid) as refused:
        found("氯")
    assert refused.value.faults[0].field == "q"


@pytest.mark.parametrize("text", ["' OR 1=1 --", '"*', "a AND b", "%_", "x\\", "NOT (", "😀😀", "\x00ab", "氯碱" * 100])
def test_hostile_search_text_finds_nothing_and_breaks_nothing(text, assets):
    assets("液氯储罐")
    assert found(text) == set()


def test_a_changed_name_is_found_under_the_new_one_only(assets):
    assets("液氯储罐")
    row = Asset.objects.get()
    row.name = "液氨储罐"
    row.save(update_fields=["name"])
    assert found("液氯") == set()
    assert found("液氨") == {"液氨储罐"}


def test_a_word_that_stands_in_every_row_is_found_without_the_index(assets, monkeypatch):
    monkeypatch.setattr("chemward.apps.core.register.search.FEW", 3)
    assets(*[f"液氯储罐 {n}" for n in range(6)])
    assert len(found("储罐")) == 6


@SLOW
@given(
    names=st.lists(st.text("氯碱储罐AB1 -", min_size=1, max_size=8), min_size=1, max_size=8),
    wanted=st.text("氯碱储罐AB1-", min_size=2, max_size=4),
)
def test_search_finds_exactly_the_rows_that_hold_the_text(names, wanted, tree, assets):
    Asset.objects.all().delete()
    assets(*names)
    expected = {n for n in names if normal(wanted) in normal(n)}
    codes = {f"E-{i}" for i, _n in enumerate(names)}
    expected |= {n for i, n in enumerate(names) if normal(wanted) in normal(f"E-{i}")}
    assert codes
    assert found(wanted) == expected


def test_grams_are_words_of_letters_and_digits_only():
    assert all(g.isalnum() and g.isascii() for g in grams("氯碱 <>'\"\x00 😀a"))


# -- address ----------------------------------------------------------------------------------------------------------


def scope(*paths: str) -> Scope:
    return Scope({"usage.view": paths, "organisation.view": paths})


def test_filters_stand_in_the_address_and_come_back_in_words(tree, now):
    LoginRecord.objects.create(username="jia", at=now, outcome="in", org_path=tree.park.path)
    LoginRecord.objects.create(username="jia", at=now, outcome="refused", org_path=tree.park.path)
    register = LoginRegister(scope(tree.park.path), QueryDict("outcome=refused&username=jia&sort=-at"))
    assert [r.outcome for r in register.selected()] == ["refused"]
    assert [f.name for f in register.active_filters()] == ["outcome", "username"]
    without = parse_qs(register.address(outcome=None)[1:])
    assert without == {"username": ["jia"], "sort": ["-at"]}


def test_a_changed_filter_begins_at_the_first_page_again(tree):
    register = LoginRegister(scope(tree.park.path), QueryDict("outcome=in&after=abc"))
    assert "after" not in register.address(outcome="refused")


def test_a_range_leaves_the_address_whole(tree, now):
    LoginRecord.objects.create(username="jia", at=now, outcome="in", org_path=tree.park.path)
    register = LoginRegister(scope(tree.park.path), QueryDict("at_after=2026-03-19&at_before=2026-03-20&outcome=in"))
    assert register.selected().count() == 0
    assert parse_qs(register.address_without("at")[1:]) == {"outcome": ["in"]}
    assert parse_qs(register.address_without("outcome")[1:]).keys() == {"at_after", "at_before"}


@pytest.mark.parametrize("query", ["outcome=nonsense", "at_after=yesterday", "sort=password"])
def test_a_filter_that_is_not_understood_is_named(query, tree):
    with pytest.raises(Invalid) as refused:
        LoginRegister(scope(tree.park.path), QueryDict(query)).page()
    assert refused.value.faults[0].field in {"outcome", "at", "sort"}


def test_a_register_shows_the_subtrees_of_its_capability_only(tree, now):
    for place in (tree.chlor, tree.tanks, tree.other):
        LoginRecord.objects.create(username=place.name, at=now, outcome="in", org_path=place.path)
    assert [r.username for r in LoginRegister(scope(tree.chlor.path), QueryDict()).selected()] == ["示范氯碱"]
    assert LoginRegister(scope(tree.city.path), QueryDict()).selected().count() == 3
    assert LoginRegister(Scope({}), QueryDict()).selected().count() == 0


def test_every_declared_sort_of_the_core_turns_its_pages(tree, user_of, now):
    user = user_of("duty_officer")
    for n in range(3):
        UsageDay.objects.create(user=user, org_path=user.org_path, day=now.date() + timedelta(days=n), last_at=now)
    for register in (UsageRegister, OrganisationRegister):
        for name in register.sorts:
            for sort in (name, f"-{name}"):
                asked = register(scope(tree.city.path), QueryDict(f"sort={sort}"))
                first = page(asked.selected(), sort=asked.sort, place=Place(), size=1)
                second = page(asked.selected(), sort=asked.sort, place=Place(after=first.next), size=1)
                assert first.rows != second.rows


# -- saved filters ----------------------------------------------------------------------------------------------------


def names(actor, query: str = "") -> list[str]:
    return [t["name"] for t in filters.tabs(actor, LoginRegister(actor.scope, QueryDict(query)))][1:]


def save(actor, label: str, now, *, shared: bool = False, query: str = "outcome=in") -> SavedFilter:
    return filters.save(actor, "core.logins", label=label, query=query, is_shared=shared, now=now)


def test_a_filter_is_kept_without_its_page_and_replaced_under_its_name(actor_of, now):
    actor = actor_of("duty_lead")
    save(actor, "登录", now, query="outcome=in&after=abc&last=1")
    row = save(actor, "登录", now, query="outcome=out&before=abc")
    assert SavedFilter.objects.get() == row
    assert row.query == "outcome=out"
    tab = filters.tabs(actor, LoginRegister(actor.scope, QueryDict("outcome=out&after=xyz")))[1]
    assert tab["is_current"]


def test_a_shared_filter_stands_before_everybody_below_and_nobody_else(tree, actor_of, now):
    save(actor_of("duty_lead"), "园区共享", now, shared=True)
    save(actor_of("duty_lead"), "自己的", now)
    assert names(actor_of("duty_lead")) == ["园区共享", "自己的"]
    assert names(actor_of("enterprise_safety")) == ["园区共享"]
    assert names(actor_of("enterprise_safety", tree.other)) == []
    assert names(actor_of("city_bureau")) == []


def test_sharing_asks_for_the_right_to_share(actor_of, now):
    with pytest.raises(NotPermitted):
        save(actor_of("duty_officer"), "x", now, shared=True)
    assert not SavedFilter.objects.exists()


def test_nobody_drops_the_filter_of_another(actor_of, now):
    row = save(actor_of("duty_lead"), "x", now, shared=True)
    with pytest.raises(NotFound):
        filters.drop(actor_of("duty_officer"), row.pk, now=now)
    filters.drop(actor_of("duty_lead"), row.pk, now=now)
    assert not SavedFilter.objects.exists()


# -- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_turns_over_its_rows_and_names_the_number(tree, user_of):
    Organisation.objects.bulk_create(
        Organisation(kind="enterprise", name=f"企业 {n:03d}", parent=tree.park, path=f"{tree.park.path}{9000 + n}.", pk=9000 + n)
        for n in range(120)
    )
    client = Client()
    client.force_login(user_of("platform_administrator"))
    seen, address = [], reverse("core:organisations") + "?kind=enterprise&sort=name"
    for _n in range(5):
        answer = client.get(address)
        assert answer.status_code == 200
        seen += [r.record.name for r in answer.context["table"].rows]
        if not answer.context["next_url"]:
            break
        address = reverse("core:organisations") + answer.context["next_url"]
    assert answer.context["total"] == 122
    assert len(seen) == len(set(seen)) == 122
    last = client.get(reverse("core:organisations") + "?kind=enterprise&sort=name&last=1")
    assert [r.record.name for r in last.context["table"].rows][-1] == seen[-1]
