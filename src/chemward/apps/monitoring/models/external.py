"""Alarms that enterprises' own systems send, beside ours."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import ScopedRecord
from chemward.apps.monitoring.models.feeds import Feed
from chemward.apps.monitoring.models.occurrences import AlarmOccurrence
from chemward.apps.monitoring.models.tags import Tag


class Reconciliation(models.TextChoices):
    PENDING = "pending", _("Not compared yet")
    MATCHED = "matched", _("In both systems")
    THEIRS_ONLY = "theirs_only", _("Only in the enterprise's system")


class ExternalAlarm(ScopedRecord):
    """An alarm of an enterprise's system. `external_key` is its id there. Ours that they miss are found by query."""

    feed = models.ForeignKey(Feed, models.PROTECT, related_name="external_alarms", verbose_name=_("Feed"))
    tag = models.ForeignKey(Tag, models.SET_NULL, null=True, related_name="external_alarms", verbose_name=_("Tag"))
    code = models.CharField(_("Tag code"), max_length=64)
    title = models.CharField(_("Alarm"), max_length=200, blank=True, default="")
    type = models.CharField(_("Type"), max_length=16, blank=True, default="")
    priority = models.CharField(_("Their priority"), max_length=32, blank=True, default="")
    value = models.FloatField(_("Value"), null=True, blank=True)
    unit = models.CharField(_("Unit"), max_length=32, blank=True, default="")
    raised_at = models.DateTimeField(_("Raised"))
    cleared_at = models.DateTimeField(_("Cleared"), null=True, blank=True)
    acked_at = models.DateTimeField(_("Acknowledged there"), null=True, blank=True)
    received_at = models.DateTimeField(_("Received"))
    reconciliation = models.CharField(
        _("Comparison"), max_length=12, choices=Reconciliation.choices, default=Reconciliation.PENDING, db_index=True
    )
    occurrence = models.ForeignKey(AlarmOccurrence, models.SET_NULL, null=True, related_name="external_alarms")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("feed", "external_key"), name="one_external_alarm")]
        indexes = [models.Index(fields=("feed", "raised_at"), name="external_by_time")]
        ordering = ("-raised_at", "-id")
        verbose_name = _("Alarm of an enterprise's system")
        verbose_name_plural = _("Alarms of enterprises' systems")

    def __str__(self) -> str:
        return f"{self.code} {self.title}"
