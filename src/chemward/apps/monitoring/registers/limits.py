"""The register of changes of limits."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.register.columns import FIRST, link
from chemward.apps.core.register.filters import OneOf, PlaceFilter
from chemward.apps.core.register.register import Register, add
from chemward.apps.core.scope import Scope
from chemward.apps.core.templatetags import cw
from chemward.apps.monitoring import queries
from chemward.apps.monitoring.models import (
    AlarmDefinition,
    ChangeState,
    LimitChange,
)

ALL = Scope.everything


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
    state = OneOf(label=_("State"), choices=ChangeState.choices)
    organisation = PlaceFilter(label=_("Enterprise"))
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
