"""Duty 任务: what a post owes about a subject by when, with proof."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.register.search import Searchable
from chemward.apps.followup.models.base import SubjectRecord


class DutyState(models.TextChoices):
    OWED = "owed", _("Owed")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class Proof(models.TextChoices):
    NONE = "none", _("No proof")
    TEXT = "text", _("A written account")
    FILE = "file", _("A file or photo")


class Duty(Searchable, SubjectRecord):
    """Owed by a post: whoever holds it, or stands in for its holder, can do it."""

    search_fields = ("title", "subject_label")

    post = models.ForeignKey("core.Post", models.PROTECT, related_name="duties", verbose_name=_("Owed by"))
    kind = models.CharField(_("Kind"), max_length=48, blank=True, default="")
    title = models.CharField(_("Duty"), max_length=200)
    text = models.TextField(_("What is to be done"), blank=True, default="")
    clause = models.CharField(_("Clause"), max_length=120, blank=True, default="")
    # Natural key of whoever assigns (`alarm.cause:<id>`): assigned twice, it is owed once.
    key = models.CharField(max_length=160, null=True, blank=True, unique=True)
    state = models.CharField(_("State"), max_length=10, choices=DutyState.choices, default=DutyState.OWED)
    level = models.PositiveSmallIntegerField(_("Level"), null=True, blank=True)
    proof_needed = models.CharField(_("Proof"), max_length=8, choices=Proof.choices, default=Proof.NONE)
    assigned_at = models.DateTimeField(_("Assigned"))
    assigned_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(_("Due"))
    done_at = models.DateTimeField(_("Done at"), null=True, blank=True)
    done_by = models.ForeignKey("core.User", models.PROTECT, null=True, blank=True, related_name="+")
    is_by_deputy = models.BooleanField(_("Done by a deputy"), default=False)
    proof = models.TextField(_("Account"), blank=True, default="")
    is_late = models.BooleanField(_("Done late"), default=False)
    cancelled_why = models.CharField(_("Why cancelled"), max_length=200, blank=True, default="")
    handed_from = models.ForeignKey("core.Post", models.PROTECT, null=True, blank=True, related_name="+")
    # 0 = the post, 1 = its deputies were told, 2 and up = superiors were told.
    escalation = models.PositiveSmallIntegerField(_("Escalation step"), default=0)
    escalated_to = models.ForeignKey("core.Post", models.PROTECT, null=True, blank=True, related_name="+")
    escalate_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=("state", "due_at"), name="duty_due"),
            # The register is walked in this; it holds all that is filtered by (core/register/leading.py).
            models.Index(fields=("due_at", "id", "org_path", "state", "post", "kind", "is_late"), name="duty_by_time"),
            models.Index(fields=("kind", "due_at", "id", "org_path", "state", "post"), name="duty_by_kind"),
            models.Index(fields=("due_at", "id", "org_path", "is_late"), name="duty_late", condition=models.Q(is_late=True)),
            models.Index(fields=("post", "state", "due_at"), name="duty_post"),
            models.Index(fields=("escalate_at",), name="duty_escalate", condition=models.Q(state="owed")),
            models.Index(fields=("subject_type", "subject_id"), name="duty_subject"),
        ]
        verbose_name = _("Duty")
        verbose_name_plural = _("Duties")

    def __str__(self) -> str:
        return self.title
