"""Alarm performance by the hour."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AlarmKpi(models.Model):
    """Alarm performance of an organisation in one hour, computed from occurrences (ISA-18.2 / IEC 62682, EEMUA 191)."""

    organisation = models.ForeignKey("core.Organisation", models.CASCADE, related_name="+", verbose_name=_("Organisation"))
    org_path = models.CharField(max_length=120, db_index=True, editable=False)
    hour = models.DateTimeField(_("Hour"))
    raised = models.PositiveIntegerField(_("New alarms"), default=0)
    # Counts in the six periods of 10 minutes, in order.
    ten_minutes = models.JSONField(_("Per 10 minutes"), default=list)
    by_priority = models.JSONField(_("By priority"), default=dict)
    flood_minutes = models.FloatField(_("Minutes in flood"), default=0)
    chattering = models.PositiveIntegerField(_("Chattering alarms"), default=0)
    fleeting = models.PositiveIntegerField(_("Fleeting alarms"), default=0)
    stale = models.PositiveIntegerField(_("Stale alarms"), default=0)
    # Two parties owe: the enterprise acknowledges and answers, the park sees, urges, and lets it go up the line.
    acked = models.PositiveIntegerField(_("Acknowledged by the park"), default=0)
    ack_median_s = models.FloatField(_("Median time to acknowledge, park (s)"), null=True, blank=True)
    enterprise_acked = models.PositiveIntegerField(_("Acknowledged by the enterprise"), default=0)
    enterprise_ack_median_s = models.FloatField(_("Median time to acknowledge, enterprise (s)"), null=True, blank=True)
    # Of the answers that were due in this hour.
    answers_due = models.PositiveIntegerField(_("Answers due"), default=0)
    answered = models.PositiveIntegerField(_("Answered"), default=0)
    answered_in_time = models.PositiveIntegerField(_("Answered in time"), default=0)
    urged = models.PositiveIntegerField(_("Urged by the park"), default=0)
    escalated = models.PositiveIntegerField(_("Gone up the line"), default=0)
    left_alone = models.PositiveIntegerField(_("Overdue, neither urged nor gone up"), default=0)
    shelved = models.PositiveIntegerField(_("Shelved"), default=0)
    out_of_service = models.PositiveIntegerField(_("Out of service"), default=0)
    suppressed = models.PositiveIntegerField(_("Suppressed by design"), default=0)
    top = models.JSONField(_("Most frequent"), default=list)
    computed_at = models.DateTimeField(_("Computed"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=("organisation", "hour"), name="one_kpi_hour")]
        ordering = ("-hour",)
        verbose_name = _("Alarm performance")
