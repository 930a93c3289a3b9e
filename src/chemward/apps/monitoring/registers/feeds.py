"""The register of feeds."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.register.columns import FIRST, NUM, link
from chemward.apps.core.register.filters import PlaceFilter
from chemward.apps.core.register.register import Register, add
from chemward.apps.core.scope import Scope
from chemward.apps.core.templatetags import cw
from chemward.apps.monitoring import queries
from chemward.apps.monitoring.models import (
    Feed,
    FeedHour,
    FeedKind,
)
from chemward.apps.monitoring.registers.cells import DASH, NONE
from chemward.protocols.telemetry.faults import TEXTS

ALL = Scope.everything

# Below this a feed is asked about.
POOR_SCORE = 80.0


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
    organisation = PlaceFilter(label=_("Enterprise"))
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
