"""The first administrator of an installation without the demo."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from chemward.apps.core.models import AuditEntry, Organisation, User
from chemward.apps.core.scope import Scope
from chemward.config.setup import CannotPrepare, create_administrator
from tests.config.test_cli import chemward

NOW = datetime(2026, 5, 1, tzinfo=UTC)
WANG = {"username": "wang.wei", "name": "王伟", "organisation": "东海化工园区", "kind": "park"}


@pytest.mark.django_db
def test_the_first_administrator_stands_at_the_top_and_sets_the_password_with_the_link():
    path = create_administrator(**WANG, now=datetime.now(UTC))

    user = User.objects.get()
    top = Organisation.objects.get()
    assert (top.name, top.kind, top.parent) == ("东海化工园区", "park", None)
    assert Scope.of(user).allows("user.manage", top.path)
    assert not user.has_usable_password()
    assert set(AuditEntry.objects.values_list("verb", flat=True)) == {"organisation.add", "user.invite"}
    assert Client().get(path).status_code == 200


@pytest.mark.django_db
def test_a_lost_link_is_made_anew_and_the_old_one_ends():
    first = create_administrator(**WANG, now=NOW)
    second = create_administrator(**WANG, now=NOW + timedelta(days=1))
    assert first != second
    assert Client().get(first).status_code == 404
    assert User.objects.count() == Organisation.objects.count() == 1


@pytest.mark.django_db
def test_there_is_no_second_first_administrator():
    create_administrator(**WANG, now=NOW)
    User.objects.get().set_password("x")
    with pytest.raises(CannotPrepare, match=r"wang\.wei is platform administrator already"):
        create_administrator(**{**WANG, "username": "li.na"}, now=NOW)


@pytest.mark.django_db
def test_a_log_in_name_with_a_space_leaves_nothing_behind():
    with pytest.raises(CannotPrepare, match="username"):
        create_administrator(**{**WANG, "username": "wang wei"}, now=NOW)
    assert not Organisation.objects.exists()


def test_the_command_prints_the_link_once_the_data_folder_is_set_up(tmp_path):
    words = ("create-admin", "--username", "wang.wei", "--name", "王伟", "--organisation", "东海化工园区")
    here = {"CHEMWARD_DATA": str(tmp_path), "CHEMWARD_DEMO": "", "CHEMWARD_DATABASE": ""}
    early = chemward(*words, **here)
    assert (early.returncode, "run `chemward setup` first" in early.stderr) == (2, True)

    assert chemward("setup", **here).returncode == 0
    done = chemward(*words, **here)
    assert re.search(r"^http://localhost:8000/first-password/[\w-]{40,}/$", done.stdout, re.MULTILINE)
