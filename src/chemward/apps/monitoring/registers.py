"""The registers of live monitoring: feeds, unknown tags, tags, changes of limits."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.register.register import BulkAct, Register, add
from chemward.apps.core.scope import Scope
from chemward.apps.core.templatetags import cw
from chemward.apps.core.templatetags.formatting import LATE_AFTER_PERIODS
from chemward.apps.monitoring import queries
from chemward.apps.monitoring.actions.tags import kind_of
from chemward.apps.monitoring.models import (
    AlarmDefinition,
    ChangeState,
    Feed,
    FeedHour,
    FeedKind,
    LimitChange,
    Tag,
    TagKind,
    UnknownTag,
)
from chemward.apps.monitoring.values import answered, historian
from chemward.protocols.telemetry.faults import TEXTS
from chemward.telemetry.historian.client import HistorianAway

ALL = Scope.everything
NUM = {"th": {"class": "num"}, "td": {"class": "num"}}
FIRST = {"td": {"class": "first"}}
CHOOSE_ALL = mark_safe('<input class="cbx" type="checkbox">')
DASH = mark_safe('<span class="t3">—</span>')
NONE = mark_safe('<span class="t3">0</span>')
# Below this a feed is asked about.
POOR_SCORE = 80.0


def link(url: str, text: object) -> SafeString:
    return format_html('<a class="b" href="{}">{}</a>', url, text)


def choice(record: Any) -> SafeString:
    """The box that chooses a row for a bulk act."""
    return format_html('<input class="cbx" type="checkbox" name="ids" value="{}" aria-label="{}">', record.pk, record.code)


# -- feeds --------------------------------------------------------------------------------------------------------------


class FeedTable(tables.Table):
    name = tables.Column(verbose_name=_("Feed"), attrs=FIRST)
    organisation = tables.Column(verbose_name=_("Enterprise"))
    kind = tables.Column(verbose_name=_("Kind"))
    last = tables.Column(verbose_name=_("Last sample"), accessor="pk")
    rate = tables.Column(verbose_name=_("Rate (/s)"), accessor="pk", attrs=NUM)
    lag = tables.Column(verbose_name=_("Lag"), accessor="pk", attrs=NUM)
    faults = tables.Column(verbose_name=_("Faults, last hour"), accessor="pk", attrs=NUM)
    score = tables.Column(verbose_name=_("Conformity"), accessor="pk", attrs=NUM)
    tag_count = tables.Column(verbose_name=_("Tags"), attrs=NUM)
    unknown_count = tables.Column(verbose_name=_("Unknown tags"), attrs=NUM, empty_values=())
    state = tables.Column(verbose_name=_("State"), accessor="is_active")

    def render_name(self, record: Feed) -> SafeString:
        return format_html(
            '{} <span class="m">{}</span>', link(reverse("monitoring:feed", args=[record.uuid]), record.name), record.key
        )

    def render_last(self, record: Feed) -> SafeString:
        health = health_of(record)
        age = cw.age(health.last_sample_at if health else None, record.period_s)
        return format_html('<span data-feed="{}" data-period-s="{}">{}</span>', record.key, f"{record.period_s:g}", age)

    def render_rate(self, record: Feed) -> SafeString:
        health = health_of(record)
        if health is None:
            return DASH
        return format_html('{}<span class="u">/ {}</span>', cw.figure(health.rate_per_s, 1), cw.figure(health.expected_per_s, 1))

    def render_lag(self, record: Feed) -> SafeString:
        health = health_of(record)
        return cw.number(None if health is None else health.lag_ms, "ms")

    def render_faults(self, record: Feed) -> SafeString:
        count = getattr(record, "faults_hour", None)
        return cw.chip(cw.figure(count), "yel") if count else format_html('<span class="t3">{}</span>', cw.figure(count))

    def render_score(self, record: Feed) -> SafeString:
        health = health_of(record)
        if health is None or health.score is None:
            return DASH
        css = "yel b" if health.score < POOR_SCORE else ""
        why = cw.why(reverse("monitoring:feed-score", args=[record.uuid]))
        return format_html('<span class="{}">{}</span> {}', css, cw.figure(health.score, 0), why)

    def render_tag_count(self, record: Feed) -> SafeString:
        return format_html('<a class="l" href="{}?feed={}">{}</a>', reverse("monitoring:tags"), record.key, record.tag_count or 0)  # type: ignore[attr-defined]

    def render_unknown_count(self, record: Feed) -> SafeString:
        count = record.unknown_count  # type: ignore[attr-defined]
        if not count:
            return NONE
        address = f"{reverse('monitoring:unknown')}?feed={record.key}"
        return format_html('<a href="{}">{}</a>', address, cw.chip(cw.figure(count), "yel"))

    def render_state(self, record: Feed) -> SafeString:
        if not record.is_active:
            return cw.chip(_now("Closed"), "line")
        if not record.credential_count:  # type: ignore[attr-defined]
            return cw.chip(_now("No key"), "yel", "key")
        return format_html('<span class="t2">{}</span>', _now("In use"))


def health_of(feed: Feed) -> Any:
    """The newest health of a feed, or None when it never sent."""
    return getattr(feed, "health", None)


class FeedFilters(django_filters.FilterSet):
    name = django_filters.CharFilter(label=_("Name"), lookup_expr="icontains")
    organisation = django_filters.CharFilter(label=_("Enterprise"), field_name="organisation__name", lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=FeedKind.choices)
    is_active = django_filters.BooleanFilter(label=_("In use"))
    score_below = django_filters.NumberFilter(label=_("Conformity below"), field_name="health__score", lookup_expr="lt")
    is_silent = django_filters.BooleanFilter(label=_("No sample for 10 minutes"), method="silent")
    has_unknown = django_filters.BooleanFilter(label=_("Sends unknown tags"), field_name="unknown_count", method="unknown")

    def silent(self, rows: QuerySet[Feed], _name: str, wanted: bool) -> QuerySet[Feed]:
        since = timezone.now() - timedelta(minutes=10)
        heard = rows.filter(health__last_sample_at__gte=since)
        return rows.exclude(pk__in=heard.order_by().values("pk")) if wanted else heard

    def unknown(self, rows: QuerySet[Feed], _name: str, wanted: bool) -> QuerySet[Feed]:
        return rows.filter(unknown_count__gt=0) if wanted else rows.filter(unknown_count=None)

    class Meta:
        model = Feed
        fields: list[str] = []


@add
class FeedRegister(Register):
    name = "monitoring.feeds"
    title = _("Feeds")
    capability = "feed.view"
    table = FeedTable
    filters = FeedFilters
    sorts = {"name": "name", "id": "id"}
    default_sort = "name"
    export_fields = (
        ("key", _("Feed number")),
        ("name", _("Name")),
        ("organisation", _("Enterprise")),
        ("get_kind_display", _("Kind")),
        ("tag_count", _("Tags")),
        ("unknown_count", _("Unknown tags")),
        ("last_sample_at", _("Last sample")),
        ("score", _("Conformity")),
        ("is_active", _("In use")),
    )

    def rows(self) -> QuerySet[Any]:
        return queries.feeds(ALL())

    def prepare(self, rows: list[Any]) -> list[Any]:
        hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        counted = dict(FeedHour.objects.filter(feed__in=rows, hour=hour).values_list("feed", "faults"))
        for row in rows:
            health = health_of(row)
            row.faults_hour = counted.get(row.pk)
            row.last_sample_at = health.last_sample_at if health else None
            row.score = health.score if health else None
        return rows


def fault_rows(codes: dict[str, int]) -> list[dict[str, Any]]:
    """Fault codes of a feed in words: what is wrong, how often, what to do; the most frequent first."""
    counted = Counter({code: int(n) for code, n in codes.items()})
    texts = [(code, n, *TEXTS.get(code, (code, ""))) for code, n in counted.most_common()]
    return [{"code": code, "count": n, "message": message, "remedy": remedy} for code, n, message, remedy in texts]


# -- unknown tags -------------------------------------------------------------------------------------------------------


class UnknownTable(tables.Table):
    choose = tables.Column(verbose_name=CHOOSE_ALL, accessor="pk")
    code = tables.Column(verbose_name=_("Tag code"), attrs=FIRST)
    feed = tables.Column(verbose_name=_("Feed"))
    organisation = tables.Column(verbose_name=_("Enterprise"))
    example = tables.Column(verbose_name=_("Example value"), empty_values=())
    unit = tables.Column(verbose_name=_("Unit sent"), empty_values=())
    proposal = tables.Column(verbose_name=_("Proposed kind"), accessor="pk")
    count = tables.Column(verbose_name=_("Seen"), attrs=NUM)
    first = tables.Column(verbose_name=_("First seen"), accessor="first_seen_at")
    last = tables.Column(verbose_name=_("Last seen"), accessor="last_seen_at")

    def render_choose(self, record: UnknownTag) -> SafeString:
        return choice(record)

    def render_feed(self, record: UnknownTag) -> SafeString:
        return format_html('<a class="l" href="{}">{}</a>', reverse("monitoring:feed", args=[record.feed.uuid]), record.feed)

    def render_example(self, record: UnknownTag) -> str:
        return record.example or "—"

    def render_unit(self, record: UnknownTag) -> str:
        return record.unit or "—"

    def render_proposal(self, record: UnknownTag) -> str:
        return str(TagKind(kind_of(record.example)).label)

    def render_count(self, record: UnknownTag) -> str:
        return cw.figure(record.count)

    def render_first(self, record: UnknownTag) -> SafeString:
        return cw.moment(record.first_seen_at)

    def render_last(self, record: UnknownTag) -> SafeString:
        return cw.moment(record.last_seen_at)


class UnknownFilters(django_filters.FilterSet):
    feed = django_filters.CharFilter(label=_("Feed number"), field_name="feed__key")
    code = django_filters.CharFilter(label=_("Tag code"), lookup_expr="icontains")
    organisation = django_filters.CharFilter(label=_("Enterprise"), field_name="organisation__name", lookup_expr="icontains")
    is_dismissed = django_filters.BooleanFilter(
        label=_("Dismissed"), field_name="dismissed_at", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = UnknownTag
        fields: list[str] = []


@add
class UnknownRegister(Register):
    """Its export has the headings of the import of tags: export, complete in Excel, import."""

    name = "monitoring.unknown"
    title = _("Unknown tags")
    capability = "feed.view"
    table = UnknownTable
    filters = UnknownFilters
    sorts = {"code": "code", "count": "count", "last": "last_seen_at", "id": "id"}
    default_sort = "-last"
    export_fields = (
        ("feed.key", _("Feed number")),
        ("code", _("Tag code")),
        ("kind", _("Kind")),
        ("unit", _("Unit")),
    )
    bulk_acts = (
        BulkAct("accept", _("Take over"), reverse_lazy("monitoring:unknown-act"), "tag.edit"),  # type: ignore[arg-type]
        BulkAct("dismiss", _("Ignore"), reverse_lazy("monitoring:unknown-act"), "tag.edit"),  # type: ignore[arg-type]
    )

    def rows(self) -> QuerySet[Any]:
        rows = UnknownTag.objects.select_related("feed", "organisation")
        return rows if "is_dismissed" in self.query else rows.filter(dismissed_at=None)

    def prepare(self, rows: list[Any]) -> list[Any]:
        for row in rows:
            row.kind = kind_of(row.example)
        return rows


# -- tags ---------------------------------------------------------------------------------------------------------------

# More numbers than this are not put into one question to the database.
MOST_SOUGHT = 30_000
BAD_CLASS = 2


class TagTable(tables.Table):
    choose = tables.Column(verbose_name=CHOOSE_ALL, accessor="pk", attrs={"td": {"class": "no-phone"}})
    code = tables.Column(verbose_name=_("Tag code"), attrs=FIRST)
    name = tables.Column(verbose_name=_("Name"), empty_values=())
    organisation = tables.Column(verbose_name=_("Enterprise"))
    value = tables.Column(verbose_name=_("Value"), accessor="pk", attrs=NUM)
    age = tables.Column(verbose_name=_("Age"), accessor="pk")
    alarms = tables.Column(verbose_name=_("Alarms"), accessor="pk", attrs=NUM)
    feed = tables.Column(verbose_name=_("Feed"))
    kind = tables.Column(verbose_name=_("Kind"))
    place = tables.Column(verbose_name=_("Place"), empty_values=())
    trend = tables.Column(verbose_name="", accessor="pk")

    def render_choose(self, record: Tag) -> SafeString:
        return choice(record)

    def render_code(self, record: Tag) -> SafeString:
        mark = "" if record.is_enabled else format_html(" {}", cw.chip(_now("Not in use"), "line"))
        return format_html("{}{}", link(reverse("monitoring:tag", args=[record.uuid]), record.code), mark)

    def render_name(self, record: Tag) -> str:
        return record.name or "—"

    def render_value(self, record: Tag) -> SafeString:
        if getattr(record, "is_away", False):
            return format_html('<span class="t3">{}</span>', _now("not known now"))
        shown = value_words(record, getattr(record, "last", None))
        return format_html('<span data-tag="{}" data-unit="{}" data-states="{}">{}</span>', *live(record), shown)

    def render_age(self, record: Tag) -> SafeString:
        if getattr(record, "is_away", False):
            return DASH
        last = getattr(record, "last", None)
        period_s = record.period_s or record.feed.period_s
        age = cw.age(last[0] if last else None, period_s)
        return format_html('<span data-tag-age="{}" data-period-s="{}">{}</span>', record.pk, f"{period_s:g}", age)

    def render_alarms(self, record: Tag) -> SafeString:
        worst = record.worst_priority  # type: ignore[attr-defined]
        count = record.alarm_count or 0  # type: ignore[attr-defined]
        mark = format_html("{} ", cw.priority(worst, small=True)) if worst else ""
        return format_html('{}<span class="{}">{}</span>', mark, "" if count else "t3", count)

    def render_feed(self, record: Tag) -> SafeString:
        return format_html('<a class="l" href="{}">{}</a>', reverse("monitoring:feed", args=[record.feed.uuid]), record.feed)

    def render_place(self, record: Tag) -> str:
        return record.asset_label or record.place or "—"

    def render_trend(self, record: Tag) -> SafeString:
        if record.kind == TagKind.TEXT:
            return mark_safe("")
        return format_html('<a class="l m" href="{}?tags={}">{}</a>', reverse("monitoring:trends"), record.pk, _now("Trend"))


def value_words(tag: Tag, last: tuple[int, float | None, int, str | None] | None) -> SafeString:
    """The newest value of a tag `(at_ms, value, quality, text)` as pages write it: state tags by their word."""
    if last is None:
        return DASH
    _at_ms, value, quality, text = last
    word = next((w for w, n in tag.states.items() if n == value), None) if tag.kind == TagKind.STATE else text
    return cw.number(word if word is not None else value, tag.unit if word is None else "", quality)


def live(tag: Tag) -> tuple[int, str, str]:
    """What a script needs to write newer values of a tag: its number, its unit, its states as lines `number=word`."""
    return tag.pk, tag.unit, "\n".join(f"{n}={word}" for word, n in tag.states.items())


QUALITIES = (("bad", _("Bad quality")), ("stale", _("Stale or no data")), ("uncertain", _("Uncertain")))


class TagFilters(django_filters.FilterSet):
    organisation = django_filters.CharFilter(label=_("Enterprise"), field_name="organisation__name", lookup_expr="icontains")
    feed = django_filters.CharFilter(label=_("Feed number"), field_name="feed__key")
    kind = django_filters.MultipleChoiceFilter(label=_("Kind"), choices=TagKind.choices)
    unit = django_filters.CharFilter(label=_("Unit"))
    is_enabled = django_filters.BooleanFilter(label=_("In use"))
    has_alarm = django_filters.BooleanFilter(label=_("Has alarms"), method="with_alarm")
    is_alarming = django_filters.BooleanFilter(label=_("In alarm now"), method="alarming")
    # Kept by the register itself, which asks the historian within the caller's scope.
    data = django_filters.ChoiceFilter(label=_("Data"), choices=QUALITIES, method="untouched")
    asset = django_filters.UUIDFilter(label=_("Asset"), field_name="asset_uuid")

    def with_alarm(self, rows: QuerySet[Tag], _name: str, wanted: bool) -> QuerySet[Tag]:
        own = Exists(AlarmDefinition.objects.filter(tag=OuterRef("pk"), deleted_at=None))
        return rows.filter(own) if wanted else rows.filter(~own)

    def alarming(self, rows: QuerySet[Tag], _name: str, wanted: bool) -> QuerySet[Tag]:
        return rows.exclude(worst_priority=None) if wanted else rows.filter(worst_priority=None)

    def untouched(self, rows: QuerySet[Tag], _name: str, _value: str) -> QuerySet[Tag]:
        return rows

    class Meta:
        model = Tag
        fields: list[str] = []


@add
class TagRegister(Register):
    name = "monitoring.tags"
    title = _("Tags")
    capability = "tag.view"
    table = TagTable
    filters = TagFilters
    sorts = {"code": "code", "name": "name", "id": "id"}
    default_sort = "code"
    search_hint = _("Find in code, name, place")
    export_fields = (
        ("feed.key", _("Feed number")),
        ("code", _("Tag code")),
        ("name", _("Name")),
        ("kind", _("Kind")),
        ("unit", _("Unit")),
        ("lo", _("Range from")),
        ("hi", _("Range to")),
        ("period_s", _("Usual period (s)")),
        ("place", _("Place")),
        ("longitude", _("Longitude")),
        ("latitude", _("Latitude")),
        ("organisation", _("Enterprise")),
        ("asset_label", _("Asset")),
        ("alarm_count", _("Alarms")),
        ("is_enabled", _("In use")),
        ("consequence", _("Consequence")),
        ("guidance", _("Guidance")),
    )
    bulk_acts = (BulkAct("trend", _("Show their trends"), reverse_lazy("monitoring:trends-of"), "value.view"),)  # type: ignore[arg-type]
    is_away = False

    def rows(self) -> QuerySet[Any]:
        return queries.tags(ALL())

    def selected(self) -> QuerySet[Any]:
        rows = super().selected()
        asked = self.query.get("data", "")
        return rows.filter(pk__in=self._of_quality(rows, asked)) if asked else rows

    def _of_quality(self, rows: QuerySet[Any], asked: str) -> list[int]:
        """Numbers of tags whose newest value is bad, uncertain or too old. Away when the historian does not answer."""
        told = rows.order_by().values_list("pk", "period_s", "feed__period_s")
        periods = {n: own or of_feed for n, own, of_feed in told}
        with answered():
            last = historian().last_all()
        now_ms = int(timezone.now().timestamp() * 1000)
        known = zip(last.tag.tolist(), last.ts.tolist(), last.quality.tolist(), strict=True)
        heard = {n: (ts, quality & 3) for n, ts, quality in known if n in periods}
        if asked == "stale":
            found = [n for n, p in periods.items() if n not in heard or now_ms - heard[n][0] > 1000 * LATE_AFTER_PERIODS * p]
        else:
            wanted = BAD_CLASS if asked == "bad" else 1
            found = [n for n, (_ts, quality) in heard.items() if quality == wanted]
        return found[:MOST_SOUGHT]

    def prepare(self, rows: list[Any]) -> list[Any]:
        if not rows or not self.scope.has("value.view"):
            return rows
        try:
            last = historian().last_all([r.pk for r in rows])
        except HistorianAway:
            self.is_away = True
            for row in rows:
                row.is_away = True
            return rows
        columns = (last.tag.tolist(), last.ts.tolist(), last.value.tolist(), last.quality.tolist())
        found = {n: (ts, v if v == v else None, q, last.texts.get(n)) for n, ts, v, q in zip(*columns, strict=True)}
        for row in rows:
            row.last = found.get(row.pk)
        return rows


# -- changes of limits --------------------------------------------------------------------------------------------------

FIELD_WORDS = {f.name: f.verbose_name for f in AlarmDefinition._meta.concrete_fields}


def changes_in_words(change: LimitChange) -> list[dict[str, Any]]:
    """What a proposal changes: field in words, before, after."""
    return [
        {"name": str(FIELD_WORDS.get(name, name)), "before": said(change.before.get(name)), "after": said(after)}
        for name, after in change.after.items()
    ]


def said(value: Any) -> str:
    if isinstance(value, bool):
        return _now("yes") if value else _now("no")
    return cw.figure(value) if value not in (None, "", {}) else "—"


CHANGE_COLOUR = {ChangeState.PROPOSED: "yel", ChangeState.REJECTED: "line", ChangeState.WITHDRAWN: "line"}


class ChangeTable(tables.Table):
    tag = tables.Column(verbose_name=_("Tag"), accessor="definition", attrs=FIRST)
    alarm = tables.Column(verbose_name=_("Alarm"), accessor="definition")
    organisation = tables.Column(verbose_name=_("Enterprise"))
    change = tables.Column(verbose_name=_("Change"), accessor="pk")
    trial = tables.Column(verbose_name=_("On history"), accessor="pk")
    reason = tables.Column(verbose_name=_("Reason"), attrs={"td": {"class": "text"}})
    proposed = tables.Column(verbose_name=_("Proposed"), accessor="proposed_at")
    state = tables.Column(verbose_name=_("State"))

    def render_tag(self, record: LimitChange) -> SafeString:
        return link(reverse("monitoring:limit-change", args=[record.uuid]), record.definition.tag.code)

    def render_alarm(self, record: LimitChange) -> SafeString:
        return format_html("{} {}", cw.priority(record.definition.priority, acked=True, small=True), record.definition.title)

    def render_change(self, record: LimitChange) -> str:
        return "；".join(f"{c['name']} {c['before']} → {c['after']}" for c in changes_in_words(record))

    def render_trial(self, record: LimitChange) -> str:
        return trial_words(record)

    def render_proposed(self, record: LimitChange) -> SafeString:
        who = record.proposed_by.display_name if record.proposed_by else ""
        return format_html("{} {}", who, cw.moment(record.proposed_at))

    def render_state(self, record: LimitChange) -> SafeString:
        return cw.chip(record.get_state_display(), CHANGE_COLOUR.get(record.state, ""))  # type: ignore[call-overload]


def trial_words(change: LimitChange) -> str:
    """What the trial on history said, or that there was none."""
    if not change.trial:
        return _now("not tried")
    figures = {"new": change.trial["would_raise"], "now": change.trial["raises_now"]}
    return _now("would have raised %(new)s (now %(now)s)") % figures


class ChangeFilters(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(label=_("State"), choices=ChangeState.choices)
    organisation = django_filters.CharFilter(label=_("Enterprise"), field_name="organisation__name", lookup_expr="icontains")
    tag = django_filters.CharFilter(label=_("Tag code"), field_name="definition__tag__code", lookup_expr="icontains")

    class Meta:
        model = LimitChange
        fields: list[str] = []


@add
class ChangeRegister(Register):
    name = "monitoring.limits"
    title = _("Limit changes")
    capability = "alarm.view"
    table = ChangeTable
    filters = ChangeFilters
    sorts = {"proposed": "proposed_at", "id": "id"}
    default_sort = "-id"
    export_fields = (
        ("definition.tag.code", _("Tag code")),
        ("definition.title", _("Alarm")),
        ("organisation", _("Enterprise")),
        ("words", _("Change")),
        ("trial_said", _("On history")),
        ("reason", _("Reason")),
        ("proposed_at", _("Proposed")),
        ("get_state_display", _("State")),
        ("decided_at", _("Decided")),
        ("decision_reason", _("Reason of the decision")),
    )

    def rows(self) -> QuerySet[Any]:
        return queries.limit_changes(ALL())

    def prepare(self, rows: list[Any]) -> list[Any]:
        for row in rows:
            row.words = "；".join(f"{c['name']} {c['before']} → {c['after']}" for c in changes_in_words(row))
            row.trial_said = trial_words(row)
        return rows
