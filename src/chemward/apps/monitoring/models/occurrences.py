"""Alarms as they happened (condition, from the engine) and what people owe and did about them (obligations, from acts)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import ScopedRecord
from chemward.apps.core.register.search import Searchable
from chemward.apps.monitoring.models.definitions import AlarmDefinition, Priority
from chemward.apps.monitoring.models.tags import Tag

FILTERED = ("org_path", "is_open", "is_late")


class ClearedBy(models.TextChoices):
    PROCESS = "cleared", _("Back to normal")
    CONFIG = "config_removed", _("Definition removed")


class Outcome(models.TextChoices):
    TRUE = "true", _("True alarm")
    FALSE = "false", _("False alarm")
    TEST = "test", _("Test")
    MAINTENANCE = "maintenance", _("Maintenance")


class AlarmOccurrence(Searchable, ScopedRecord):
    """One alarm from raised to done. Its public id comes from the engine and is the same in every replay.

    What the engine said stands here as it said it (texts of the moment, not of today's configuration).
    """

    search_fields = ("code", "title")

    definition = models.ForeignKey(
        AlarmDefinition, models.SET_NULL, null=True, related_name="occurrences", verbose_name=_("Alarm definition")
    )
    tag = models.ForeignKey(Tag, models.SET_NULL, null=True, related_name="occurrences", verbose_name=_("Tag"))
    tag_number = models.PositiveIntegerField(_("Tag number"))
    feed_key = models.CharField(max_length=10, blank=True, default="")
    code = models.CharField(_("Tag code"), max_length=64)
    title = models.CharField(_("Alarm"), max_length=120)
    type = models.CharField(_("Type"), max_length=5)
    priority = models.PositiveSmallIntegerField(_("Priority"), choices=Priority.choices)
    level = models.PositiveSmallIntegerField(_("Limit level"), default=0)
    unit = models.CharField(_("Unit"), max_length=32, blank=True, default="")
    limit = models.FloatField(_("Limit"), null=True, blank=True)

    # -- condition: merged from the engine's events, whatever order they come in (rules/merge.py)
    has_raise = models.BooleanField(default=False, editable=False)
    raised_at = models.DateTimeField(_("Raised"))
    raise_value = models.FloatField(_("Value when raised"), null=True, blank=True)
    cleared_at = models.DateTimeField(_("Cleared"), null=True, blank=True)
    clear_value = models.FloatField(_("Value when cleared"), null=True, blank=True)
    cleared_by = models.CharField(max_length=16, choices=ClearedBy.choices, blank=True, default="")
    # [[at_ms, step, is_suppressed, reason], …] in order of time: the intervals in which it was suppressed by design.
    suppressions = models.JSONField(default=list, editable=False)
    is_suppressed = models.BooleanField(_("Suppressed by design"), default=False)
    suppressed_reason = models.CharField(_("Reason of suppression"), max_length=200, blank=True, default="")
    is_late = models.BooleanField(_("Late"), default=False)
    is_latched = models.BooleanField(_("Stays until reset"), default=False)
    # Newest turn for the worse (raised or no longer suppressed): an acknowledgement of what was shown before it does not count.
    worsened_at = models.DateTimeField(editable=False)
    # When people were first told: raised, and neither suppressed nor silenced. Empty: nobody was told, so nobody owes.
    annunciated_at = models.DateTimeField(_("Announced"), null=True, blank=True, editable=False)
    received_at = models.DateTimeField(_("Received"))

    # -- obligations: only acts write these
    park_acked_at = models.DateTimeField(_("Acknowledged by the park"), null=True, blank=True)
    park_acked_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    enterprise_acked_at = models.DateTimeField(_("Acknowledged by the enterprise"), null=True, blank=True)
    enterprise_acked_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    shelved_until = models.DateTimeField(_("Shelved until"), null=True, blank=True)
    shelved_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    shelf_reason = models.CharField(_("Reason of shelving"), max_length=200, blank=True, default="")
    is_out_of_service = models.BooleanField(_("Out of service"), default=False)
    reset_at = models.DateTimeField(_("Reset"), null=True, blank=True)
    reset_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(_("Outcome"), max_length=12, choices=Outcome.choices, blank=True, default="")
    # Still there, or still owed to the duty room: what consoles show. Kept by listener and acts (rules/state.py).
    is_open = models.BooleanField(default=True, editable=False)

    class Meta:
        indexes = [
            # SQLite takes a partial index for complete only when it holds the column of its own condition too.
            models.Index(fields=("org_path", "priority", "raised_at", "is_open"), name="alarm_open", condition=Q(is_open=True)),
            # The history is walked in these; they hold all that is filtered by, so that rows are passed over without being fetched.
            models.Index(fields=("raised_at", "id", *FILTERED, "priority", "type", "outcome"), name="alarm_by_time"),
            models.Index(fields=("priority", "id", *FILTERED, "raised_at", "type", "outcome"), name="alarm_by_priority"),
            # And found by these (core/register/leading.py).
            models.Index(fields=("outcome", "raised_at", "id", "org_path", "priority", "type"), name="alarm_by_outcome"),
            models.Index(fields=("type", "raised_at", "id", "org_path", "priority", "outcome"), name="alarm_by_type"),
            models.Index(fields=("org_path", "raised_at", "id", "priority", "type", "outcome"), name="alarm_by_place"),
            models.Index(Upper("code"), "raised_at", "id", name="alarm_by_code"),
            models.Index(fields=("raised_at", "id", "org_path", "is_late"), name="alarm_late", condition=Q(is_late=True)),
            models.Index(fields=("definition", "raised_at"), name="alarm_by_definition"),
            models.Index(fields=("tag", "raised_at"), name="alarm_by_tag"),
        ]
        ordering = ("-raised_at", "-id")
        verbose_name = _("Alarm")
        verbose_name_plural = _("Alarms")

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class AlarmResponse(ScopedRecord):
    """What the enterprise owes about an alarm: cause, measure and verdict in time. The park urges, the clock escalates."""

    occurrence = models.OneToOneField(AlarmOccurrence, models.CASCADE, related_name="answer", verbose_name=_("Alarm"))
    opened_at = models.DateTimeField(_("Owed since"))
    due_at = models.DateTimeField(_("Due"))
    cause = models.TextField(_("Cause"), blank=True, default="")
    measure = models.TextField(_("Measure"), blank=True, default="")
    verdict = models.CharField(_("Verdict"), max_length=12, choices=Outcome.choices, blank=True, default="")
    answered_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("Answered by"))
    answered_at = models.DateTimeField(_("Answered"), null=True, blank=True)
    urge_count = models.PositiveSmallIntegerField(_("Urged"), default=0)
    urged_at = models.DateTimeField(_("Last urged"), null=True, blank=True)
    urged_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    told_at = models.DateTimeField(_("Message sent"), null=True, blank=True)
    escalation_step = models.PositiveSmallIntegerField(_("Escalation"), default=0)
    escalated_at = models.DateTimeField(_("Escalated"), null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=("due_at",), name="alarm_answer_due", condition=Q(answered_at=None)),
            models.Index(fields=("id",), name="alarm_answer_untold", condition=Q(told_at=None)),
        ]
        ordering = ("due_at", "id")
        verbose_name = _("Alarm answer")
        verbose_name_plural = _("Alarm answers")

    def __str__(self) -> str:
        return str(self.occurrence)
