"""Exports: the rows that the owner may see when the job runs, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from chemward.apps.core.errors import Invalid, NotPermitted
from chemward.apps.core.jobs import runner
from chemward.apps.core.models import Job, JobState, LoginRecord, Membership
from chemward.apps.core.register import exports
from chemward.apps.core.register.cells import plain

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = '=HYPERLINK("http://evil.example","看")'


@pytest.fixture
def log_ins(tree, now):
    rows = [(tree.chlor, HOSTILE), (tree.tanks, "+86 138"), (tree.park, "普通"), (tree.other, "邻园的人")]
    for place, name in rows:
        LoginRecord.objects.create(username=name, at=now, outcome="in", org_path=place.path)


def finished(job: Job, now) -> Job:
    taken = runner.claim("w1", now)
    assert taken == job
    runner.execute(taken, "w1")
    job.refresh_from_db()
    return job


def lines(job: Job) -> list[list[str]]:
    path = settings.INSTALLATION.folder("files") / job.result_path
    if path.suffix == ".csv":
        return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    return [["" if c is None else c for c in row] for row in load_workbook(path).active.iter_rows(values_only=True)]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_holds_headings_and_the_rows_in_scope(form, log_ins, actor_of, now):
    job = finished(exports.order(actor_of("city_bureau"), "core.logins", "sort=at", form, now=now), now)
    assert (job.state, job.error) == (JobState.DONE, "")
    head, *rows = lines(job)
    assert len(head) == 4
    assert [r[1].lstrip("'") for r in rows] == [HOSTILE, "+86 138", "普通", "邻园的人"]
    assert job.result == {"rows": 4}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_of_an_export_is_a_formula(form, log_ins, actor_of, now):
    job = finished(exports.order(actor_of("city_bureau"), "core.logins", "", form, now=now), now)
    for row in lines(job):
        assert not [c for c in row if isinstance(c, str) and c.startswith(("=", "+", "-", "@"))]
    if form == "xlsx":
        book = load_workbook(settings.INSTALLATION.folder("files") / job.result_path)
        assert {c.data_type for row in book.active.iter_rows() for c in row} <= {"s", "n", "d", "inlineStr"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "－1"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert plain(text).startswith("'")


@pytest.mark.parametrize("value", [-1.5, 0, True, None, "氯气 = 2", "a-b", ""])
def test_other_values_stay_what_they_are(value):
    assert plain(value) == value


def test_filters_of_the_page_hold_for_the_export(log_ins, actor_of, now):
    job = finished(exports.order(actor_of("city_bureau"), "core.logins", "username=普通", "csv", now=now), now)
    assert [r[1] for r in lines(job)[1:]] == ["普通"]


def test_rights_lost_after_the_order_are_lost_for_the_file(log_ins, tree, user_of, actor_of, now):
    actor = actor_of("city_bureau")
    job = exports.order(actor, "core.logins", "", "csv", now=now)
    Membership.objects.filter(user=actor.user).update(organisation=tree.other_park)
    assert [r[1] for r in lines(finished(job, now))[1:]] == ["邻园的人"]


def test_without_any_right_left_the_file_is_empty(log_ins, actor_of, now):
    actor = actor_of("city_bureau")
    job = exports.order(actor, "core.logins", "", "csv", now=now)
    Membership.objects.filter(user=actor.user).delete()
    assert len(lines(finished(job, now))) == 1


def test_an_order_is_refused_without_the_right_to_export_or_to_see(actor_of, now):
    for role, register in (("enterprise_operator", "core.logins"), ("duty_officer", "core.users")):
        with pytest.raises(NotPermitted):
            exports.order(actor_of(role), register, "", "csv", now=now)
    assert not Job.objects.exists()


def test_faults_of_an_order_are_said_at_once(actor_of, now):
    actor = actor_of("city_bureau")
    for query, form in (("", "pdf"), ("sort=password", "csv"), ("outcome=nonsense", "csv")):
        with pytest.raises(Invalid):
            exports.order(actor, "core.logins", query, form, now=now)
    with pytest.raises(LookupError):
        exports.order(actor, "core.nothing", "", "csv", now=now)


def test_the_result_is_the_owners_alone(log_ins, user_of, actor_of, now):
    job = finished(exports.order(actor_of("city_bureau"), "core.logins", "", "csv", now=now), now)
    address = reverse("core:job-result", args=[job.uuid])
    owner, colleague = Client(), Client()
    owner.force_login(user_of("city_bureau"))
    colleague.force_login(user_of("platform_administrator"))
    answer = owner.get(address)
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    assert colleague.get(address).status_code == 404
    assert colleague.get(reverse("core:job", args=[job.uuid])).status_code == 404
    assert Client().get(address).status_code == 302


def test_the_page_orders_what_it_shows(log_ins, user_of):
    client = Client()
    client.force_login(user_of("city_bureau"))
    answer = client.post(reverse("core:register-export", args=["core.logins"]), {"query": "outcome=in", "format": "csv"})
    job = Job.objects.get()
    assert answer["Location"] == reverse("core:job", args=[job.uuid])
    assert job.arguments == {"register": "core.logins", "query": "outcome=in", "format": "csv"}
