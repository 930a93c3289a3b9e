"""Ending alarms and tags: who may, what hangs on them, what stays, what the workers are told."""

import pytest
from django.test import Client
from django.urls import reverse

from chemward.apps.core.errors import Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.core.models import AuditEntry
from chemward.apps.monitoring.actions import limits, retiring, silences, tags
from chemward.apps.monitoring.actions.definitions import NewAlarm
from chemward.apps.monitoring.actions.tags import NewTag
from chemward.apps.monitoring.models import AlarmDefinition, ChangeState, Silence, SilenceState, Tag

from .conftest import PLATFORM, announced

pytestmark = pytest.mark.django_db
WHY = "探测器已拆除"


def newest_page(feed):
    return announced(f"cfg.tags.{feed.key}.0")[-1]


def in_force(*definitions, now):
    AlarmDefinition.objects.filter(pk__in=[d.pk for d in definitions]).update(in_force_since=now)


def test_an_ended_alarm_is_gone_from_the_page_of_the_workers_and_audited(first_level, feed, actor_of, now):
    retiring.end_alarm(actor_of("enterprise_safety"), first_level.uuid, WHY, now=now)
    (tag,) = newest_page(feed)["tags"]
    assert [a["id"] for a in tag["alarms"]] == [str(AlarmDefinition.objects.get(type="HH").uuid)]
    entry = AuditEntry.objects.get(verb="alarm_definition.end")
    assert entry.reason == WHY


def test_an_alarm_in_use_is_ended_only_by_who_may_approve_limits(first_level, actor_of, now):
    in_force(first_level, now=now)
    with pytest.raises(NotPermitted):
        retiring.end_alarm(actor_of("enterprise_safety"), first_level.uuid, WHY, now=now)
    assert retiring.end_alarm(actor_of("enterprise_lead"), first_level.uuid, WHY, now=now).deleted_at == now


def test_what_an_approved_change_took_out_of_use_is_ended_by_who_keeps_the_tags(first_level, actor_of, now):
    in_force(first_level, now=now)
    AlarmDefinition.objects.filter(pk=first_level.pk).update(is_enabled=False)
    assert retiring.end_alarm(actor_of("enterprise_safety"), first_level.uuid, WHY, now=now).deleted_at == now


def test_silences_and_proposals_of_an_ended_alarm_are_over(first_level, actor_of, now):
    silences.shelve(PLATFORM, [first_level.uuid], 30, "校验", now=now)
    change = limits.propose(actor_of("enterprise_safety"), first_level.uuid, {"limit": 1.2}, "误报", now=now)
    retiring.end_alarm(actor_of("enterprise_safety"), first_level.uuid, WHY, now=now)
    change.refresh_from_db()
    assert change.state == ChangeState.WITHDRAWN
    assert Silence.objects.get().state == SilenceState.ENDED


def test_ended_twice_is_not_there(first_level, actor_of, now):
    retiring.end_alarm(actor_of("enterprise_safety"), first_level.uuid, WHY, now=now)
    with pytest.raises(NotFound):
        retiring.end_alarm(actor_of("enterprise_safety"), first_level.uuid, WHY, now=now)


def test_no_end_without_a_reason_and_none_from_outside(first_level, detector, actor_of, tree, now):
    with pytest.raises(Invalid):
        retiring.end_alarm(actor_of("enterprise_safety"), first_level.uuid, " ", now=now)
    for ending, row in ((retiring.end_alarm, first_level), (retiring.retire_tag, detector)):
        with pytest.raises(NotFound):
            ending(actor_of("enterprise_safety", tree.tanks), row.uuid, WHY, now=now)


def test_a_retired_tag_takes_its_alarms_along_and_frees_its_code(detector, feed, actor_of, now):
    tag = retiring.retire_tag(actor_of("enterprise_safety"), detector.uuid, WHY, now=now)
    assert not AlarmDefinition.objects.filter(tag=tag, deleted_at=None).exists()
    (told,) = newest_page(feed)["tags"]
    assert (told["enabled"] is False and "alarms" not in told) or told["alarms"] == []
    again = tags.create(actor_of("enterprise_safety"), feed.uuid, NewTag("GT-3107", {"unit": "mg/m³"}), now=now)
    assert again.pk != tag.pk
    assert "GT-3107" in AuditEntry.objects.get(verb="tag.retire").changes


def test_a_tag_with_alarms_in_use_asks_for_the_same_right(detector, second_level, actor_of, now):
    in_force(second_level, now=now)
    with pytest.raises(NotPermitted):
        retiring.retire_tag(actor_of("enterprise_safety"), detector.uuid, WHY, now=now)
    assert retiring.retire_tag(actor_of("park_safety"), detector.uuid, WHY, now=now).deleted_at == now


def test_a_tag_that_other_alarms_lean_on_stays(detector, feed, now):
    deviation = NewAlarm("DEV", "两表偏差", {"limit": 0.5, "reference_id": detector.pk})
    condition = NewAlarm(
        "H", "高", {"limit": 3, "suppress": {"tag": detector.pk, "op": "<", "value": 0.1}, "suppress_reason": "停用"}
    )
    other = tags.create(PLATFORM, feed.uuid, NewTag("GT-3108", {"unit": "mg/m³"}, [deviation, condition]), now=now)
    with pytest.raises(WrongState, match="GT-3108 两表偏差"):
        retiring.retire_tag(PLATFORM, detector.uuid, WHY, now=now)
    for alarm in AlarmDefinition.objects.filter(tag=other):
        retiring.end_alarm(PLATFORM, alarm.uuid, WHY, now=now)
    assert retiring.retire_tag(PLATFORM, detector.uuid, WHY, now=now)


def test_the_page_says_what_follows_and_asks_for_the_reason(detector, first_level, user_of, now):
    client = Client()
    client.force_login(user_of("enterprise_safety"), backend="django.contrib.auth.backends.ModelBackend")
    assert (
        reverse("monitoring:tag-retire", args=[detector.uuid])
        in client.get(reverse("monitoring:tag", args=[detector.uuid])).content.decode()
    )
    address = reverse("monitoring:alarm-end", args=[first_level.uuid])
    assert address in client.get(reverse("monitoring:limit", args=[first_level.uuid])).content.decode()
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": WHY}).status_code == 302
    assert client.post(reverse("monitoring:tag-retire", args=[detector.uuid]), {"reason": WHY}).status_code == 302
    assert Tag.objects.get().deleted_at is not None
