"""API of live monitoring: feeds, keys, tags, alarms, limits, values, performance, the token of the live stream."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status

from chemward.apps.core.acts import Actor
from chemward.apps.core.register.paging import Place, page
from chemward.apps.core.register.search import matching
from chemward.apps.monitoring import board, queries, values
from chemward.apps.monitoring.actions import alarms, credentials, definitions, feeds, limits, silences, tags
from chemward.apps.monitoring.models import AlarmDefinition, AlarmOccurrence, Credential, Feed, LimitChange, Silence, Tag
from chemward.apps.monitoring.rules.state import ms
from chemward.apps.monitoring.rules.tables import conformity_edition
from chemward.telemetry.live import token

router = Router()
MOST_ROWS = 200


# -- shapes -------------------------------------------------------------------------------------------------------------


class PageQuery(Schema):
    """Where a page begins: `after` or `before` a place that an answer gave, or the `last` page."""

    after: str = ""
    before: str = ""
    last: bool = False
    size: int = 50
    q: str = ""


class FeedIn(Schema):
    organisation: UUID
    name: str
    kind: str = "mqtt"
    lateness_s: float = 300
    period_s: float = 10
    max_skew_s: float = 60
    note: str = ""


class FeedChange(Schema):
    version: int
    name: str | None = None
    kind: str | None = None
    lateness_s: float | None = None
    period_s: float | None = None
    max_skew_s: float | None = None
    note: str | None = None


class Reason(Schema):
    reason: str


class CredentialIn(Schema):
    kinds: list[str] = []
    name: str = ""


class AlarmIn(Schema):
    type: str
    title: str
    values: dict[str, Any] = {}


class TagIn(Schema):
    """A tag: `values` are its fields, `alarms` its alarms."""

    code: str
    values: dict[str, Any] = {}
    alarms: list[AlarmIn] = []

    def as_new(self) -> tags.NewTag:
        return tags.NewTag(self.code, self.values, [definitions.NewAlarm(a.type, a.title, a.values) for a in self.alarms])


class TagChange(Schema):
    version: int
    values: dict[str, Any]


class Codes(Schema):
    codes: list[str]
    values: dict[str, Any] = {}


class SeenIn(Schema):
    id: UUID
    seen_ms: int | None = None


class AcknowledgeIn(Schema):
    """Alarms that were shown, each with the moment (server clock) of what was shown."""

    alarms: list[SeenIn]


class Ids(Schema):
    ids: list[UUID]
    note: str = ""


class AnswerIn(Schema):
    cause: str
    measure: str
    verdict: str
    acknowledges: bool = True


class ShelveIn(Schema):
    """`ids`: occurrences; `definitions`: alarm definitions; either or both."""

    ids: list[UUID] = []
    definitions: list[UUID] = []
    minutes: int
    reason: str


class UnshelveIn(Schema):
    ids: list[UUID] = []
    definitions: list[UUID] = []
    reason: str = ""


class OutOfServiceIn(Schema):
    reason: str
    until: datetime | None = None


class LimitIn(Schema):
    values: dict[str, Any]
    reason: str


class TrialIn(Schema):
    from_ms: int | None = None
    to_ms: int | None = None


class RankIn(Schema):
    consequence_class: str
    time_to_respond_s: int
    reason: str


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _paged(rows: QuerySet[Any], asked: PageQuery, sort: str, shape: Any) -> dict[str, Any]:
    found = page(rows, sort=sort, place=Place(asked.after, asked.before, asked.last), size=max(1, min(asked.size, MOST_ROWS)))
    return {
        "rows": [shape(r) for r in found.rows],
        "count": found.count,
        "is_capped": found.is_capped,
        "next": found.next,
        "previous": found.previous,
    }


# -- feeds and keys -----------------------------------------------------------------------------------------------------


def feed_out(row: Feed) -> dict[str, Any]:
    health = getattr(row, "health", None)
    return {
        "uuid": row.uuid,
        "key": row.key,
        "name": row.name,
        "kind": row.kind,
        "shard": row.shard,
        "organisation": row.organisation.uuid,
        "enterprise": row.organisation.name,
        "lateness_s": row.lateness_s,
        "period_s": row.period_s,
        "max_skew_s": row.max_skew_s,
        "is_active": row.is_active,
        "note": row.note,
        "version": row.version,
        "tag_count": getattr(row, "tag_count", None) or 0,
        "unknown_count": getattr(row, "unknown_count", None) or 0,
        "credential_count": getattr(row, "credential_count", None) or 0,
        "health": None
        if health is None
        else {
            "reported_at": health.reported_at,
            "last_sample_at": health.last_sample_at,
            "rate_per_s": health.rate_per_s,
            "lag_ms": health.lag_ms,
            "skew_ms": health.skew_ms,
            "frozen_tags": health.frozen_tags,
            "fault_codes": health.fault_codes,
            "conformity": health.score,
            "conformity_parts": health.score_parts,
            "conformity_edition": conformity_edition(),
        },
    }


def credential_out(row: Credential) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "id": row.key_id,
        "name": row.name,
        "kinds": row.kinds,
        "issued_at": row.issued_at,
        "revoked_at": row.revoked_at,
    }


@router.get("/feeds", response=dict)
def list_feeds(request: HttpRequest, asked: Query[PageQuery]) -> dict[str, Any]:
    """Feeds in scope with their health."""
    return _paged(queries.feeds(_actor(request).scope), asked, "id", feed_out)


@router.post("/feeds", response={201: dict})
def create_feed(request: HttpRequest, body: FeedIn) -> Any:
    told = body.dict(exclude={"organisation", "name", "kind"})
    row = feeds.create(_actor(request), body.organisation, body.name, kind=body.kind, now=timezone.now(), **told)
    return Status(201, feed_out(row))


@router.get("/feeds/{uuid:uuid}", response=dict)
def get_feed(request: HttpRequest, uuid: UUID) -> dict[str, Any]:
    return feed_out(queries.feed(_actor(request).scope, uuid))


@router.patch("/feeds/{uuid:uuid}", response=dict)
def change_feed(request: HttpRequest, uuid: UUID, body: FeedChange) -> dict[str, Any]:
    """Change settings; `version` as it was read."""
    told = body.dict(exclude={"version"}, exclude_none=True)
    return feed_out(feeds.change(_actor(request), uuid, told, version=body.version, now=timezone.now()))


@router.post("/feeds/{uuid:uuid}/deactivate", response=dict)
def deactivate_feed(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return feed_out(feeds.deactivate(_actor(request), uuid, body.reason, now=timezone.now()))


@router.post("/feeds/{uuid:uuid}/reactivate", response=dict)
def reactivate_feed(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return feed_out(feeds.reactivate(_actor(request), uuid, body.reason, now=timezone.now()))


@router.get("/feeds/{uuid:uuid}/credentials", response=list[dict])
def list_credentials(request: HttpRequest, uuid: UUID) -> list[dict[str, Any]]:
    """Keys of a feed, without their secrets: those are nowhere."""
    scope = _actor(request).scope
    queries.feed(scope, uuid)
    return [credential_out(c) for c in queries.credentials(scope, uuid)]


@router.post("/feeds/{uuid:uuid}/credentials", response={201: dict})
def issue_credential(request: HttpRequest, uuid: UUID, body: CredentialIn) -> Any:
    """A new key. `secret` is in this answer and never again."""
    issued = credentials.issue(_actor(request), uuid, kinds=body.kinds, name=body.name, now=timezone.now())
    return Status(201, {**credential_out(issued.credential), "secret": issued.secret})


@router.post("/credentials/{uuid:uuid}/revoke", response=dict)
def revoke_credential(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return credential_out(credentials.revoke(_actor(request), uuid, body.reason, now=timezone.now()))


# -- tags ---------------------------------------------------------------------------------------------------------------


def tag_out(row: Tag) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "n": row.pk,
        "feed": row.feed.uuid,
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "unit": row.unit,
        "conversion_basis": row.conversion_basis,
        "lo": row.lo,
        "hi": row.hi,
        "period_s": row.period_s,
        "frozen_s": row.frozen_s,
        "states": row.states,
        "asset": row.asset_uuid,
        "asset_label": row.asset_label,
        "place": row.place,
        "longitude": row.longitude,
        "latitude": row.latitude,
        "is_enabled": row.is_enabled,
        "enterprise": row.organisation.name,
        "alarm_count": getattr(row, "alarm_count", None) or 0,
        "version": row.version,
    }


@router.get("/tags", response=dict)
def list_tags(request: HttpRequest, asked: Query[PageQuery], feed: UUID | None = None) -> dict[str, Any]:
    """Tags in scope, by number; `q` searches code, name and place from two characters on."""
    rows = queries.tags(_actor(request).scope)
    rows = rows if feed is None else rows.filter(feed__uuid=feed)
    return _paged(matching(rows, asked.q) if asked.q else rows, asked, "id", tag_out)


@router.get("/tags/{uuid:uuid}", response=dict)
def get_tag(request: HttpRequest, uuid: UUID) -> dict[str, Any]:
    """One tag with its alarms."""
    scope = _actor(request).scope
    row = queries.tag(scope, uuid)
    return {**tag_out(row), "alarms": [definition_out(d) for d in queries.definitions(scope).filter(tag=row).order_by("id")]}


@router.post("/feeds/{uuid:uuid}/tags", response={201: dict})
def create_tag(request: HttpRequest, uuid: UUID, body: TagIn) -> Any:
    return Status(201, tag_out(tags.create(_actor(request), uuid, body.as_new(), now=timezone.now())))


@router.put("/feeds/{uuid:uuid}/tags", response=dict)
def enter_tags(request: HttpRequest, uuid: UUID, body: list[TagIn]) -> dict[str, Any]:
    """Enter or change many tags at once; repeated it changes nothing. With a fault in one nothing is written."""
    done = tags.enter(_actor(request), uuid, [t.as_new() for t in body], now=timezone.now())
    return {"created": done.created, "changed": done.changed, "unchanged": done.unchanged}


@router.patch("/tags/{uuid:uuid}", response=dict)
def change_tag(request: HttpRequest, uuid: UUID, body: TagChange) -> dict[str, Any]:
    return tag_out(tags.change(_actor(request), uuid, body.values, version=body.version, now=timezone.now()))


@router.get("/feeds/{uuid:uuid}/unknown-tags", response=dict)
def list_unknown_tags(request: HttpRequest, uuid: UUID, asked: Query[PageQuery]) -> dict[str, Any]:
    """Codes that the feed sends and nobody has accepted."""
    scope = _actor(request).scope
    queries.feed(scope, uuid)
    shown = ("code", "first_seen_at", "last_seen_at", "example", "unit", "count")
    return _paged(queries.unknown_tags(scope, uuid), asked, "-id", lambda r: {f: getattr(r, f) for f in shown})


@router.post("/feeds/{uuid:uuid}/unknown-tags/accept", response=dict)
def accept_unknown_tags(request: HttpRequest, uuid: UUID, body: Codes) -> dict[str, Any]:
    done = tags.accept(_actor(request), uuid, body.codes, values=body.values, now=timezone.now())
    return {"created": done.created, "unchanged": done.unchanged}


@router.post("/feeds/{uuid:uuid}/unknown-tags/dismiss", response=dict)
def dismiss_unknown_tags(request: HttpRequest, uuid: UUID, body: Codes) -> dict[str, Any]:
    return {"dismissed": tags.dismiss(_actor(request), uuid, body.codes, now=timezone.now())}


# -- alarms -------------------------------------------------------------------------------------------------------------


def outcomes_out(done: alarms.Outcomes) -> dict[str, Any]:
    return {"done": done.done, "already": done.already, "changed": done.changed, "not_found": done.not_found}


def occurrence_out(row: AlarmOccurrence) -> dict[str, Any]:
    answer = getattr(row, "answer", None)
    return {
        "id": row.uuid,
        "code": row.code,
        "title": row.title,
        "type": row.type,
        "priority": row.priority,
        "level": row.level,
        "enterprise": row.organisation.name,
        "raised_at": row.raised_at,
        "cleared_at": row.cleared_at,
        "value": row.raise_value,
        "limit": row.limit,
        "unit": row.unit,
        "is_late": row.is_late,
        "is_open": row.is_open,
        "park_acked_at": row.park_acked_at,
        "enterprise_acked_at": row.enterprise_acked_at,
        "outcome": row.outcome,
        "due_at": answer.due_at if answer else None,
        "answered_at": answer.answered_at if answer else None,
        "cause": answer.cause if answer else "",
        "measure": answer.measure if answer else "",
    }


@router.get("/alarms/open", response=dict)
def list_open_alarms(request: HttpRequest) -> dict[str, Any]:
    """Open alarms in scope as a console shows them, highest priority first, each with the caller's `state` (ISA-18.2 letter)."""
    now = timezone.now()
    return {"at_ms": ms(now), "alarms": queries.console_rows(_actor(request).scope, now)}


