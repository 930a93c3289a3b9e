"""Finding 问题: a verdict that asks for attention."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.register.search import Searchable
from chemward.apps.followup.models.base import LEVELS, SubjectRecord


class FindingState(models.TextChoices):
    OPEN = "open", _("Open")
    NOTED = "noted", _("Noted")
    CLEARED = "cleared", _("Cleared")


class Finding(Searchable, SubjectRecord):
    """One open row per (rule, subject, key), raised, refreshed and cleared by the same rule."""

    search_fields = ("title", "subject_label")

    rule = models.CharField(_("Rule"), max_length=64)
    edition = models.CharField(_("Edition"), max_length=40, blank=True, default="")
    clause = models.CharField(_("Clause"), max_length=120, blank=True, default="")
    key = models.CharField(max_length=120, blank=True, default="")
    verdict = models.ForeignKey("followup.Verdict", models.SET_NULL, null=True, blank=True, related_name="findings")
    level = models.PositiveSmallIntegerField(_("Level"), choices=LEVELS, default=3)
    title = models.CharField(_("Finding"), max_length=200)
    message = models.TextField(_("What is wrong"), blank=True, default="")
    remedy = models.TextField(_("What to do"), blank=True, default="")
    inputs = models.JSONField(_("Inputs"), default=list)
    state = models.CharField(_("State"), max_length=8, choices=FindingState.choices, default=FindingState.OPEN)
    raised_at = models.DateTimeField(_("Since"))
    refreshed_at = models.DateTimeField(_("Last confirmed"))
    # How often the same finding came back after it had been cleared.
    recurrence = models.PositiveIntegerField(_("Came back"), default=0)
    noted_at = models.DateTimeField(_("Noted at"), null=True, blank=True)
    noted_by = models.ForeignKey("core.User", models.PROTECT, null=True, blank=True, related_name="+")
    noted_until = models.DateTimeField(_("Noted until"), null=True, blank=True)
    note = models.TextField(_("Note"), blank=True, default="")
    cleared_at = models.DateTimeField(_("Cleared"), null=True, blank=True)
    cleared_why = models.CharField(_("Why cleared"), max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("rule", "subject_type", "subject_id", "key"), condition=~Q(state="cleared"), name="one_open_finding"
            )
        ]
        indexes = [
            models.Index(fields=("state", "level", "org_path"), name="finding_state"),
            # The register is walked in this; it holds all that is filtered by (core/register/leading.py).
            models.Index(fields=("raised_at", "id", "org_path", "state", "level", "rule"), name="finding_by_time"),
            models.Index(fields=("level", "id", "org_path", "state", "rule"), name="finding_by_level"),
            models.Index(fields=("rule", "raised_at", "id", "org_path", "state", "level"), name="finding_by_rule"),
            models.Index(fields=("subject_type", "subject_id"), name="finding_subject"),
        ]
        verbose_name = _("Finding")
        verbose_name_plural = _("Findings")

    def __str__(self) -> str:
        return self.title
