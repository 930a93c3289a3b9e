"""Imports from Excel: judged row by row, all or nothing, and gone on with after a kill without doubles."""

from __future__ import annotations

import io
import random
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from chemward.apps.core.acts import act
from chemward.apps.core.errors import Fault, Invalid, NotPermitted
from chemward.apps.core.jobs import runner
from chemward.apps.core.models import AuditEntry, Job, JobState, Membership, Post
from chemward.apps.core.register import imports
from chemward.apps.core.register.imports import Column, Importer

pytestmark = pytest.mark.django_db(transaction=True)
HEADS = ("岗位编码", "岗位", "备注")


class Killed(BaseException):
    """What `kill -9` looks like from inside: nothing of this run happens any more."""


class PostImport(Importer):
    """Posts of an organisation; a code that exists is changed, so that a batch can be applied twice."""

    name = "test.posts"
    title = "岗位"
    capability = "tag.edit"
    columns = (
        Column("code", HEADS[0], required=True, example="BZ-1"),
        Column("title", HEADS[1], required=True, example="=当班班长"),
        Column("note", HEADS[2], help="不填则为空"),
    )
    batch = 5
    dies_at: int | None = None
    dies_after_its_batch = False
    batches = 0

    def check(self, row):
        if str(row.values["code"]).startswith("X"):
            return [Fault(HEADS[0], "编码不能以 X 开头", "换一个编码")]
        known = Post.objects.filter(organisation=self.organisation, code=row.values["code"], name="已锁定").exists()
        return [Fault(HEADS[0], "岗位已锁定")] if known else []

    def apply(self, rows, now):
        kind = type(self)
        if kind.dies_at == kind.batches and not kind.dies_after_its_batch:
            raise Killed
        with act(self.actor, "post.import", now=now) as a:
            for row in rows:
                post, made = Post.objects.update_or_create(
                    organisation=self.organisation,
                    code=str(row.values["code"]),
                    defaults={"name": row.values["title"], "org_path": self.organisation.path},
                )
                if made:
                    a.record(post, {"name": (None, post.name)})
        kind.batches += 1
        if kind.dies_at == kind.batches - 1 and kind.dies_after_its_batch:
            raise Killed
        return len(rows)


@pytest.fixture(autouse=True)
def importer(monkeypatch):
    monkeypatch.setattr(imports, "PACE_S", 0)
    monkeypatch.setitem(imports._importers, PostImport.name, PostImport)
    PostImport.dies_at, PostImport.batches, PostImport.dies_after_its_batch = None, 0, False


def sheet(rows, heads=HEADS) -> io.BytesIO:
    book, out = Workbook(), io.BytesIO()
    book.active.append(heads)
    for row in rows:
        book.active.append(row)
    book.save(out)
    out.seek(0)
    return out


def posts(n: int) -> list[tuple[str, str, str]]:
    return [(f"BZ-{i}", f"班长 {i}", "") for i in range(n)]


@pytest.fixture
def order(actor_of, tree, now):
    def _order(rows, *, is_dry_run: bool = False, heads=HEADS) -> Job:
        actor = actor_of("enterprise_safety")
        return imports.order(actor, "test.posts", sheet(rows, heads), tree.chlor, is_dry_run=is_dry_run, now=now)

    return _order


def work(now, holder="w1") -> Job:
    job = runner.claim(holder, now)
    runner.execute(job, holder)
    job.refresh_from_db()
    return job


def test_a_dry_run_says_what_would_happen_and_changes_nothing(order, now):
    order(posts(7), is_dry_run=True)
    done = work(now)
    assert (done.state, done.result["rows"], done.result["faulty"], done.result["applied"]) == (JobState.DONE, 7, 0, 0)
    assert not Post.objects.exists()
    assert not AuditEntry.objects.filter(verb="post.import").exists()


def test_rows_without_fault_are_applied_with_audit(order, tree, now):
    order(posts(12))
    done = work(now)
    assert (done.state, done.result["applied"], done.done_count) == (JobState.DONE, 12, 12)
    assert Post.objects.filter(organisation=tree.chlor).count() == 12
    assert AuditEntry.objects.filter(verb="post.import").count() == 12
    assert set(AuditEntry.objects.filter(verb="post.import").values_list("via", flat=True)) == {"job"}


def test_with_one_fault_nothing_is_applied_and_the_fault_names_row_and_field(order, now):
    order([*posts(11), ("X-1", "坏", ""), ("BZ-99", "", "")])
    done = work(now)
    assert done.state == JobState.DONE
    assert (done.result["faulty"], done.result["applied"]) == (2, 0)
    assert [(f["row"], f["field"]) for f in done.result["faults"]] == [(13, HEADS[0]), (14, HEADS[1])]
    assert done.result["faults"][0]["remedy"] == "换一个编码"
    assert not Post.objects.exists()


def test_the_faulty_rows_come_back_as_a_file_to_be_mended(order, now):
    order([("X-1", "+1 班", "")])
    done = work(now)
    book = load_workbook(settings.INSTALLATION.folder("files") / done.result_path)
    head, row = list(book.active.iter_rows(values_only=True))
    assert head[:3] == HEADS
    assert row[:2] == ("X-1", "'+1 班")
    assert row[3] == 2
    assert "编码不能以 X 开头" in row[4]


