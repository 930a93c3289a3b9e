"""The register of assets."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chemward.apps.assets.kinds import kinds
from chemward.apps.assets.models import Asset
from chemward.apps.core.register.register import Register, add
from chemward.apps.core.templatetags import cw


class AssetTable(tables.Table):
    code = tables.Column(verbose_name=_("Code"))
    name = tables.Column(verbose_name=_("Name"))
    kind = tables.Column(verbose_name=_("Kind"))
    subkind = tables.Column(verbose_name=_("Type"), empty_values=())
    parent = tables.Column(verbose_name=_("Belongs to"))
    organisation = tables.Column(verbose_name=_("Organisation"))
    place = tables.Column(verbose_name=_("Place"), accessor="lon", empty_values=())
    changed = tables.Column(verbose_name=_("Changed"), accessor="updated_at")

    def render_code(self, record: Asset) -> SafeString:
        return format_html('<a class="b" href="{}">{}</a>', reverse("assets:asset", args=[record.uuid]), record.code)

    def render_kind(self, record: Asset) -> str:
        return kinds()[record.kind].name

    def render_subkind(self, record: Asset) -> str:
        return kinds()[record.kind].subkind_name(record.subkind) or "—"

    def render_place(self, record: Asset) -> SafeString:
        if record.lon is None:
            return cw.chip(_("Not on the map"), "yel", "map-pin")
        return format_html('<span class="t3">{}</span>', f"{record.lon:.5f}, {record.lat:.5f}")

    def render_changed(self, record: Asset) -> SafeString:
        return cw.moment(record.updated_at)


class AssetFilters(django_filters.FilterSet):
    kind = django_filters.MultipleChoiceFilter(label=_("Kind"), choices=lambda: [(k.code, k.name) for k in kinds().values()])
    subkind = django_filters.CharFilter(label=_("Type"))
    organisation = django_filters.CharFilter(label=_("Organisation"), field_name="organisation__name", lookup_expr="icontains")
    is_unplaced = django_filters.BooleanFilter(label=_("Not on the map"), field_name="lon", lookup_expr="isnull")
    is_retired = django_filters.BooleanFilter(label=_("Retired"), field_name="valid_until", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Asset
        fields: list[str] = []


@add
class AssetRegister(Register):
    name = "assets.assets"
    title = _("Assets")
    capability = "asset.view"
    table = AssetTable
    filters = AssetFilters
    sorts = {"code": "code", "name": "name", "changed": "updated_at", "id": "id"}
    default_sort = "code"
    search_hint = _("Find in code and name")
    export_fields = (
        ("code", _("Code")),
        ("name", _("Name")),
        ("kind", _("Kind")),
        ("subkind", _("Type")),
        ("parent.code", _("Belongs to")),
        ("organisation", _("Organisation")),
        ("lon", _("Longitude")),
        ("lat", _("Latitude")),
        ("guidance", _("Guidance")),
        ("valid_from", _("Valid from")),
        ("valid_until", _("Valid until")),
    )

    def rows(self) -> QuerySet[Any]:
        rows = Asset.objects.filter(deleted_at=None).select_related("organisation", "parent")
        # What has been retired is shown only when it is asked for.
        return rows if "is_retired" in self.query else rows.filter(valid_until=None)
