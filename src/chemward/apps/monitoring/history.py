"""The register of alarms as they happened."""

from __future__ import annotations

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chemward.apps.core.register.columns import NUM, MomentColumn
from chemward.apps.core.register.filters import CodeFilter, OneOf, PlaceFilter, UnderFilter
from chemward.apps.core.register.register import Register, add
from chemward.apps.core.templatetags import cw
from chemward.apps.monitoring.models import AlarmOccurrence, AlarmType, Outcome, Priority


class HistoryTable(tables.Table):
    priority = tables.Column(verbose_name=gettext_lazy("Priority"))
    raised_at = MomentColumn(verbose_name=gettext_lazy("Raised"))
    duration = tables.Column(verbose_name=gettext_lazy("Lasted"), empty_values=(), attrs=NUM)
    organisation = tables.Column(verbose_name=gettext_lazy("Enterprise"))
    code = tables.Column(verbose_name=gettext_lazy("Tag code"))
    title = tables.Column(verbose_name=gettext_lazy("Alarm"))
    raise_value = tables.Column(verbose_name=gettext_lazy("Value"), attrs=NUM)
    limit = tables.Column(verbose_name=gettext_lazy("Limit"))
    cleared_at = MomentColumn(verbose_name=gettext_lazy("Cleared"))
    acked = tables.Column(verbose_name=gettext_lazy("Acknowledged"), empty_values=())
    outcome = tables.Column(verbose_name=gettext_lazy("Outcome"), empty_values=())

    def render_priority(self, record: AlarmOccurrence) -> SafeString:
        return cw.priority(record.priority, acked=record.park_acked_at is not None)

    def render_duration(self, record: AlarmOccurrence) -> SafeString:
        if record.cleared_at is None:
            return format_html('<span class="t2">{}</span>', _("still stands") if record.has_raise else "—")
        return format_html("{}", cw.span((record.cleared_at - record.raised_at).total_seconds()))

    def render_title(self, record: AlarmOccurrence) -> SafeString:
        late = format_html(' <span class="m">{}</span>', _("late")) if record.is_late else ""
        return format_html('<a class="b" href="{}">{}</a>{}', reverse("monitoring:alarm", args=[record.uuid]), record.title, late)

    def render_raise_value(self, record: AlarmOccurrence) -> SafeString:
        return cw.number(record.raise_value, record.unit)

    def render_limit(self, record: AlarmOccurrence) -> SafeString:
        return format_html('<span class="t2 nw">{}</span>', limit_words(record.type, record.limit))

    def render_acked(self, record: AlarmOccurrence) -> SafeString:
        if record.park_acked_at is None:
            return format_html('<span class="t3">{}</span>', "—")
        waited = (record.park_acked_at - (record.annunciated_at or record.raised_at)).total_seconds()
        who = record.park_acked_by.display_name if record.park_acked_by else ""
        return format_html('{} <span class="m">{}</span>', who, cw.span(max(0.0, waited)))

    def render_outcome(self, record: AlarmOccurrence) -> SafeString:
        answer = getattr(record, "answer", None)
        if answer is not None and answer.answered_at is None:
            return format_html("{} {}", _("answer owed"), cw.rest(answer.due_at))
        return format_html("{}", record.get_outcome_display() or "—")


def limit_words(type_: str, limit: float | None) -> str:
    """`HH ≥ 2`, `L ≤ 10`; what has no limit says its kind.

    >>> limit_words("HH", 2.0), limit_words("L", 10.0), limit_words("ROC", None)
    ('HH ≥ 2', 'L ≤ 10', 'ROC')
    """
    if limit is None:
        return type_
    sign = "≤" if type_ in ("L", "LL") else "≥" if type_ in ("H", "HH") else ">"
    return f"{type_} {sign} {limit:g}"


class HistoryFilters(django_filters.FilterSet):
    priority = OneOf(label=gettext_lazy("Priority"), choices=Priority.choices)
    type = OneOf(label=gettext_lazy("Type"), choices=AlarmType.choices)
    org = UnderFilter(label=gettext_lazy("Organisation path"))
    enterprise = PlaceFilter(label=gettext_lazy("Enterprise"))
    code = CodeFilter(label=gettext_lazy("Tag code"))
    is_open = django_filters.BooleanFilter(label=gettext_lazy("Open"))
    is_late = django_filters.BooleanFilter(label=gettext_lazy("Late"))
    outcome = OneOf(label=gettext_lazy("Outcome"), choices=Outcome.choices)
    since = django_filters.IsoDateTimeFilter(label=gettext_lazy("Raised from"), field_name="raised_at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(label=gettext_lazy("Raised before"), field_name="raised_at", lookup_expr="lt")

    class Meta:
        model = AlarmOccurrence
        fields: list[str] = []


@add
class HistoryRegister(Register):
    name = "monitoring.alarms"
    title = gettext_lazy("Alarm history")
    capability = "alarm.view"
    table = HistoryTable
    filters = HistoryFilters
    sorts = {"raised_at": "raised_at", "priority": "priority"}
    leads = {
        "code": "raised_at",
        "is_open": "",
        "is_late": "raised_at",
        "enterprise": "",
        "org": "",
        "since": "raised_at",
        "until": "raised_at",
        "outcome": "raised_at",
        "type": "raised_at",
        "priority": "",
    }
    default_sort = "-raised_at"
    search_hint = gettext_lazy("Find in tag code and alarm")
    export_fields = (
        ("priority", gettext_lazy("Priority")),
        ("raised_at", gettext_lazy("Raised")),
        ("cleared_at", gettext_lazy("Cleared")),
        ("organisation", gettext_lazy("Enterprise")),
        ("code", gettext_lazy("Tag code")),
        ("title", gettext_lazy("Alarm")),
        ("type", gettext_lazy("Type")),
        ("raise_value", gettext_lazy("Value")),
        ("limit", gettext_lazy("Limit")),
        ("unit", gettext_lazy("Unit")),
        ("park_acked_at", gettext_lazy("Acknowledged by the park")),
        ("park_acked_by", gettext_lazy("Acknowledged by")),
        ("enterprise_acked_at", gettext_lazy("Acknowledged by the enterprise")),
        ("get_outcome_display", gettext_lazy("Outcome")),
    )

    def rows(self) -> QuerySet[AlarmOccurrence]:
        return AlarmOccurrence.objects.select_related("organisation", "answer", "park_acked_by", "enterprise_acked_by")
