"""Who silenced what: shelved, out of service, suppressed by design, in one list."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import ScopedRecord
from chemward.apps.monitoring.models.definitions import AlarmDefinition
from chemward.apps.monitoring.models.occurrences import AlarmOccurrence


class SilenceKind(models.TextChoices):
    SHELVED = "shelved", _("Shelved")
    OUT_OF_SERVICE = "out_of_service", _("Out of service")
    SUPPRESSED = "suppressed", _("Suppressed by design")


class SilenceState(models.TextChoices):
    REQUESTED = "requested", _("Waits for the second person")
    IN_FORCE = "in_force", _("In force")
    REJECTED = "rejected", _("Rejected")
    ENDED = "ended", _("Ended")


OPEN_STATES = (SilenceState.REQUESTED, SilenceState.IN_FORCE)


class Silence(ScopedRecord):
    """One alarm definition silenced by somebody, or by its design logic, from when to when, and why."""

    kind = models.CharField(_("Kind"), max_length=16, choices=SilenceKind.choices)
    state = models.CharField(_("State"), max_length=10, choices=SilenceState.choices)
    definition = models.ForeignKey(AlarmDefinition, models.CASCADE, related_name="silences", verbose_name=_("Alarm definition"))
    occurrence = models.ForeignKey(AlarmOccurrence, models.SET_NULL, null=True, related_name="silences")
    reason = models.TextField(_("Reason"))
    needs_second_person = models.BooleanField(_("Two persons"), default=False)
    requested_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("Silenced by"))
    requested_at = models.DateTimeField(_("Requested"))
    minutes = models.PositiveIntegerField(_("Minutes"), null=True, blank=True)
    decided_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("Second person"))
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decision_reason = models.TextField(_("Reason of the decision"), blank=True, default="")
    starts_at = models.DateTimeField(_("From"), null=True, blank=True)
    until = models.DateTimeField(_("Until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("Ended"), null=True, blank=True)
    ended_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("Ended by"))
    end_reason = models.TextField(_("Reason of the end"), blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("definition", "kind"), condition=Q(state__in=("requested", "in_force")), name="one_open_silence"
            )
        ]
        indexes = [models.Index(fields=("until",), name="silence_end", condition=Q(state="in_force"))]
        ordering = ("-id",)
        verbose_name = _("Silenced alarm")
        verbose_name_plural = _("Silenced alarms")

    def __str__(self) -> str:
        return f"{self.definition} {self.get_kind_display()}"
