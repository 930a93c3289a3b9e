"""位号: measuring points."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chemward.apps.core.models import ScopedRecord
from chemward.apps.core.register.search import Searchable
from chemward.apps.monitoring.models.feeds import Feed
from chemward.telemetry.engine.config import PAGE_SIZE

FILTERED = ("org_path", "deleted_at", "kind", "unit", "is_enabled", "feed", "asset_uuid")


class TagKind(models.TextChoices):
    NUMBER = "number", pgettext_lazy("kind of tag", "Number")
    STATE = "state", _("State")
    COUNTER = "counter", _("Counter")
    TEXT = "text", _("Text")


class Tag(Searchable, ScopedRecord):
    """One measuring point of a feed. Its database id is the number that travels inside the platform."""

    search_fields = ("code", "name", "asset_label", "place")

    feed = models.ForeignKey(Feed, models.PROTECT, related_name="tags", verbose_name=_("Feed"))
    code = models.CharField(_("Tag code"), max_length=64)
    name = models.CharField(_("Name"), max_length=120, blank=True, default="")
    kind = models.CharField(_("Kind"), max_length=8, choices=TagKind.choices, default=TagKind.NUMBER)
    unit = models.CharField(_("Unit"), max_length=32, blank=True, default="")
    # For gases: {"molar_mass" [g/mol], "lel_pct_vol" [%vol], "molar_volume" [L/mol]}: what ppm, mg/m³, %LEL and %vol go by.
    conversion_basis = models.JSONField(_("Basis of unit conversion"), default=dict, blank=True)
    lo = models.FloatField(_("Range from"), null=True, blank=True)
    hi = models.FloatField(_("Range to"), null=True, blank=True)
    period_s = models.FloatField(_("Usual period (s)"), default=0)
    frozen_s = models.FloatField(_("Suspicious when unchanged for (s)"), default=0)
    states = models.JSONField(_("States"), default=dict, blank=True)
    asset_uuid = models.UUIDField(_("Asset"), null=True, blank=True, db_index=True)
    asset_label = models.CharField(_("Asset"), max_length=200, blank=True, default="")
    place = models.CharField(_("Place"), max_length=200, blank=True, default="")
    longitude = models.FloatField(_("Longitude"), null=True, blank=True)
    latitude = models.FloatField(_("Latitude"), null=True, blank=True)
    is_enabled = models.BooleanField(_("In use"), default=True)
    # Place in the feed, given once and never again: it decides the configuration page.
    order = models.PositiveIntegerField(editable=False)
    consequence = models.TextField(_("Consequence"), blank=True, default="")
    guidance = models.TextField(_("Guidance"), blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("feed", "code"), name="one_tag_code"),
            models.UniqueConstraint(fields=("feed", "order"), name="one_tag_order"),
        ]
        indexes = [
            models.Index(fields=("org_path", "code"), name="tag_register"),
            # The register is walked in these; they hold what is filtered by (core/register/leading.py).
            models.Index(fields=("code", "id", *FILTERED), name="tag_by_code"),
            models.Index(fields=("name", "id", *FILTERED), name="tag_by_name"),
            models.Index(fields=("unit", "code", "id", "org_path", "kind"), name="tag_by_unit"),
            models.Index(fields=("kind", "code", "id", "org_path", "unit"), name="tag_by_kind"),
            models.Index(fields=("latitude", "longitude"), name="tag_place", condition=models.Q(latitude__isnull=False)),
        ]
        ordering = ("feed", "order")
        verbose_name = _("Tag")
        verbose_name_plural = _("Tags")

    def __str__(self) -> str:
        return self.code

    @property
    def n(self) -> int:
        """Number of the tag on the bus and in the historian."""
        return int(self.pk)

    @property
    def page(self) -> int:
        """Configuration page of its feed on which the tag stands."""
        return self.order // PAGE_SIZE
