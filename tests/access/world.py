"""One of everything, in 示范氯碱 of 示范园区: what the addresses of the table are filled with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from chemward.apps.assets.models import Asset
from chemward.apps.core.actions import users
from chemward.apps.core.acts import Actor
from chemward.apps.core.models import Attachment, DeadLetter, Job, Membership, Post, SavedFilter, User, UserSession
from chemward.apps.core.register.search import fill
from chemward.apps.followup import actions as followup
from chemward.apps.followup.models import Channel, Subject
from chemward.apps.followup.rulebook import Result, cards
from chemward.apps.monitoring.actions import credentials, feeds, limits, silences, tags
from chemward.apps.monitoring.models import AlarmDefinition
from tests.apps.monitoring.conftest import GT_3107, told
from tests.apps.monitoring.conftest import keep_alarms as keep

# Stands in the name of every object here: whoever may not see the object must not meet it on any page.
MARK = "机密标记"
PLATFORM = Actor.platform("test")


def build(tree: Any, person: User) -> dict[str, Any]:
    """Objects by the kind that the table calls them. `person`: a user of 示范氯碱."""
    now, place = timezone.now(), tree.chlor
    world: dict[str, Any] = {}
    asset = Asset(
        organisation=place, org_path=place.path, kind="equipment", code="T-1", name=f"储罐 {MARK}", valid_from=now, since=now
    )
    fill([asset])
    asset.save()
    world["asset"] = asset.uuid
    world |= _monitoring(place, now)
    world |= _followup(tree, person, now)
    world |= _core(place, person, now)
    return world


def _monitoring(place: Any, now: Any) -> dict[str, Any]:
    feed = feeds.create(PLATFORM, place.uuid, f"网关 {MARK}", period_s=1, now=now)
    tag = tags.create(PLATFORM, feed.uuid, GT_3107, now=now)
    type(tag).objects.filter(pk=tag.pk).update(name=f"氯气 {MARK}")
    definition = AlarmDefinition.objects.get(tag=tag, type="H")
    second = AlarmDefinition.objects.get(tag=tag, type="HH")
    AlarmDefinition.objects.filter(tag=tag).update(title=f"氯气报警 {MARK}")
    body = told(definition, "raised", now, title=f"氯气报警 {MARK}")
    keep([body], now)
    change = limits.propose(PLATFORM, definition.uuid, {"limit": 1.2}, f"误报多 {MARK}", now=now)
    silence = silences.shelve(PLATFORM, [second.uuid], 30, f"校验 {MARK}", now=now)[0]
    credential = credentials.issue(PLATFORM, feed.uuid, kinds=["http"], name=f"钥匙 {MARK}", now=now).credential
    return {
        "feed": feed.uuid,
        "tag": tag.uuid,
        "number": tag.pk,
        "definition": definition.uuid,
        "alarm": body["id"],
        "change": change.uuid,
        "silence": silence.uuid,
        "credential": credential.uuid,
    }


def _followup(tree: Any, person: User, now: Any) -> dict[str, Any]:
    place = tree.chlor
    post = Post(organisation=place, code="duty", name=f"值班岗 {MARK}")
    post.save()
    subject = Subject("assets.asset", "7d3e9a52-8d8d-4c0f-9d55-0f1f4d8a2b10", f"T-1 {MARK}")
    later = now + timedelta(days=2)
    finding = followup.findings.raise_(
        PLATFORM,
        "test.rule",
        followup.findings.Wanted(subject=subject, org_path=place.path, level=2, title=f"问题 {MARK}", message="见现场"),
        now=now,
    )
    hazard = followup.hazards.report(PLATFORM, place.path, f"隐患 {MARK}", now=now)
    duty = followup.duties.assign(PLATFORM, post, f"任务 {MARK}", due_at=later, now=now)
    restriction = followup.restrictions.impose(PLATFORM, place.path, ["test.*"], title=f"限制 {MARK}", reason="超限", now=now)
    exemption = followup.restrictions.exempt(
        PLATFORM, restriction.uuid, place.path, ["test.a"], "应急", valid_until=later, now=now
    )
    rule = sorted(cards())[0]
    result = Result(code="red", label=f"结论 {MARK}", level=1)
    verdict = followup.verdicts.state(PLATFORM, rule, subject, result, org_path=place.path, now=now)
    message = followup.messages.send(PLATFORM, "warning", f"消息 {MARK}", "请处理", org_path=place.path, to=[person], now=now)
    steps = [{"after_s": 0, "at": "own", "posts": ["duty"], "roles": [], "deputies": False}]
    message_rule = followup.message_rules.lay_down(
        PLATFORM, place.path, "alarm", "alarm", name=f"规则 {MARK}", steps=steps, handle_within_s=600, now=now
    )
    channel = Channel(organisation=place, code="mail", name=f"渠道 {MARK}", url_cipher="", shown_url="")
    channel.save()
    return {
        "post": post.uuid,
        "finding": finding.uuid,
        "hazard": hazard.uuid,
        "duty": duty.uuid,
        "restriction": restriction.uuid,
        "exemption": exemption.uuid,
        "verdict": verdict.uuid,
        "message": message.uuid,
        "channel": channel.uuid,
        "rule": message_rule.uuid,
    }


def _core(place: Any, person: User, now: Any) -> dict[str, Any]:
    colleague = User.objects.create(username="colleague", display_name=f"同事 {MARK}", home=place, password="!")
    Membership.objects.create(user=colleague, organisation=place, role="enterprise_operator")
    job = Job.objects.create(
        kind="core.export",
        title=f"导出 {MARK}",
        owner=colleague,
        organisation=place,
        org_path=place.path,
        created_at=now,
        run_after=now,
    )
    file = Attachment(
        organisation=place,
        subject_type="core.organisation",
        subject_id=str(place.uuid),
        capability="asset.view",
        name=f"{MARK}.png",
        content_type="image/png",
        size=1,
        path="attachments/none",
    )
    file.save()
    session = UserSession.objects.create(user=colleague, session_key="x" * 32, started_at=now)
    token, _secret = users.make_token(Actor.of(colleague), name=f"令牌 {MARK}", wanted=["alarm.view"], now=now)
    saved = SavedFilter.objects.create(register="core.logins", name=f"筛选 {MARK}", query="outcome=in", owner=colleague)
    letter = DeadLetter.objects.create(stream="EVENTS", sequence=1, subject="ev.x", body={}, error="x", at=now)
    return {
        "organisation": place.uuid,
        "place": place.pk,
        "path": place.path,
        "user": colleague.uuid,
        "job": job.uuid,
        "attachment": file.uuid,
        "session": session.pk,
        "token": token.uuid,
        "saved": saved.pk,
        "letter": letter.pk,
    }
