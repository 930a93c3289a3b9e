"""The register of tags."""

from __future__ import annotations

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

from chemward.apps.core.register.columns import FIRST, NUM, link
from chemward.apps.core.register.filters import NamedFilter, OneOf, PlaceFilter
from chemward.apps.core.register.leading import Way, conditions, loosen
from chemward.apps.core.register.register import BulkAct, Register, add
from chemward.apps.core.scope import Scope
from chemward.apps.core.templatetags import cw
from chemward.apps.core.templatetags.formatting import LATE_AFTER_PERIODS
from chemward.apps.monitoring import queries
from chemward.apps.monitoring.models import (
    AlarmDefinition,
    AlarmOccurrence,
    Feed,
    Tag,
    TagKind,
)
from chemward.apps.monitoring.registers.cells import CHOOSE_ALL, DASH, choice
from chemward.apps.monitoring.values import answered, historian
from chemward.telemetry.historian.client import HistorianAway

ALL = Scope.everything


# More numbers than this are not put into one question to the database.
MOST_SOUGHT = 30_000
BAD_CLASS, UNCERTAIN_CLASS = 2, 1


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
    organisation = PlaceFilter(label=_("Enterprise"))
    feed = NamedFilter(Feed, "key", lookup_expr="exact", field_name="feed", label=_("Feed number"))
    kind = OneOf(label=_("Kind"), choices=TagKind.choices)
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
        in_alarm = AlarmOccurrence.objects.filter(is_open=True, tag__isnull=False).order_by().values("tag")
        return rows.filter(pk__in=in_alarm) if wanted else rows.exclude(pk__in=in_alarm)

    def untouched(self, rows: QuerySet[Tag], _name: str, _value: str) -> QuerySet[Tag]:
        return rows

    class Meta:
        model = Tag
        fields: list[str] = []


def _of_class(last: Any, wanted: int) -> list[int]:
    """Numbers of the tags whose newest value is of a class of quality."""
    return [n for n, quality in zip(last.tag.tolist(), last.quality.tolist(), strict=True) if quality & 3 == wanted]


@add
class TagRegister(Register):
    name = "monitoring.tags"
    title = _("Tags")
    capability = "tag.view"
    table = TagTable
    filters = TagFilters
    sorts = {"code": "code", "name": "name"}
    leads = {"data": "", "asset": "", "is_alarming": "", "feed": "", "unit": "code", "organisation": "", "kind": "code"}
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
    _sought: list[int] | None = None

    def rows(self) -> QuerySet[Any]:
        return queries.tags(ALL())

    def selected(self, way: Way | None = None, *, has_search: bool = True) -> QuerySet[Any]:
        rows = super().selected(way, has_search=has_search)
        asked = self.query.get("data", "")
        if not asked:
            return rows
        since = conditions(rows)
        rows = rows.filter(pk__in=self._of_quality(asked))
        return rows if way is None or way.led_by == "data" else loosen(rows, since)

    def _of_quality(self, asked: str) -> list[int]:
        """Numbers of tags whose newest value is bad, uncertain or too old. Away when the historian does not answer."""
        if self._sought is None:
            with answered():
                last = historian().last_all()
            found = self._stale(last) if asked == "stale" else _of_class(last, BAD_CLASS if asked == "bad" else UNCERTAIN_CLASS)
            self._sought = found[:MOST_SOUGHT]
        return self._sought

    def _stale(self, last: Any) -> list[int]:
        """Tags in scope that are silent for longer than their period allows, or were never heard."""
        rows = self.scope.filter(Tag.objects.filter(deleted_at=None), self.capability)
        told = rows.order_by().values_list("pk", "period_s", "feed__period_s")
        heard = dict(zip(last.tag.tolist(), last.ts.tolist(), strict=True))
        now_ms = timezone.now().timestamp() * 1000
        allowed_ms = 1000 * LATE_AFTER_PERIODS
        return [n for n, own, of_feed in told if n not in heard or now_ms - heard[n] > allowed_ms * (own or of_feed)]

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