@pytest.mark.parametrize("after_its_batch", [False, True])
@pytest.mark.parametrize("dies_at", [0, 1, 2])
def test_killed_half_way_it_goes_on_from_the_checkpoint_without_doubles(dies_at, after_its_batch, order, tree, now):
    order(posts(14))
    PostImport.dies_at, PostImport.dies_after_its_batch = dies_at, after_its_batch
    with pytest.raises(Killed):
        runner.execute(runner.claim("w1", now), "w1")
    half = Post.objects.count()
    assert half == 5 * (dies_at + after_its_batch) or half == 14
    PostImport.dies_at = None
    done = work(now + timedelta(seconds=31), "w2")
    assert (done.state, done.attempts) == (JobState.DONE, 2)
    assert sorted(Post.objects.values_list("code", flat=True)) == sorted(code for code, _n, _m in posts(14))
    assert AuditEntry.objects.filter(verb="post.import").count() == 14
    # A batch whose checkpoint was not reached is applied again, no other.
    assert PostImport.batches == 3 + after_its_batch


def test_rows_applied_before_the_kill_are_not_judged_against_themselves(order, tree, now):
    order([(f"BZ-{i}", "已锁定", "") for i in range(9)])
    PostImport.dies_at = 1
    with pytest.raises(Killed):
        runner.execute(runner.claim("w1", now), "w1")
    PostImport.dies_at = None
    done = work(now + timedelta(seconds=31), "w2")
    assert (done.result["faulty"], Post.objects.count()) == (0, 9)


def test_rights_lost_after_the_order_stop_it(order, actor_of, now):
    order(posts(3))
    Membership.objects.filter(user=actor_of("enterprise_safety").user).delete()
    done = work(now)
    assert done.state == JobState.FAILED
    assert not Post.objects.exists()


def test_an_order_asks_for_both_rights_at_the_place(actor_of, tree, now):
    for role, place in (
        ("enterprise_operator", tree.chlor),
        ("enterprise_safety", tree.tanks),
        ("enterprise_safety", tree.other),
    ):
        with pytest.raises(NotPermitted):
            imports.order(actor_of(role), "test.posts", sheet(posts(1)), place, is_dry_run=True, now=now)


def test_headings_may_stand_in_any_order_but_must_be_there(order, now):
    order([("备", "班长", "BZ-7")], heads=("备注", "岗位", "岗位编码"))
    assert work(now).result["applied"] == 1
    order([("班长", "")], heads=("岗位", "备注"))
    failed = work(now)
    assert failed.state == JobState.FAILED
    assert HEADS[0] in failed.error


@pytest.mark.parametrize("data", [b"", b"not excel", b"PK\x03\x04broken", random.Random(7).randbytes(4096)])
def test_a_file_that_is_no_workbook_is_refused_by_name(data, tmp_path):
    path = tmp_path / "in.xlsx"
    path.write_bytes(data)
    with pytest.raises(Invalid) as refused:
        list(imports.read(path, PostImport))
    assert refused.value.faults[0].field == "file"


def test_a_truncated_workbook_is_refused_not_a_server_fault(tmp_path):
    whole = sheet(posts(50)).getvalue()
    path = tmp_path / "in.xlsx"
    for share in (0.2, 0.5, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(Invalid):
            list(imports.read(path, PostImport))


def test_empty_rows_are_passed_over_and_numbers_stay_those_of_the_file(order, now):
    order([("BZ-1", "甲", ""), ("", "", ""), ("X", "乙", "")])
    assert work(now).result["faults"][0]["row"] == 4


def test_a_file_with_too_many_rows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(imports, "MAX_ROWS", 3)
    path = tmp_path / "in.xlsx"
    path.write_bytes(sheet(posts(4)).getvalue())
    with pytest.raises(Invalid):
        list(imports.read(path, PostImport))


def test_the_template_opens_with_headings_and_its_example_is_no_formula(user_of):
    client = Client()
    client.force_login(user_of("enterprise_safety"))
    answer = client.get(reverse("core:register-import", args=["test.posts"]) + "?template=1")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    head, example = list(book.active.iter_rows(values_only=True))
    assert head == HEADS
    assert example[:2] == ("BZ-1", "'=当班班长")


def test_the_page_takes_a_file_for_a_place_in_scope_only(user_of, tree):
    client = Client()
    client.force_login(user_of("enterprise_safety"))
    address = reverse("core:register-import", args=["test.posts"])
    for place, status in ((tree.tanks.pk, 404), (tree.other.pk, 404), ("x", 404), (tree.chlor.pk, 302)):
        file = sheet(posts(2))
        file.name = "岗位.xlsx"
        assert client.post(address, {"organisation": place, "file": file, "dry_run": "1"}).status_code == status
    assert Job.objects.get().arguments["is_dry_run"] is True
    assert client.post(address, {"organisation": tree.chlor.pk}).status_code == 422
