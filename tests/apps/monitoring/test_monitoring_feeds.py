"""Feeds, their keys, their tags: entered, accepted, imported, announced to the workers."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.core.models import AuditEntry, Outbox
from chemward.apps.monitoring.actions import config, credentials, definitions, feeds, tags
from chemward.apps.monitoring.actions.definitions import NewAlarm
from chemward.apps.monitoring.actions.tags import NewTag
from chemward.apps.monitoring.keeping import keep_unknown_tags
from chemward.apps.monitoring.models import AlarmDefinition, Credential, LimitVersion, Tag, TagPage, UnknownTag
from chemward.apps.monitoring.rules.state import ms
from chemward.telemetry.engine.config import TagPage as EnginePage
from chemward.telemetry.engine.config import faults
from tests.apps.monitoring.conftest import PLATFORM, announced


def test_a_new_feed_is_announced_to_the_workers(tree, actor_of, now):
    feed = feeds.create(actor_of("enterprise_safety"), tree.chlor.uuid, "DCS 网关", now=now)
    (body,) = announced(f"cfg.feed.{feed.key}")
    assert body == {
        "feed": feed.key,
        "shard": f"{tree.chlor.pk % 64:02d}",
        "org_path": tree.chlor.path,
        "enterprise": "示范氯碱",
        "name": "DCS 网关",
        "lateness_s": 300,
        "period_s": 10,
        "max_skew_s": 60,
        "active": True,
        "version": 1,
    }


def test_only_who_keeps_feeds_may_open_one(tree, actor_of, now):
    with pytest.raises(NotPermitted):
        feeds.create(actor_of("duty_officer"), tree.chlor.uuid, "x", now=now)
    with pytest.raises(NotFound):
        feeds.create(actor_of("enterprise_safety"), tree.other.uuid, "x", now=now)


def test_a_feed_that_somebody_else_changed_is_not_overwritten(feed, actor_of, now):
    safety = actor_of("enterprise_safety")
    feeds.change(safety, feed.uuid, {"period_s": 5}, version=1, now=now)
    with pytest.raises(WrongState):
        feeds.change(safety, feed.uuid, {"period_s": 7}, version=1, now=now)
    assert [b["version"] for b in announced(f"cfg.feed.{feed.key}")] == [1, 2]
    with pytest.raises(Invalid, match="shard"):
        feeds.change(safety, feed.uuid, {"shard": "00"}, now=now)


def test_a_closed_feed_is_announced_once_and_gets_no_key(feed, actor_of, now):
    safety = actor_of("enterprise_safety")
    feeds.deactivate(safety, feed.uuid, "拆除", now=now)
    feeds.deactivate(safety, feed.uuid, "拆除", now=now)
    assert [b["active"] for b in announced(f"cfg.feed.{feed.key}")] == [True, False]
    with pytest.raises(WrongState):
        credentials.issue(safety, feed.uuid, now=now)


class TestCredentials:
    def test_the_secret_is_shown_once_and_only_its_digest_is_kept(self, feed, actor_of, now):
        issued = credentials.issue(actor_of("enterprise_safety"), feed.uuid, kinds=["mqtt", "http"], now=now)
        digest = hashlib.sha256(issued.secret.encode()).hexdigest()
        assert len(issued.secret) >= 43, "256 bit"
        assert Credential.objects.get().secret_sha256 == digest
        assert announced(f"cfg.credential.{issued.credential.key_id}") == [
            {
                "id": issued.credential.key_id,
                "feed": feed.key,
                "secret_sha256": digest,
                "kinds": ["http", "mqtt"],
                "active": True,
                "version": 1,
            }
        ]
        everything = "".join(Outbox.objects.values_list("body", flat=True)) + "".join(
            AuditEntry.objects.values_list("changes", flat=True)
        )
        assert issued.secret not in everything

    def test_a_revoked_key_is_announced_as_dead(self, feed, actor_of, now, later):
        safety = actor_of("enterprise_safety")
        issued = credentials.issue(safety, feed.uuid, now=now)
        credentials.revoke(safety, issued.credential.uuid, "泄露", now=later(minutes=1))
        credentials.revoke(safety, issued.credential.uuid, "泄露", now=later(minutes=2))
        assert [b["active"] for b in announced(f"cfg.credential.{issued.credential.key_id}")] == [True, False]
        assert Credential.objects.get().revoked_at == later(minutes=1)

    def test_an_operator_issues_none(self, feed, actor_of, now):
        with pytest.raises(NotPermitted):
            credentials.issue(actor_of("enterprise_operator"), feed.uuid, now=now)
        with pytest.raises(Invalid):
            credentials.issue(actor_of("enterprise_safety"), feed.uuid, kinds=["telnet"], now=now)


def page_of(body):
    """What a worker reads."""
    return msgspec.convert(body, EnginePage)


class TestTags:
    def test_the_page_is_what_the_engine_reads(self, feed, detector):
        (body,) = announced(f"cfg.tags.{feed.key}.0")
        page = page_of(body)
        (tag,) = page.tags
        assert (page.feed, page.page, page.version) == (feed.key, 0, 1)
        assert (tag.n, tag.code, tag.unit, tag.lo, tag.hi, tag.period_s, tag.org_path) == (
            detector.pk,
            "GT-3107",
            "mg/m³",
            0,
            10,
            1,
            feed.org_path,
        )
        assert [(a.type, a.limit, a.level, a.priority, a.major_hazard) for a in tag.alarms] == [
            ("H", 1.0, 1, 2, False),
            ("HH", 2.0, 2, 1, True),
        ]
        assert faults(tag) == []
        assert {a.id for a in tag.alarms} == {str(d.uuid) for d in AlarmDefinition.objects.all()}

    def test_a_gas_tag_takes_what_its_basis_allows(self, feed, detector, actor_of, now):
        assert "ppm" not in page_of(announced(f"cfg.tags.{feed.key}.0")[0]).tags[0].conversions
        tags.change(actor_of("enterprise_safety"), detector.uuid, {"conversion_basis": {"molar_mass": 70.9}}, now=now)
        factor, offset = page_of(announced(f"cfg.tags.{feed.key}.0")[1]).tags[0].conversions["ppm"]
        assert (round(factor, 3), offset) == (round(70.9 / 24.45, 3), 0)

    def test_nonsense_is_refused_with_every_fault(self, feed, actor_of, now):
        bad = [NewTag("", {"lo": 5, "hi": 1}), NewTag("B", {}, [NewAlarm("H", "", {})]), NewTag("C", {"shape": 1})]
        with pytest.raises(Invalid) as refused:
            tags.enter(actor_of("enterprise_safety"), feed.uuid, bad, now=now)
        assert [f.field for f in refused.value.faults] == ["rows.0.code", "rows.0.hi", "rows.1.alarms.0.title", "rows.2.shape"]
        assert not Tag.objects.exists()

    def test_limits_that_contradict_each_other_are_refused(self, detector, actor_of, now):
        with pytest.raises(Invalid, match="is not above"):
            definitions.add(actor_of("enterprise_safety"), detector.uuid, NewAlarm("L", "低", {"limit": 1.5}), now=now)

    def test_an_unknown_tag_is_accepted_once(self, feed, actor_of, now):
        code = "<img src=x onerror=alert(1)> 氯'"
        body = {"feed": feed.key, "codes": [{"code": code, "first_ms": ms(now), "example": 2.5, "unit": "MPa"}]}
        keep_unknown_tags([body], now)
        safety = actor_of("enterprise_safety")
        done = tags.accept(safety, feed.uuid, [code], now=now)
        again = tags.accept(safety, feed.uuid, [code], now=now)
        assert (done.created, again.created, Tag.objects.count(), UnknownTag.objects.count()) == ([code], [], 1, 0)
        assert page_of(announced(f"cfg.tags.{feed.key}.0")[-1]).tags[0].code == code
        assert Tag.objects.get().unit == "MPa"

    def test_a_dismissed_tag_is_not_offered_again(self, feed, actor_of, now):
        keep_unknown_tags([{"feed": feed.key, "codes": [{"code": "X", "first_ms": ms(now), "example": 1, "unit": ""}]}], now)
        safety = actor_of("enterprise_safety")
        assert tags.dismiss(safety, feed.uuid, ["X"], now=now) == 1
        assert tags.dismiss(safety, feed.uuid, ["X"], now=now) == 0
        with pytest.raises(NotPermitted):
            tags.dismiss(actor_of("duty_officer"), feed.uuid, ["X"], now=now)

    def test_two_thousand_tags_are_entered_in_paced_transactions_and_every_page_is_announced_once(self, feed, actor_of, now):
        news = [NewTag(f"TI-{i:04d}", {"unit": "℃"}, [NewAlarm("H", "高", {"limit": 80.0})]) for i in range(2000)]
        done = tags.enter(actor_of("enterprise_safety"), feed.uuid, news, now=now)
        assert (len(done.created), Tag.objects.count(), AlarmDefinition.objects.count(), LimitVersion.objects.count()) == (
            2000,
            2000,
            2000,
            2000,
        )
        pages = [page_of(b) for b in announced(f"cfg.tags.{feed.key}.")]
        assert [(p.page, p.version, len(p.tags)) for p in pages] == [(i, 1, 256 if i < 7 else 208) for i in range(8)]
        assert not TagPage.objects.exclude(dirty_since=None).exists()
        assert AlarmDefinition.objects.filter(page_version=1).count() == 2000

        again = tags.enter(actor_of("enterprise_safety"), feed.uuid, news, now=now)
        assert (again.created, again.changed, len(again.unchanged)) == ([], [], 2000)
        assert len(announced(f"cfg.tags.{feed.key}.")) == 8

    def test_what_a_killed_import_left_is_announced_by_the_clock(self, feed, actor_of, now, later):
        tags.enter(actor_of("enterprise_safety"), feed.uuid, [NewTag("A")], now=now, announces=False)
        assert announced(f"cfg.tags.{feed.key}.") == []
        assert config.announce_dirty(PLATFORM, now=later(seconds=2), before=now) == 0
        assert config.announce_dirty(PLATFORM, now=later(seconds=9), before=later(seconds=6)) == 1
        assert len(announced(f"cfg.tags.{feed.key}.")) == 1

    def test_an_import_never_changes_a_limit_that_stands(self, feed, detector, actor_of, now):
        row = NewTag("GT-3107", {"place": "东"}, [NewAlarm("H", "x", {"limit": 9.0})])
        done = tags.enter(actor_of("enterprise_safety"), feed.uuid, [row], now=now)
        assert done.changed == ["GT-3107"]
        assert AlarmDefinition.objects.get(type="H").limit == 1.0
        assert Tag.objects.get().place == "东"

    def test_priority_comes_from_the_matrix(self, feed, actor_of, now):
        alarm = NewAlarm("HH", "x", {"limit": 1.0, "consequence_class": "severe", "time_to_respond_s": 300})
        tags.create(actor_of("enterprise_safety"), feed.uuid, NewTag("P", {}, [alarm]), now=now)
        definition = AlarmDefinition.objects.get()
        assert definition.priority == 1
        definitions.rank(actor_of("enterprise_lead"), definition.uuid, "minor", 3600, reason="复核", now=now)
        definition.refresh_from_db()
        assert definition.priority == 4
        with pytest.raises(NotPermitted):
            definitions.rank(actor_of("enterprise_safety"), definition.uuid, "minor", 60, reason="x", now=now)

    def test_a_tag_takes_label_and_position_of_its_asset_and_follows_it(self, feed, tree, actor_of, now):
        from chemward.apps.assets.models import Asset
        from chemward.apps.monitoring.keeping import follow_assets

        asset = Asset(
            organisation=tree.chlor, kind="instrument", code="GT-1", name="探测器", lon=120.1, lat=30.2, valid_from=now, since=now
        )
        asset.save()
        safety = actor_of("enterprise_safety")
        tag = tags.create(safety, feed.uuid, NewTag("GT-1", {"asset_uuid": str(asset.uuid)}), now=now)
        assert (tag.asset_label, tag.longitude, tag.latitude) == ("GT-1 探测器", 120.1, 30.2)
        Asset.objects.filter(pk=asset.pk).update(name="氯气探测器", lon=120.3)
        follow_assets([{"id": str(asset.uuid)}])
        tag.refresh_from_db()
        assert (tag.asset_label, tag.longitude) == ("GT-1 氯气探测器", 120.3)
        assert "氯气" in tag.search_text

    def test_an_asset_of_strangers_or_no_asset_at_all_is_refused(self, feed, tree, detector, actor_of, now):
        from chemward.apps.assets.models import Asset

        theirs = Asset(organisation=tree.other, kind="instrument", code="X", name="X", valid_from=now, since=now)
        theirs.save()
        safety = actor_of("enterprise_safety")
        for asset in (str(theirs.uuid), "00000000-0000-4000-8000-000000000000", "no uuid"):
            with pytest.raises(Invalid):
                tags.change(safety, detector.uuid, {"asset_uuid": asset}, now=now)
            with pytest.raises(Invalid):
                tags.enter(safety, feed.uuid, [NewTag("N", {"asset_uuid": asset})], now=now)

    @pytest.mark.parametrize(
        ("values", "field"),
        [({"name": "长" * 121}, "name"), ({"lo": "low"}, "lo"), ({"kind": "number!"}, "kind"), ({"latitude": 91.0}, "latitude")],
    )
    def test_what_does_not_fit_its_column_is_a_fault_of_the_field(self, feed, detector, actor_of, now, values, field):
        safety = actor_of("enterprise_safety")
        for attempt in (
            lambda: tags.create(safety, feed.uuid, NewTag("N", values), now=now),
            lambda: tags.change(safety, detector.uuid, values, now=now),
        ):
            with pytest.raises(Invalid) as refused:
                attempt()
            assert field in {f.field for f in refused.value.faults}

    def test_an_alarm_refers_to_tags_of_its_own_enterprise_only(self, feed, tree, detector, actor_of, now):
        from chemward.apps.monitoring.actions import feeds as acts

        theirs = acts.create(PLATFORM, tree.other.uuid, "x", now=now)
        stranger = tags.create(PLATFORM, theirs.uuid, NewTag("S"), now=now)
        safety = actor_of("enterprise_safety")
        deviation = {"limit": 1.0, "reference_id": stranger.pk}
        condition = {"limit": -5.0, "suppress": {"tag": stranger.pk, "op": "==", "value": 1}, "suppress_reason": "停车"}
        for kind, values in (("DEV", deviation), ("ROC", condition)):
            with pytest.raises(Invalid) as refused:
                definitions.add(safety, detector.uuid, NewAlarm(kind, "x", values), now=now)
            assert refused.value.faults[0].field in {"reference_id", "suppress"}
