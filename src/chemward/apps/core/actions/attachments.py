"""Files of records: taken in with their type sniffed, kept outside the static tree, given out only in scope."""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import datetime
from pathlib import Path

import puremagic
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor, act
from chemward.apps.core.errors import Fault, Invalid, NotFound
from chemward.apps.core.models import Attachment, Organisation

# What a safety record needs; anything a browser would run (HTML, SVG, scripts) is not among it.
ALLOWED = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
_TEXT = {".txt": "text/plain", ".csv": "text/csv", ".geojson": "application/geo+json"}


def sniff(name: str, head: bytes) -> str:
    """Content type by content, held against the name. Invalid when they disagree or the type is not allowed."""
    suffix = Path(name).suffix.lower()
    if suffix in _TEXT:
        if b"\0" in head:
            raise Invalid(Fault("file", _("This is not a text file."), _("Send the file under its true name.")))
        return _TEXT[suffix]
    if suffix not in ALLOWED:
        allowed = " ".join(sorted({*ALLOWED, *_TEXT}))
        raise Invalid(Fault("file", _("Files of this type are not taken."), _("Allowed: %(types)s") % {"types": allowed}))
    try:
        found = {m.extension.lower() for m in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        found = set()
    family = {".docx": ".zip", ".xlsx": ".zip", ".jpeg": ".jpg"}
    if not {suffix, family.get(suffix, suffix)} & (found | {".jpg" if e in {".jpeg", ".jfif"} else e for e in found}):
        raise Invalid(Fault("file", _("The content does not match the name."), _("Send the file under its true name.")))
    return ALLOWED[suffix]


def attach(
    actor: Actor, subject: Model, file: UploadedFile, *, organisation: Organisation, capability: str, now: datetime
) -> Attachment:
    """Keep a file with a record. `capability` is what it takes to see it."""
    name = re.sub(r"[\x00-\x1f/\\]", "_", Path(file.name or "file").name)[-200:]
    if not file.size or file.size > settings.ATTACHMENT_MAX_BYTES:
        limit = settings.ATTACHMENT_MAX_BYTES // 2**20
        raise Invalid(Fault("file", _("The file is empty or larger than %(n)d MB.") % {"n": limit}))
    head = file.read(4096)
    content_type = sniff(name, head)
    key = uuid.uuid4()
    path = Path("attachments") / f"{now:%Y%m}" / str(key)
    target = settings.INSTALLATION.folder("files") / path
    target.parent.mkdir(parents=True, exist_ok=True)
    file.seek(0)
    sha = hashlib.sha256()
    with target.open("xb") as out:
        for chunk in file.chunks():
            sha.update(chunk)
            out.write(chunk)
    try:
        with act(actor, "attachment.add", now=now) as a:
            a.permit(capability, organisation.path)
            row = Attachment(
                uuid=key,
                organisation=organisation,
                subject_type=subject._meta.label_lower,
                subject_id=str(getattr(subject, "uuid", subject.pk)),
                capability=capability,
                name=name,
                content_type=content_type,
                size=file.size,
                sha256=sha.hexdigest(),
                path=str(path),
                uploaded_by=actor.user,
            )
            row.save()
            a.record(subject, {"attachment": (None, name)}, org_path=organisation.path)
            return row
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def of(subject: Model) -> list[Attachment]:
    """Files of a record, newest first. The caller has checked that the record is in scope."""
    return list(
        Attachment.objects.filter(
            subject_type=subject._meta.label_lower, subject_id=str(getattr(subject, "uuid", subject.pk)), deleted_at=None
        ).order_by("-id")
    )


def readable(actor: Actor, key: uuid.UUID) -> Attachment:
    """One file that the actor may see. NotFound otherwise."""
    row = Attachment.objects.filter(uuid=key, deleted_at=None).first()
    if row is None or not actor.scope.allows(row.capability, row.org_path):
        raise NotFound(_("Not found."))
    return row
