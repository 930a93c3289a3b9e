"""Connections of enterprises: feeds, the keys they connect with, how well they run, what they send unasked."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import ScopedRecord


class FeedKind(models.TextChoices):
    MQTT = "mqtt", _("MQTT")
    HTTP = "http", _("HTTP")
    NATIVE = "native", _("Native bus")


class Feed(ScopedRecord):
    """One connection of one enterprise. `key` is what stands in topics and paths: opaque, so that it tells nothing."""

    key = models.CharField(_("Feed number"), max_length=10, unique=True)
    name = models.CharField(_("Name"), max_length=120)
    kind = models.CharField(_("Kind"), max_length=8, choices=FeedKind.choices, default=FeedKind.MQTT)
    shard = models.CharField(_("Shard"), max_length=2, editable=False)
    lateness_s = models.FloatField(_("Allowed lateness (s)"), default=300)
    period_s = models.FloatField(_("Usual period (s)"), default=10)
    max_skew_s = models.FloatField(_("Allowed clock skew (s)"), default=60)
    is_active = models.BooleanField(_("Active"), default=True)
    note = models.TextField(_("Note"), blank=True, default="")

    class Meta:
        ordering = ("id",)
        verbose_name = _("Feed")
        verbose_name_plural = _("Feeds")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.shard = self.organisation.shard
        super().save(*args, **kwargs)


class Credential(ScopedRecord):
    """A key that opens the door for one feed. Only the SHA-256 of the secret is kept; the secret is shown once."""

    feed = models.ForeignKey(Feed, models.PROTECT, related_name="credentials", verbose_name=_("Feed"))
    key_id = models.CharField(_("Key id"), max_length=24, unique=True)
    name = models.CharField(_("Name"), max_length=64, blank=True, default="")
    secret_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    kinds = models.JSONField(_("Doors"), default=list)
    issued_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("Issued by"))
    issued_at = models.DateTimeField(_("Issued"))
    revoked_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("Revoked by"))
    revoked_at = models.DateTimeField(_("Revoked"), null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("Credential")
        verbose_name_plural = _("Credentials")

    def __str__(self) -> str:
        return self.key_id

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None


class FeedHealth(models.Model):
    """How a feed runs now: the newest report of the worker, and the conformity score with its parts."""

    feed = models.OneToOneField(Feed, models.CASCADE, related_name="health", verbose_name=_("Feed"))
    org_path = models.CharField(max_length=120, db_index=True, editable=False)
    reported_at = models.DateTimeField(_("Reported"))
    last_sample_at = models.DateTimeField(_("Last sample"), null=True, blank=True)
    last_received_at = models.DateTimeField(_("Last received"), null=True, blank=True)
    rate_per_s = models.FloatField(_("Samples per second"), default=0)
    # What its enabled tags should send together, from their usual periods.
    expected_per_s = models.FloatField(_("Expected samples per second"), default=0)
    lag_ms = models.BigIntegerField(_("Lag (ms)"), null=True, blank=True)
    skew_ms = models.BigIntegerField(_("Clock skew (ms)"), null=True, blank=True)
    frozen_tags = models.PositiveIntegerField(_("Frozen tags"), default=0)
    # The worker counts since `since_ms`; what is added to the hour is the difference to the report before.
    since_ms = models.BigIntegerField(default=0)
    totals = models.JSONField(_("Counts"), default=dict)
    fault_codes = models.JSONField(_("Last faults"), default=dict)
    score = models.FloatField(_("Conformity"), null=True, blank=True)
    score_parts = models.JSONField(_("Parts of the conformity score"), default=list)
    silent_since = models.DateTimeField(_("Silent since"), null=True, blank=True)

    class Meta:
        verbose_name = _("Feed health")


class FeedHour(models.Model):
    """What a feed sent in one hour."""

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="hours")
    org_path = models.CharField(max_length=120, db_index=True, editable=False)
    hour = models.DateTimeField(_("Hour"))
    messages = models.PositiveBigIntegerField(_("Messages"), default=0)
    samples = models.PositiveBigIntegerField(_("Samples"), default=0)
    expected = models.PositiveBigIntegerField(_("Expected samples"), default=0)
    refused = models.PositiveBigIntegerField(_("Refused"), default=0)
    unknown = models.PositiveBigIntegerField(_("Unknown tags"), default=0)
    faults = models.PositiveBigIntegerField(_("Faults"), default=0)
    late = models.PositiveBigIntegerField(_("Late"), default=0)
    duplicates = models.PositiveBigIntegerField(_("Same tag and time twice"), default=0)
    out_of_range = models.PositiveBigIntegerField(_("Out of range"), default=0)
    ahead = models.PositiveBigIntegerField(_("Ahead of the clock"), default=0)
    out_of_order = models.PositiveBigIntegerField(_("Out of order"), default=0)
    gaps = models.PositiveBigIntegerField(_("Gaps"), default=0)
    score = models.FloatField(_("Conformity"), null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("feed", "hour"), name="one_feed_hour")]
        ordering = ("-hour",)
        verbose_name = _("Feed hour")


class UnknownTag(ScopedRecord):
    """A tag code that a feed sends and nobody has accepted yet."""

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="unknown_tags", verbose_name=_("Feed"))
    code = models.CharField(_("Tag code"), max_length=64)
    first_seen_at = models.DateTimeField(_("First seen"))
    last_seen_at = models.DateTimeField(_("Last seen"))
    example = models.CharField(_("Example value"), max_length=200, blank=True, default="")
    unit = models.CharField(_("Unit"), max_length=32, blank=True, default="")
    count = models.PositiveBigIntegerField(_("Seen"), default=1)
    dismissed_at = models.DateTimeField(_("Dismissed"), null=True, blank=True)
    dismissed_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("feed", "code"), name="one_unknown_tag")]
        ordering = ("-last_seen_at", "-id")
        verbose_name = _("Unknown tag")
        verbose_name_plural = _("Unknown tags")

    def __str__(self) -> str:
        return self.code


class TagPage(models.Model):
    """A page of tag configuration (at most 256 tags) as announced to the workers, and since when a worker has applied it."""

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="pages")
    page = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=0)
    announced_at = models.DateTimeField(null=True, blank=True)
    applied_version = models.PositiveIntegerField(default=0)
    applied_at = models.DateTimeField(null=True, blank=True)
    # Rows were changed by an import that announces its pages at the end; whatever happens to it, the clock announces them.
    dirty_since = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("feed", "page"), name="one_tag_page")]
        ordering = ("feed", "page")
