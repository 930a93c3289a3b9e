"""Files of records: what is in them counts, not what they are called; they are given out in scope only, as downloads."""

from __future__ import annotations

import uuid
import zipfile
from io import BytesIO

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from chemward.apps.core.actions import attachments
from chemward.apps.core.errors import Invalid, NotFound, NotPermitted
from chemward.apps.core.models import Attachment, AuditEntry

pytestmark = pytest.mark.django_db
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000") + b"\x1f\x15\xc4\x89" + b"\0" * 64
JPG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"\0" * 64
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def zipped() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("[Content_Types].xml", "<Types/>")
    return out.getvalue()


@pytest.fixture
def attach(tree, actor_of, now):
    def _attach(name: str, content: bytes, role: str = "enterprise_safety", place=None) -> Attachment:
        place = place or tree.chlor
        file = SimpleUploadedFile("x", content)
        file._name = name  # as a hostile client sends it, before Django takes the path off
        return attachments.attach(actor_of(role), place, file, organisation=place, capability="asset.view", now=now)

    return _attach


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("现场.png", PNG, "image/png"),
        ("现场.JPG", JPG, "image/jpeg"),
        ("现场.jpeg", JPG, "image/jpeg"),
        ("报告.pdf", PDF, "application/pdf"),
        ("说明.txt", "液氯罐区".encode(), "text/plain"),
        ("点位.csv", b"a,b\n1,2\n", "text/csv"),
        ("台账.xlsx", zipped(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("资料.zip", zipped(), "application/zip"),
    ],
)
def test_what_a_safety_record_needs_is_taken(name, content, kind, attach):
    row = attach(name, content)
    assert (row.content_type, row.name, row.size) == (kind, name, len(content))
    assert (settings.INSTALLATION.folder("files") / row.path).read_bytes() == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", HTML),
        ("picture.svg", SVG),
        ("script.js", b"alert(1)"),
        ("run.exe", b"MZ" + b"\0" * 100),
        ("picture.png", HTML),
        ("picture.jpg", SVG),
        ("report.pdf", HTML),
        ("report.pdf", PNG),
        ("notes.txt", b"MZ\0\0binary"),
        ("noextension", PNG),
        ("x.png.html", PNG),
        ("empty.png", b""),
        ("", PNG),
    ],
)
def test_what_a_browser_would_run_or_what_lies_about_itself_is_refused(name, content, attach):
    with pytest.raises(Invalid):
        attach(name, content)
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.png",
        "C:\\windows\\x.png",
        "a\r\nSet-Cookie: x.png",
        "x\0.png",
        "名" * 300 + ".png",
        '"><img src=x>.png',
        "/.png",
    ],
)
def test_a_hostile_name_stays_a_name(name, attach, user_of):
    try:
        row = attach(name, PNG)
    except Invalid:
        return
    assert "/" not in row.name and "\\" not in row.name and not any(c < " " for c in row.name)
    assert len(row.name) <= 200
    path = (settings.INSTALLATION.folder("files") / row.path).resolve()
    assert path.parent.parent == (settings.INSTALLATION.folder("files") / "attachments").resolve()
    client = Client()
    client.force_login(user_of("enterprise_safety"))
    answer = client.get(reverse("core:attachment", args=[row.uuid]))
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_file_is_a_download_that_no_browser_runs(attach, user_of):
    row = attach("现场.png", PNG)
    client = Client()
    client.force_login(user_of("enterprise_safety"))
    answer = client.get(reverse("core:attachment", args=[row.uuid]))
    assert b"".join(answer.streaming_content) == PNG
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_out_of_scope_without_the_right_and_taken_away_are_alike(attach, tree, actor_of, user_of):
    row = attach("现场.png", PNG)
    address = reverse("core:attachment", args=[row.uuid])
    for user in (user_of("enterprise_safety", tree.tanks), user_of("enterprise_safety", tree.other), user_of("contractor")):
        client = Client()
        client.force_login(user)
        assert client.get(address).status_code == 404
    assert Client().get(address).status_code == 302
    Attachment.objects.update(deleted_at=row.created_at)
    with pytest.raises(NotFound):
        attachments.readable(actor_of("enterprise_safety"), row.uuid)
    with pytest.raises(NotFound):
        attachments.readable(actor_of("enterprise_safety"), uuid.uuid4())


def test_a_refused_file_leaves_nothing_on_the_disk(attach, tree):
    folder = settings.INSTALLATION.folder("files") / "attachments"
    before = {p for p in folder.rglob("*") if p.is_file()} if folder.exists() else set()
    with pytest.raises((NotPermitted, NotFound)):
        attach("现场.png", PNG, role="contractor")
    assert {p for p in folder.rglob("*") if p.is_file()} == before


def test_a_file_larger_than_allowed_is_refused(attach, settings):
    settings.ATTACHMENT_MAX_BYTES = 10
    with pytest.raises(Invalid):
        attach("现场.png", PNG)


def test_adding_a_file_is_audited_on_its_record(attach, tree):
    row = attach("现场.png", PNG)
    entry = AuditEntry.objects.get(verb="attachment.add")
    assert entry.subject_id == str(tree.chlor.uuid)
    assert entry.change_list() == {"attachment": [None, "现场.png"]}
    assert attachments.of(tree.chlor) == [row]
