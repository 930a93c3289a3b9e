"""Assets: everything that has a place. One table for all kinds; what differs between kinds is data (`data/kinds.toml`)."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import ScopedRecord
from chemward.apps.core.register.search import Searchable


class Asset(Searchable, ScopedRecord):
    """An area, unit, equipment, instrument, gate, camera, road, building, protected target, …

    Geometry is GeoJSON text, longitude and latitude in degrees (CGCS2000); its bounding box and a point inside it stand beside it.
    `tree_path` is the ids from the uppermost asset, `12.45.`, as the path of organisations is.
    """

    search_fields = ("code", "name")

    kind = models.CharField(_("Kind"), max_length=20)
    subkind = models.CharField(_("Type"), max_length=24, blank=True, default="")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Belongs to")
    )
    tree_path = models.CharField(max_length=160, editable=False, default="")
    code = models.CharField(_("Code"), max_length=64)
    name = models.CharField(_("Name"), max_length=120)
    geometry_text = models.TextField(blank=True, default="", editable=False)
    min_lon = models.FloatField(null=True, editable=False)
    min_lat = models.FloatField(null=True, editable=False)
    max_lon = models.FloatField(null=True, editable=False)
    max_lat = models.FloatField(null=True, editable=False)
    lon = models.FloatField(_("Longitude"), null=True, editable=False)
    lat = models.FloatField(_("Latitude"), null=True, editable=False)
    properties = models.JSONField(_("Properties"), default=dict, blank=True)
    guidance = models.TextField(_("Guidance"), blank=True, default="")
    valid_from = models.DateTimeField(_("Valid from"))
    valid_until = models.DateTimeField(_("Valid until"), null=True, blank=True)
    # Since when the row says what it says now; what it said before stands in AssetPast.
    since = models.DateTimeField(editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("organisation", "code"), condition=Q(valid_until=None, deleted_at=None), name="one_living_asset_code"
            )
        ]
        indexes = [
            models.Index(fields=("kind", "min_lon", "max_lon"), name="asset_box"),
            models.Index(fields=("kind", "org_path"), name="asset_kind_path"),
            models.Index(fields=("tree_path",), name="asset_tree"),
            models.Index(fields=("code", "id"), name="asset_code"),
            models.Index(fields=("name", "id"), name="asset_name"),
            models.Index(fields=("updated_at", "id"), name="asset_changed"),
        ]
        verbose_name = _("Asset")
        verbose_name_plural = _("Assets")

    def __str__(self) -> str:
        return f"{self.code} {self.name}" if self.code != self.name else self.name

    @property
    def geometry(self) -> dict[str, Any] | None:
        """The geometry as a GeoJSON object."""
        return orjson.loads(self.geometry_text) if self.geometry_text else None

    @property
    def is_living(self) -> bool:
        return self.valid_until is None and self.deleted_at is None


class AssetPast(models.Model):
    """What an asset said from one moment to another, before it was changed."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="past")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    # Field → value, of the fields in `rules.KEPT`.
    state = models.JSONField(default=dict)

    class Meta:
        ordering = ("-valid_from", "-id")
        indexes = [models.Index(fields=("asset", "valid_from", "valid_until"), name="asset_past")]
