"""The one way to change something: checked, in one transaction with its audit row and its announcement."""

from __future__ import annotations

import pytest

from chemward.apps.core.actions import organisations
from chemward.apps.core.acts import act
from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.core.models import AuditEntry, Organisation, Outbox

pytestmark = pytest.mark.django_db


def test_an_act_changes_audits_and_announces_together(tree, actor_of, now):
    actor = actor_of("platform_administrator")
    with act(actor, "organisation.change", now=now) as a:
        row = a.get(Organisation.objects.all(), "organisation.edit", uuid=tree.chlor.uuid)
        a.record(row, {"name": (row.name, "示范氯碱二厂")}, reason="更名")
        a.announce("ev.act.organisation.change", {"org_path": row.path})
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.reason, entry.subject_id) == ("organisation.change", "更名", str(tree.chlor.uuid))
    assert entry.change_list() == {"name": ["示范氯碱", "示范氯碱二厂"]}
    assert Outbox.objects.get().subject == "ev.act.organisation.change"


@pytest.mark.django_db(transaction=True)
def test_a_failed_act_leaves_nothing_behind(tree, actor_of, now):
    with pytest.raises(RuntimeError), act(actor_of("platform_administrator"), "x", now=now) as a:
        Organisation.objects.filter(pk=tree.chlor.pk).update(name="halb")
        a.record(tree.chlor)
        a.announce("ev.act.x", {})
        raise RuntimeError
    assert Organisation.objects.get(pk=tree.chlor.pk).name == "示范氯碱"
    assert not AuditEntry.objects.exists()
    assert not Outbox.objects.exists()


def test_out_of_scope_is_not_found(tree, actor_of, now):
    with pytest.raises(NotFound):
        organisations.change(actor_of("platform_administrator"), tree.other.uuid, version=1, now=now, name="x")


def test_seen_but_not_allowed_is_not_permitted(tree, actor_of, now):
    with pytest.raises(NotPermitted):
        organisations.change(actor_of("duty_officer"), tree.chlor.uuid, version=1, now=now, name="x")
    assert not AuditEntry.objects.exists()


def test_two_people_do_not_overwrite_each_other(tree, actor_of, now):
    actor = actor_of("platform_administrator")
    organisations.change(actor, tree.chlor.uuid, version=1, now=now, name="甲")
    with pytest.raises(WrongState):
        organisations.change(actor, tree.chlor.uuid, version=1, now=now, name="乙")


def test_a_change_to_what_it_is_already_writes_nothing(tree, actor_of, now):
    organisations.change(actor_of("platform_administrator"), tree.chlor.uuid, version=1, now=now, name="示范氯碱")
    assert not AuditEntry.objects.exists()


def test_an_enterprise_cannot_stand_under_a_city(tree, actor_of, now):
    with pytest.raises(Invalid) as refused:
        organisations.add(actor_of("platform_administrator"), kind="enterprise", name="x", parent=tree.city, now=now)
    assert refused.value.faults[0].field == "parent"


def test_a_new_organisation_lies_under_its_superior(tree, actor_of, now):
    row = organisations.add(actor_of("platform_administrator"), kind="enterprise", name="示范精细", parent=tree.park, now=now)
    assert row.path == f"{tree.park.path}{row.pk}."