@router.get("/alarms", response=dict)
def list_alarms(
    request: HttpRequest, asked: Query[PageQuery], since: datetime | None = None, until: datetime | None = None
) -> dict[str, Any]:
    """The register of alarms, newest first."""
    rows = queries.occurrences(_actor(request).scope)
    rows = rows if since is None else rows.filter(raised_at__gte=since)
    rows = rows if until is None else rows.filter(raised_at__lt=until)
    return _paged(matching(rows, asked.q) if asked.q else rows, asked, "-raised_at", occurrence_out)


@router.get("/alarms/{uuid:uuid}", response=dict)
def get_alarm(request: HttpRequest, uuid: UUID) -> dict[str, Any]:
    """One alarm with guidance, its neighbours with values, and its silences."""
    scope, now = _actor(request).scope, timezone.now()
    row = queries.alarm(scope, uuid)
    told = queries.guidance(row.definition) if row.definition else None
    return {
        **board.rows(AlarmOccurrence.objects.filter(pk=row.pk))[0],
        "guidance": None if told is None else told.__dict__,
        "neighbours": values.neighbours(scope, row.tag, now) if row.tag else [],
    }


@router.post("/alarms/acknowledge", response=dict)
def acknowledge(request: HttpRequest, body: AcknowledgeIn) -> dict[str, Any]:
    """Acknowledge alarms that were shown. What turned for the worse since `seen_ms` comes back in `changed`."""
    seen = [alarms.Seen(a.id, a.seen_ms) for a in body.alarms]
    return outcomes_out(alarms.acknowledge(_actor(request), seen, now=timezone.now()))


