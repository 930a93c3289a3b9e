"""The master alarm database: what is watched, why, what to do, who changed which limit since when."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import ScopedRecord
from chemward.apps.monitoring.models.tags import Tag


class AlarmType(models.TextChoices):
    HH = "HH", _("High-high")
    H = "H", _("High")
    L = "L", _("Low")
    LL = "LL", _("Low-low")
    ROC = "ROC", _("Rate of change")
    DEV = "DEV", _("Deviation")
    STATE = "STATE", _("State")
    STALE = "STALE", _("No data")
    BAD = "BAD", _("Bad quality")


class LimitLevel(models.IntegerChoices):
    NONE = 0, _("No level")
    FIRST = 1, _("Level 1")
    SECOND = 2, _("Level 2")


class Priority(models.IntegerChoices):
    ONE = 1, _("Priority 1 (red)")
    TWO = 2, _("Priority 2 (orange)")
    THREE = 3, _("Priority 3 (yellow)")
    FOUR = 4, _("Priority 4 (blue)")


class AlarmClass(models.TextChoices):
    SAFETY = "safety", _("Process safety")
    GAS = "gas", _("Flammable or toxic gas")
    FIRE = "fire", _("Fire")
    ENVIRONMENT = "environment", _("Environment")
    PROCESS = "process", _("Process")
    INSTRUMENT = "instrument", _("Instrument or connection")


class ConsequenceClass(models.TextChoices):
    MINOR = "minor", _("Minor")
    MODERATE = "moderate", _("Moderate")
    MAJOR = "major", _("Major")
    SEVERE = "severe", _("Severe")


# What a limit change may change, and what a version of a limit keeps.
LIMIT_FIELDS = (
    "limit",
    "deadband",
    "on_s",
    "off_s",
    "count",
    "window_s",
    "is_latched",
    "priority",
    "level",
    "is_enabled",
    "suppress",
    "suppress_reason",
    "limit_source",
    "limit_clause",
)


class AlarmDefinition(ScopedRecord):
    """One alarm of one tag. Its public id is the definition id of the engine, stable through changes of limit."""

    tag = models.ForeignKey(Tag, models.CASCADE, related_name="alarms", verbose_name=_("Tag"))
    type = models.CharField(_("Type"), max_length=5, choices=AlarmType.choices)
    level = models.PositiveSmallIntegerField(_("Limit level"), choices=LimitLevel.choices, default=LimitLevel.NONE)
    title = models.CharField(_("Alarm"), max_length=120)
    limit = models.FloatField(_("Limit"), default=0)
    deadband = models.FloatField(_("Deadband"), default=0)
    on_s = models.FloatField(_("On-delay (s)"), default=0)
    off_s = models.FloatField(_("Off-delay (s)"), default=0)
    count = models.PositiveSmallIntegerField(_("Crossings"), default=1)
    window_s = models.FloatField(_("Window (s)"), default=0)
    is_latched = models.BooleanField(_("Stays until reset"), default=False)
    reference = models.ForeignKey(
        Tag, models.SET_NULL, null=True, blank=True, related_name="referring_alarms", verbose_name=_("Compared with")
    )
    priority = models.PositiveSmallIntegerField(_("Priority"), choices=Priority.choices, default=Priority.THREE)
    alarm_class = models.CharField(_("Class"), max_length=12, choices=AlarmClass.choices, default=AlarmClass.PROCESS)
    consequence_class = models.CharField(
        _("Consequence class"), max_length=10, choices=ConsequenceClass.choices, blank=True, default=""
    )
    consequence = models.TextField(_("Consequence"), blank=True, default="")
    response = models.TextField(_("Response"), blank=True, default="")
    guidance = models.TextField(_("Guidance"), blank=True, default="")
    time_to_respond_s = models.PositiveIntegerField(_("Time to respond (s)"), null=True, blank=True)
    suppress = models.JSONField(_("Suppressed by design when"), null=True, blank=True)
    suppress_reason = models.CharField(_("Reason of suppression"), max_length=200, blank=True, default="")
    is_enabled = models.BooleanField(_("In use"), default=True)
    is_major_hazard = models.BooleanField(_("At a major hazard"), default=False)
    limit_source = models.CharField(_("Source of the limit"), max_length=120, blank=True, default="")
    limit_clause = models.CharField(_("Clause"), max_length=120, blank=True, default="")
    # Version of the tag's configuration page that carries this definition as it stands, and since when a worker judges by it.
    page_version = models.PositiveIntegerField(default=0, editable=False)
    in_force_since = models.DateTimeField(_("In force since"), null=True, blank=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=("org_path", "priority"), name="alarm_register")]
        ordering = ("tag", "id")
        verbose_name = _("Alarm definition")
        verbose_name_plural = _("Alarm definitions")

    def __str__(self) -> str:
        return self.title

    @property
    def needs_second_person(self) -> bool:
        """Second-level limits at major hazards are silenced by two persons only."""
        return self.is_major_hazard and self.level == LimitLevel.SECOND

    def limit_values(self) -> dict[str, Any]:
        """The fields that a limit version keeps, as they stand now."""
        return {name: getattr(self, name) for name in LIMIT_FIELDS}


class ChangeState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class LimitChange(ScopedRecord):
    """A request to change a limit: tried on history, decided by another person, then a new version in force."""

    definition = models.ForeignKey(AlarmDefinition, models.CASCADE, related_name="changes", verbose_name=_("Alarm definition"))
    state = models.CharField(_("State"), max_length=10, choices=ChangeState.choices, default=ChangeState.PROPOSED)
    before = models.JSONField(_("Before"))
    after = models.JSONField(_("After"))
    base_version = models.PositiveIntegerField()
    reason = models.TextField(_("Reason"))
    proposed_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("Proposed by"))
    proposed_at = models.DateTimeField(_("Proposed"))
    # {"from_ms", "to_ms", "samples", "would_raise", "raises_now", "at_ms"}
    trial = models.JSONField(_("Trial on history"), null=True, blank=True)
    decided_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("Decided by"))
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decision_reason = models.TextField(_("Reason of the decision"), blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("definition",), condition=models.Q(state="proposed"), name="one_open_limit_change")
        ]
        ordering = ("-id",)
        verbose_name = _("Limit change")
        verbose_name_plural = _("Limit changes")

    def __str__(self) -> str:
        return f"{self.definition}: {', '.join(self.after)}"


class LimitVersion(models.Model):
    """A limit as it stood for a time. The newest version is what the definition says."""

    definition = models.ForeignKey(AlarmDefinition, models.CASCADE, related_name="versions")
    org_path = models.CharField(max_length=120, db_index=True, editable=False)
    number = models.PositiveIntegerField(_("Version"))
    values = models.JSONField(_("Values"))
    reason = models.TextField(_("Reason"), blank=True, default="")
    change = models.ForeignKey(LimitChange, models.SET_NULL, null=True, related_name="versions")
    changed_by = models.CharField(_("Changed by"), max_length=64, blank=True, default="")
    approved_by = models.CharField(_("Approved by"), max_length=64, blank=True, default="")
    created_at = models.DateTimeField(_("Changed"))
    page_version = models.PositiveIntegerField(default=0)
    in_force_since = models.DateTimeField(_("In force since"), null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("definition", "number"), name="one_limit_version")]
        ordering = ("-number",)
        verbose_name = _("Limit version")
