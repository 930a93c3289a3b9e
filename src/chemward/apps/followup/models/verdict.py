"""Verdict 结论: what a rule says about a subject now, with everything it was computed from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.register.search import Searchable
from chemward.apps.followup.models.base import LEVELS, Colour, SubjectRecord


class Verdict(Searchable, SubjectRecord):
    """One row per change of the result or its inputs; the row without `valid_until` is in force."""

    search_fields = ("subject_label", "label")

    rule = models.CharField(_("Rule"), max_length=64)
    edition = models.CharField(_("Edition"), max_length=40)
    clause = models.CharField(_("Clause"), max_length=120, blank=True, default="")
    code = models.CharField(_("Result"), max_length=40)
    label = models.CharField(_("Result in words"), max_length=120)
    level = models.PositiveSmallIntegerField(_("Level"), choices=LEVELS, null=True, blank=True)
    colour = models.CharField(_("Colour"), max_length=8, choices=Colour.choices, blank=True, default="")
    value = models.FloatField(_("Value"), null=True, blank=True)
    unit = models.CharField(_("Unit"), max_length=24, blank=True, default="")
    # Lists of objects; their shapes are written in `rulebook.py` (Input, Step, Band, WhatIf).
    inputs = models.JSONField(_("Inputs"), default=list)
    steps = models.JSONField(_("Formula"), default=list)
    scale = models.JSONField(_("Scale"), default=list)
    what_if = models.JSONField(_("What would change it"), default=list)
    formula = models.TextField(_("Formula"), blank=True, default="")
    computed_at = models.DateTimeField(_("Computed"))
    checked_at = models.DateTimeField(_("Last confirmed"))
    valid_from = models.DateTimeField(_("Valid from"))
    valid_until = models.DateTimeField(_("Valid until"), null=True, blank=True)
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("rule", "subject_type", "subject_id"), condition=Q(valid_until=None), name="one_verdict_in_force"
            )
        ]
        indexes = [
            models.Index(fields=("subject_type", "subject_id", "rule", "-valid_from"), name="verdict_history"),
            models.Index(fields=("rule", "level", "org_path"), name="verdict_by_rule"),
            # The register is walked in this; it holds all that is filtered by (core/register/leading.py).
            models.Index(fields=("valid_from", "id", "org_path", "rule", "level", "valid_until"), name="verdict_by_time"),
            models.Index(fields=("level", "valid_from", "id", "org_path", "rule", "valid_until"), name="verdict_by_level"),
        ]
        verbose_name = _("Verdict")
        verbose_name_plural = _("Verdicts")

    def __str__(self) -> str:
        return f"{self.subject_label}：{self.label}"

    @property
    def is_in_force(self) -> bool:
        return self.valid_until is None