@router.post("/alarms/undo-acknowledge", response=dict)
def undo_acknowledge(request: HttpRequest, body: Ids) -> dict[str, Any]:
    """Take back one's own acknowledgement within ten seconds."""
    return outcomes_out(alarms.undo_acknowledge(_actor(request), body.ids, now=timezone.now()))


@router.post("/alarms/reset", response=dict)
def reset(request: HttpRequest, body: Ids) -> dict[str, Any]:
    """Reset latched alarms that are gone and acknowledged."""
    return outcomes_out(alarms.reset(_actor(request), body.ids, now=timezone.now()))


@router.post("/alarms/urge", response=dict)
def urge(request: HttpRequest, body: Ids) -> dict[str, Any]:
    return {"urged": alarms.urge(_actor(request), body.ids, body.note, now=timezone.now())}


@router.post("/alarms/shelve", response=list[dict])
def shelve(request: HttpRequest, body: ShelveIn) -> list[dict[str, Any]]:
    """Shelve alarms for some minutes; those that need a second person come back as `requested`."""
    wanted = [*body.definitions, *silences.definitions_of(body.ids)]
    made = silences.shelve(_actor(request), wanted, body.minutes, body.reason, now=timezone.now())
    return [silence_out(s) for s in made]


@router.post("/alarms/unshelve", response=dict)
def unshelve(request: HttpRequest, body: UnshelveIn) -> dict[str, Any]:
    wanted = [*body.definitions, *silences.definitions_of(body.ids)]
    return {"unshelved": silences.unshelve(_actor(request), wanted, body.reason, now=timezone.now())}


