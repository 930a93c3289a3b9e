"""The register of tags that feeds send and nobody knows."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse, reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.register.columns import FIRST, NUM
from chemward.apps.core.register.filters import PlaceFilter
from chemward.apps.core.register.register import BulkAct, Register, add
from chemward.apps.core.scope import Scope
from chemward.apps.core.templatetags import cw
from chemward.apps.monitoring.actions.tags import kind_of
from chemward.apps.monitoring.models import (
    TagKind,
    UnknownTag,
)
from chemward.apps.monitoring.registers.cells import CHOOSE_ALL, choice

ALL = Scope.everything


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
    organisation = PlaceFilter(label=_("Enterprise"))
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
