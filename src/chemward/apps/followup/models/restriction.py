"""Restriction 限制: what a subject may not do, from whom, until when."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import ScopedRecord
from chemward.apps.core.register.search import Searchable
from chemward.apps.followup.models.base import SubjectRecord


class Restriction(Searchable, SubjectRecord):
    """`organisation` is the one restricted; with a subject only that thing of it. Verbs are those of acts; `project.*` is a family."""

    search_fields = ("title", "subject_label")

    verbs = models.JSONField(_("May not"), default=list)
    title = models.CharField(_("Restriction"), max_length=200)
    reason = models.TextField(_("Reason"))
    clause = models.CharField(_("Clause"), max_length=120, blank=True, default="")
    verdict = models.ForeignKey("followup.Verdict", models.SET_NULL, null=True, blank=True, related_name="restrictions")
    key = models.CharField(max_length=160, null=True, blank=True, unique=True)
    is_inherited = models.BooleanField(_("Holds for everything below"), default=True)
    imposed_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("Imposed by"))
    # Who may lift it: whoever holds the right to lift here, at the place of the authority, not at that of the restricted.
    authority_path = models.CharField(max_length=120, editable=False)
    imposed_by_name = models.CharField(_("Imposed by"), max_length=120)
    valid_from = models.DateTimeField(_("From"))
    valid_until = models.DateTimeField(_("Until"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("Lifted"), null=True, blank=True)
    lifted_by = models.ForeignKey("core.User", models.PROTECT, null=True, blank=True, related_name="+")
    lifted_why = models.TextField(_("Why lifted"), blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=("org_path", "valid_from"), name="restriction_path", condition=models.Q(lifted_at=None)),
            models.Index(fields=("subject_type", "subject_id"), name="restriction_subject"),
        ]
        verbose_name = _("Restriction")
        verbose_name_plural = _("Restrictions")

    def __str__(self) -> str:
        return self.title


class Exemption(ScopedRecord):
    """`organisation` and everything below it may do these verbs in spite of the restriction."""

    restriction = models.ForeignKey(Restriction, models.CASCADE, related_name="exemptions")
    verbs = models.JSONField(_("May"), default=list)
    reason = models.TextField(_("Reason"))
    granted_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    valid_from = models.DateTimeField(_("From"))
    valid_until = models.DateTimeField(_("Until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("Revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("Exemption")
        verbose_name_plural = _("Exemptions")

    def __str__(self) -> str:
        return f"{self.organisation}：{self.restriction}"