@router.post("/alarms/{uuid:uuid}/respond", response=dict)
def respond(request: HttpRequest, uuid: UUID, body: AnswerIn) -> dict[str, Any]:
    """The enterprise's answer: cause, measure, verdict (true, false, test, maintenance)."""
    answer = alarms.respond(_actor(request), uuid, **body.dict(), now=timezone.now())
    return {"answered_at": answer.answered_at, "due_at": answer.due_at, "verdict": answer.verdict}


# -- silences -----------------------------------------------------------------------------------------------------------


def silence_out(row: Silence) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "kind": row.kind,
        "state": row.state,
        "definition": row.definition.uuid,
        "title": row.definition.title,
        "reason": row.reason,
        "needs_second_person": row.needs_second_person,
        "requested_by": row.requested_by.display_name if row.requested_by else "",
        "requested_at": row.requested_at,
        "decided_by": row.decided_by.display_name if row.decided_by else "",
        "starts_at": row.starts_at,
        "until": row.until,
        "ended_at": row.ended_at,
    }


@router.get("/silences", response=list[dict])
def list_silences(request: HttpRequest) -> list[dict[str, Any]]:
    """Who silenced what, the oldest first (1,000 at most)."""
    return [silence_out(s) for s in queries.silences(_actor(request).scope)[:1000]]


