"""HiddenHazard 隐患: found by a person or a rule, with the one rectification loop."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chemward.apps.core.register.search import Searchable
from chemward.apps.followup.models.base import SubjectRecord


class HazardLevel(models.TextChoices):
    GENERAL = "general", _("General hidden hazard")
    MAJOR = "major", _("Major hidden hazard")


class HazardSource(models.TextChoices):
    ENFORCEMENT = "enforcement", _("Enforcement")
    REPORT = "report", _("Public report")
    PATROL = "patrol", _("Patrol")
    EXPERT = "expert", _("Expert diagnosis")
    SELF_CHECK = "self_check", _("Self-check of the enterprise")
    DUAL_PREVENTION = "dual_prevention", _("Dual prevention")
    FINDING = "finding", _("Finding of a rule")
    ALARM = "alarm", _("Alarm")
    SNAPSHOT = "snapshot", _("Snapshot by staff")


class HazardState(models.TextChoices):
    FOUND = "found", pgettext_lazy("state of a hidden hazard", "Found")
    ASSIGNED = "assigned", _("To be rectified")
    SUBMITTED = "submitted", _("Waiting for acceptance")
    RETURNED = "returned", _("Returned")
    CLOSED = "closed", _("Closed")
    DISMISSED = "dismissed", _("Dismissed")


class HiddenHazard(Searchable, SubjectRecord):
    """One hidden hazard. Its way through the loop is the table `transitions` in `rules.py`, its history the steps."""

    search_fields = ("number", "title", "place", "subject_label")

    number = models.CharField(_("Number"), max_length=32, unique=True)
    title = models.CharField(_("Hidden hazard"), max_length=200)
    description = models.TextField(_("Description"), blank=True, default="")
    level = models.CharField(_("Level"), max_length=8, choices=HazardLevel.choices, default=HazardLevel.GENERAL)
    origin = models.CharField(_("Found through"), max_length=16, choices=HazardSource.choices, default=HazardSource.PATROL)
    category = models.CharField(_("Category"), max_length=64, blank=True, default="")
    place = models.CharField(_("Place"), max_length=200, blank=True, default="")
    clause = models.CharField(_("Clause"), max_length=120, blank=True, default="")
    # What makes a hazard "the same" one: found again after it was closed, it has rebounded.
    likeness = models.CharField(max_length=64, blank=True, default="", db_index=True)
    state = models.CharField(_("State"), max_length=10, choices=HazardState.choices, default=HazardState.FOUND)
    found_at = models.DateTimeField(_("Found"))
    found_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("Found by"))
    finding = models.ForeignKey("followup.Finding", models.SET_NULL, null=True, blank=True, related_name="hazards")
    # The five things laid down at assignment: who, what, money, when, precautions (责任、措施、资金、时限、预案).
    post = models.ForeignKey(
        "core.Post", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Responsible post")
    )
    measure = models.TextField(_("Measure"), blank=True, default="")
    funds_cny = models.DecimalField(_("Funds (CNY)"), max_digits=14, decimal_places=2, null=True, blank=True)
    precaution = models.TextField(_("Precautions until then"), blank=True, default="")
    due_at = models.DateTimeField(_("Due"), null=True, blank=True)
    first_due_at = models.DateTimeField(_("First due"), null=True, blank=True)
    extension_count = models.PositiveSmallIntegerField(_("Extensions"), default=0)
    evidence = models.TextField(_("Evidence"), blank=True, default="")
    cause = models.TextField(_("Cause"), blank=True, default="")
    submitted_at = models.DateTimeField(_("Evidence given"), null=True, blank=True)
    submitted_by = models.ForeignKey("core.User", models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(_("Closed"), null=True, blank=True)
    closed_by = models.ForeignKey("core.User", models.PROTECT, null=True, blank=True, related_name="+")
    is_supervised = models.BooleanField(_("Supervised by name"), default=False)
    is_late = models.BooleanField(_("Rectified late"), default=False)
    return_count = models.PositiveSmallIntegerField(_("Returned"), default=0)
    escalation = models.PositiveSmallIntegerField(_("Escalation step"), default=0)
    escalated_at = models.DateTimeField(_("Escalated"), null=True, blank=True)
    rebound_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="rebounds")

    class Meta:
        indexes = [
            models.Index(fields=("state", "due_at"), name="hazard_due"),
            # The register is walked in this; it holds all that is filtered by (core/register/leading.py).
            models.Index(fields=("found_at", "id", "org_path", "state", "level", "origin", "is_late"), name="hazard_by_time"),
            models.Index(
                fields=("number", "id", "org_path", "state", "level", "origin", "is_late", "found_at"), name="hazard_by_number"
            ),
            models.Index(fields=("level", "found_at", "id", "org_path", "state", "origin"), name="hazard_by_level"),
            models.Index(fields=("origin", "found_at", "id", "org_path", "state", "level"), name="hazard_by_origin"),
            models.Index(fields=("found_at", "id", "org_path", "is_late"), name="hazard_late", condition=models.Q(is_late=True)),
            models.Index(fields=("subject_type", "subject_id"), name="hazard_subject"),
        ]
        verbose_name = _("Hidden hazard")
        verbose_name_plural = _("Hidden hazards")

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def is_open(self) -> bool:
        return self.state not in (HazardState.CLOSED, HazardState.DISMISSED)


class HazardStep(models.Model):
    """One step through the loop: who did what, from which state to which, with which words."""

    hazard = models.ForeignKey(HiddenHazard, models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    verb = models.CharField(max_length=24)
    user = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    actor = models.CharField(max_length=64)
    before = models.CharField(max_length=10, blank=True, default="")
    after = models.CharField(max_length=10)
    text = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("id",)


class HazardExtension(models.Model):
    """A wish for more time, with its reason and its answer."""

    hazard = models.ForeignKey(HiddenHazard, models.CASCADE, related_name="extensions")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(_("New date"))
    reason = models.TextField(_("Reason"))
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("core.User", models.PROTECT, null=True, blank=True, related_name="+")
    is_granted = models.BooleanField(null=True)
    answer = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("hazard",), condition=models.Q(decided_at=None), name="one_open_extension")
        ]
