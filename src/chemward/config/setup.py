"""Preparing the data folder before a start: database, static files, in the demo its park. Each step does only what is missing."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import io
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from chemward.config.supervisor import Refused, alone
from chemward.telemetry.installation import Installation

STATIC_STAMP = ".collected"
ADMINISTRATOR = "platform_administrator"


class CannotPrepare(Exception):
    """The data folder cannot be prepared; the text says why and what to do."""


def prepare(installation: Installation, *, is_demo: bool = False) -> None:
    """Bring the data folder to what this version needs. Raises CannotPrepare.

    is_demo: also seed the demo park when the database does not hold it.
    """
    try:
        with alone(installation):
            start_django()
            migrate()
            collect_static()
            if is_demo:
                seed_demo(installation)
    except Refused as fault:
        raise CannotPrepare(str(fault)) from fault


def start_django() -> None:
    """Set Django up for this process."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chemward.config.settings")
    django.setup()


def migrate() -> None:
    """Bring the database to the newest schema. Raises CannotPrepare with the database's own words."""
    from django.core.management import call_command
    from django.db import DatabaseError

    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as fault:
        raise CannotPrepare(f"the database cannot be brought up to date: {fault}") from fault


def collect_static() -> None:
    """Collect static files under hashed names, when any source changed since the last time."""
    from django.conf import settings
    from django.core.management import call_command

    target = Path(settings.STATIC_ROOT)
    stamp = target / STATIC_STAMP
    wanted = static_digest()
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    with contextlib.redirect_stdout(io.StringIO()):
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(wanted, "utf-8")


def static_digest() -> str:
    """Digest of the names, sizes and times of all static sources, and of how they are stored."""
    from django.conf import settings

    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for name, path in sorted(_static_sources()):
        status = path.stat()
        digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _static_sources() -> Iterator[tuple[str, Path]]:
    from django.contrib.staticfiles.finders import get_finders

    for finder in get_finders():
        for name, storage in finder.list([]):
            yield name, Path(storage.path(name))


def seed_demo(installation: Installation) -> None:
    """Seed the demo park: `chemward.demo.seed.seed(installation)`, which does nothing when the park is there already."""
    if importlib.util.find_spec("chemward.demo.seed") is None:
        raise CannotPrepare("this installation has no demo park; start without --demo")
    importlib.import_module("chemward.demo.seed").seed(installation)


# -- the first administrator ------------------------------------------------------------------------------------------


def create_administrator(*, username: str, name: str, organisation: str, kind: str, now: datetime) -> str:
    """The first platform administrator, at the organisation that stands on top of all; answers the path of the one-time link.

    kind: province, city or park. Repeated for an administrator who has not set a password yet, it makes a new link and the old
    one stops working. Raises CannotPrepare when there is an administrator already.
    """
    from django.db import DatabaseError, transaction
    from django.urls import reverse
    from django.utils import translation

    from chemward.apps.core import errors

    try:
        with translation.override("en"), transaction.atomic():
            secret = _administrator(username, name, organisation, kind, now)
    except errors.Refused as fault:
        raise CannotPrepare(str(fault)) from fault
    except DatabaseError as fault:
        raise CannotPrepare(f"the database is not ready ({fault}); run `chemward setup` first") from fault
    return reverse("core:first-password", args=[secret])


def _administrator(username: str, name: str, organisation: str, kind: str, now: datetime) -> str:
    from chemward.apps.core.actions import organisations, users
    from chemward.apps.core.acts import Actor
    from chemward.apps.core.models import Membership, Organisation

    platform = Actor.platform("chemward create-admin")
    known = Membership.objects.filter(role=ADMINISTRATOR, user__is_active=True).select_related("user").first()
    if known and (known.user.username != username or known.user.has_usable_password()):
        raise CannotPrepare(f"{known.user.username} is platform administrator already and can invite others (page Users)")
    if known:
        return users.send_reset(platform, known.user.uuid, now=now)
    top = Organisation.objects.filter(parent=None, name=organisation).first() or organisations.add(
        platform, kind=kind, name=organisation, parent=None, now=now
    )
    _user, secret = users.invite(
        platform, username=username, display_name=name, home=top, memberships=[(top, ADMINISTRATOR)], now=now
    )
    return secret
