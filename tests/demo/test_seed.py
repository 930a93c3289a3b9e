"""Seeding puts the whole plan into the database, through the acts, and twice is the same as once."""

import collections

import pytest
from django.contrib.auth import authenticate
from django.db.models import Count

from chemward.apps.assets.models import Asset
from chemward.apps.core.actions import organisations
from chemward.apps.core.acts import Actor
from chemward.apps.core.models import AuditEntry, Membership, Organisation, Outbox, User
from chemward.apps.core.scope import Scope, roles
from chemward.apps.monitoring.models import AlarmDefinition, Credential, Feed, Tag, TagPage
from chemward.apps.monitoring.rules.tables import priority_matrix
from chemward.demo import credentials, seed_assets
from chemward.demo.seed import SHOWN, Seeding, seed
from chemward.telemetry.engine.config import decode_page
from chemward.telemetry.installation import Installation

# Each test runs inside the seeded transaction of the module and is rolled back to it.
pytestmark = pytest.mark.django_db

TABLES = (Organisation, User, Membership, Asset, Feed, Tag, AlarmDefinition, Credential)


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker, tmp_path_factory):
    """A database with the demo park in it; rolled back at the end of the module."""
    from django.db import transaction

    installation = Installation(tmp_path_factory.mktemp("demo"))
    with django_db_blocker.unblock(), transaction.atomic():
        seed(installation)
        yield installation
        transaction.set_rollback(True)


def counts():
    return {t.__name__: t.objects.count() for t in TABLES}


def test_the_whole_plan_is_there(seeded, plan):
    assert Organisation.objects.filter(is_demo=True).count() == len(plan.organisations)
    assert Tag.objects.count() == len(plan.tags)
    assert AlarmDefinition.objects.count() == sum(len(t.alarms) for t in plan.tags)
    assert Asset.objects.count() == sum(len(d) for d in seed_assets.drafts(plan).values())
    assert User.objects.count() == len(plan.users)


def test_seeding_again_does_nothing(seeded, plan):
    before = counts()
    assert seed(seeded) is False
    assert counts() == before


def test_an_interrupted_seeding_is_completed_and_nothing_is_doubled(seeded, plan, now):
    before, audited = counts(), AuditEntry.objects.count()
    (seeded.data / "demo-seeded.json").unlink()
    known = credentials.read(seeded)
    assert seed(seeded) is True
    assert counts() == before
    assert AuditEntry.objects.count() == audited
    assert credentials.read(seeded) == known


def test_a_lost_data_folder_gives_new_keys_and_a_new_password(seeded, plan, now, tmp_path):
    bare = Installation(tmp_path)
    Seeding(plan, bare, now).run()
    active = Credential.objects.filter(revoked_at=None)
    assert {c.key_id for c in active} == {g.user for g in credentials.read(bare).gateways}
    assert active.values("feed").annotate(n=Count("id")).filter(n__gt=1).count() == 0
    password = (tmp_path / "demo-logins.txt").read_text("utf-8").split()[-1]
    assert User.objects.get(username="duty.jia").check_password(password)


def test_every_gateway_has_a_key_for_both_doors(seeded, plan):
    gateways = credentials.read(seeded).gateways
    assert {g.key for g in gateways} == {f.key for f in plan.feeds}
    for gateway in gateways:
        row = Credential.objects.get(key_id=gateway.user)
        assert (row.feed.key, row.feed.shard, sorted(row.kinds)) == (gateway.feed, gateway.shard, ["http", "mqtt"])


def test_the_pages_that_workers_get_hold_every_tag_once(seeded, plan):
    """The newest announcement of each page is one that the engine's own decoder reads."""
    newest = {}
    for row in Outbox.objects.filter(subject__startswith="cfg.tags.").order_by("id"):
        newest[row.subject] = decode_page(row.body.encode())
    told = collections.Counter(t.n for page in newest.values() for t in page.tags)
    assert told == dict.fromkeys(Tag.objects.values_list("id", flat=True), 1)
    assert sum(len(t.alarms) for page in newest.values() for t in page.tags) == AlarmDefinition.objects.count()
    assert TagPage.objects.exclude(dirty_since=None).count() == 0


def test_alarms_that_name_other_tags_name_the_right_ones(seeded):
    deviation = AlarmDefinition.objects.filter(type="DEV").select_related("reference", "tag").first()
    assert deviation.tag.code == deviation.reference.code + "B"
    suppressed = AlarmDefinition.objects.exclude(suppress=None).select_related("tag").first()
    condition = Tag.objects.get(pk=suppressed.suppress["tag"])
    assert condition.kind == "state"
    assert condition.asset_label.split()[0].startswith("XS-")
    assert suppressed.suppress_reason


def test_priorities_are_what_the_matrix_makes_of_them(seeded):
    matrix = priority_matrix()
    rows = AlarmDefinition.objects.values_list("title", "priority", "consequence_class", "time_to_respond_s").distinct()
    assert [r for r in rows if matrix.priority(r[2], r[3]) != r[1]] == []


def test_texts_fit_their_columns(seeded):
    assert [s for s in AlarmDefinition.objects.values_list("limit_source", flat=True).distinct() if not 0 < len(s) <= 120] == []
    assert [s for s in AlarmDefinition.objects.values_list("title", flat=True).distinct() if len(s) > 120] == []


def test_tags_hang_on_instruments_that_hang_on_equipment(seeded):
    tag = Tag.objects.get(external_key="E08-LI-3101")
    instrument = Asset.objects.get(uuid=tag.asset_uuid)
    chain = [instrument.kind]
    while instrument.parent:
        instrument = instrument.parent
        chain.append(instrument.kind)
    assert chain == ["instrument", "equipment", "unit", "area", "site"]


def test_people_can_log_in_and_see_what_is_theirs(seeded, rf):
    text = (seeded.data / "demo-logins.txt").read_text("utf-8")
    assert (seeded.data / "demo-logins.txt").stat().st_mode & 0o777 == 0o600
    password = text.split()[-1]
    for username, _ in SHOWN:
        assert username in text
        assert User.objects.filter(username=username).exists()
    user = authenticate(rf.get("/"), username="e08.safety.jia", password=password)
    assert user is not None
    chlor = Organisation.objects.get(external_key="E08")
    scope = Scope.of(user)
    assert scope.allows("alarm.acknowledge", chlor.path)
    assert not scope.sees(Organisation.objects.get(external_key="E27").path)


def test_every_role_of_the_house_has_somebody(seeded):
    held = set(Membership.objects.values_list("role", flat=True))
    assert held == set(roles())


def test_everything_was_audited_and_announced(seeded, plan):
    verbs = set(AuditEntry.objects.values_list("verb", flat=True).distinct())
    assert {"organisation.add", "user.invite", "asset.create", "feed.create", "tag.enter", "credential.issue"} <= verbs
    assert Outbox.objects.filter(subject__startswith="cfg.feed.").count() == len(plan.feeds)


def test_a_real_park_beside_it_is_left_alone(seeded, now):
    other = organisations.add(Actor.platform("test"), kind="province", name="真省", parent=None, now=now)
    assert other not in Organisation.objects.filter(is_demo=True)