@router.post("/silences/{uuid:uuid}/approve", response=dict)
def approve_silence(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    """The second person agrees."""
    return silence_out(silences.approve(_actor(request), uuid, body.reason, now=timezone.now()))


@router.post("/silences/{uuid:uuid}/reject", response=dict)
def reject_silence(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return silence_out(silences.reject(_actor(request), uuid, body.reason, now=timezone.now()))


@router.post("/alarm-definitions/{uuid:uuid}/out-of-service", response=dict)
def take_out_of_service(request: HttpRequest, uuid: UUID, body: OutOfServiceIn) -> dict[str, Any]:
    return silence_out(silences.take_out_of_service(_actor(request), uuid, body.reason, until=body.until, now=timezone.now()))


@router.post("/alarm-definitions/{uuid:uuid}/return-to-service", response=dict)
def return_to_service(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return {"returned": silences.return_to_service(_actor(request), uuid, body.reason, now=timezone.now())}


# -- limits -------------------------------------------------------------------------------------------------------------


def definition_out(row: AlarmDefinition) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "tag": row.tag.uuid,
        "code": row.tag.code,
        "type": row.type,
        "title": row.title,
        "alarm_class": row.alarm_class,
        "consequence_class": row.consequence_class,
        "consequence": row.consequence,
        "response": row.response,
        "guidance": row.guidance,
        "time_to_respond_s": row.time_to_respond_s,
        "is_major_hazard": row.is_major_hazard,
        "in_force_since": row.in_force_since,
        "version": row.version,
        **row.limit_values(),
    }


def change_out(row: LimitChange) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "definition": row.definition.uuid,
        "state": row.state,
        "before": row.before,
        "after": row.after,
        "reason": row.reason,
        "proposed_at": row.proposed_at,
        "trial": row.trial,
        "decided_at": row.decided_at,
        "decision_reason": row.decision_reason,
    }


@router.get("/alarm-definitions", response=dict)
def list_definitions(request: HttpRequest, asked: Query[PageQuery]) -> dict[str, Any]:
    """The master alarm database in scope."""
    return _paged(queries.definitions(_actor(request).scope), asked, "id", definition_out)


@router.get("/alarm-definitions/{uuid:uuid}", response=dict)
def get_definition(request: HttpRequest, uuid: UUID) -> dict[str, Any]:
    """One definition with its guidance and the versions of its limit."""
    row = queries.definition(_actor(request).scope, uuid)
    shown = ("number", "values", "reason", "changed_by", "approved_by", "created_at", "in_force_since")
    versions = [{f: getattr(v, f) for f in shown} for v in row.versions.all()]
    return {**definition_out(row), "inherited": queries.guidance(row).__dict__, "versions": versions}


@router.post("/tags/{uuid:uuid}/alarms", response={201: dict})
def add_alarm(request: HttpRequest, uuid: UUID, body: AlarmIn) -> Any:
    new = definitions.NewAlarm(body.type, body.title, body.values)
    return Status(201, definition_out(definitions.add(_actor(request), uuid, new, now=timezone.now())))


@router.patch("/alarm-definitions/{uuid:uuid}", response=dict)
def describe_alarm(request: HttpRequest, uuid: UUID, body: TagChange) -> dict[str, Any]:
    """Change texts: title, class, consequence, response, guidance."""
    row = definitions.describe(_actor(request), uuid, body.values, version=body.version, now=timezone.now())
    return definition_out(row)


@router.post("/alarm-definitions/{uuid:uuid}/rank", response=dict)
def rank_alarm(request: HttpRequest, uuid: UUID, body: RankIn) -> dict[str, Any]:
    """Priority by the matrix of consequence and time to respond."""
    return definition_out(definitions.rank(_actor(request), uuid, **body.dict(), now=timezone.now()))


@router.get("/limit-changes", response=dict)
def list_limit_changes(request: HttpRequest, asked: Query[PageQuery]) -> dict[str, Any]:
    return _paged(queries.limit_changes(_actor(request).scope), asked, "-id", change_out)


@router.post("/alarm-definitions/{uuid:uuid}/limit-changes", response={201: dict})
def propose_limit(request: HttpRequest, uuid: UUID, body: LimitIn) -> Any:
    return Status(201, change_out(limits.propose(_actor(request), uuid, body.values, body.reason, now=timezone.now())))


@router.post("/limit-changes/{uuid:uuid}/try", response=dict)
def try_limit(request: HttpRequest, uuid: UUID, body: TrialIn) -> dict[str, Any]:
    """Run the proposal over history: "would have raised n"."""
    span = body.dict()
    return change_out(limits.try_on_history(_actor(request), uuid, values.historian(), now=timezone.now(), **span))


@router.post("/limit-changes/{uuid:uuid}/approve", response=dict)
def approve_limit(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return change_out(limits.approve(_actor(request), uuid, body.reason, now=timezone.now()))


@router.post("/limit-changes/{uuid:uuid}/reject", response=dict)
def reject_limit(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return change_out(limits.reject(_actor(request), uuid, body.reason, now=timezone.now()))


@router.post("/limit-changes/{uuid:uuid}/withdraw", response=dict)
def withdraw_limit(request: HttpRequest, uuid: UUID, body: Reason) -> dict[str, Any]:
    return change_out(limits.withdraw(_actor(request), uuid, body.reason, now=timezone.now()))


# -- values and performance ---------------------------------------------------------------------------------------------


@router.get("/trends", response=list[dict])
def get_trends(
    request: HttpRequest, tags: str, from_ms: int = Query(..., alias="from"), to_ms: int = Query(..., alias="to"), n: int = 1000
) -> list[dict[str, Any]]:
    """Trends of tags (numbers, separated by commas) between two moments [ms], thinned to `n` points that keep extremes."""
    return values.trends(_actor(request).scope, values.numbers_in(tags), from_ms, to_ms, n)


@router.get("/values", response=list[dict])
def get_values(request: HttpRequest, tags: str) -> list[dict[str, Any]]:
    """Newest values of tags (numbers, separated by commas)."""
    return values.last_values(_actor(request).scope, values.numbers_in(tags), timezone.now())


@router.get("/kpi", response=dict)
def get_kpi(
    request: HttpRequest, since: datetime | None = None, until: datetime | None = None, org_path: str | None = None
) -> dict[str, Any]:
    """Alarm performance by hour and organisation (the last day unless told; 31 days at most), and the most frequent alarms."""
    scope = _actor(request).scope
    before = until or timezone.now()
    begins = max(since or before - timedelta(days=1), before - timedelta(days=31))
    hidden = ("id", "organisation_id")
    rows = queries.kpi_hours(scope, begins, before, org_path)
    fields = [f.attname for f in rows.model._meta.concrete_fields if f.attname not in hidden]
    hours = [{**{f: getattr(r, f) for f in fields}, "organisation": r.organisation.name} for r in rows[:20_000]]
    return {"hours": hours, "top": queries.top_alarms(scope, begins, before)}


@router.get("/live-token", response=dict)
def live_token(request: HttpRequest) -> dict[str, Any]:
    """A token for the browser's live stream, for ten minutes. It carries what the caller may see, and where."""
    actor, now_ms = _actor(request), ms(timezone.now()) or 0
    caps = {name: list(paths) for name, paths in actor.scope.grants.items() if name.endswith(".view")}
    key = settings.INSTALLATION.secrets()["live_key"]
    made = token.make(key, actor.user.pk if actor.user else 0, caps, now_ms)
    return {"token": made, "expires_ms": now_ms + token.LIFE_MS}
