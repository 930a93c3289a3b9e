"""Attachments, long work, saved filters."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models.base import ScopedRecord


class Attachment(ScopedRecord):
    """A file of a record. Its type is sniffed, it is served only in scope and only as a download."""

    subject_type = models.CharField(max_length=64)
    subject_id = models.CharField(max_length=40)
    capability = models.CharField(_("Capability to see it"), max_length=48)
    name = models.CharField(_("File name"), max_length=200)
    content_type = models.CharField(_("Type"), max_length=100)
    size = models.PositiveBigIntegerField(_("Size"))
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=200)
    uploaded_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=("subject_type", "subject_id"), name="attachment_subject")]

    def __str__(self) -> str:
        return self.name


class JobState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Job(models.Model):
    """Long work: a leased row with progress. A killed worker's lease ends and the job runs again."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("Kind"), max_length=48)
    title = models.CharField(_("Title"), max_length=200)
    owner = models.ForeignKey("core.User", models.CASCADE, null=True, related_name="jobs")
    organisation = models.ForeignKey("core.Organisation", models.CASCADE, null=True, related_name="+")
    org_path = models.CharField(max_length=120, db_index=True, default="")
    arguments = models.JSONField(default=dict)
    state = models.CharField(_("State"), max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    run_after = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_holder = models.CharField(max_length=64, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    done_count = models.PositiveBigIntegerField(_("Done"), default=0)
    total_count = models.PositiveBigIntegerField(_("Total"), null=True, blank=True)
    note = models.CharField(_("Progress"), max_length=200, blank=True, default="")
    # Where the next attempt goes on after a kill (what is applied is applied once).
    checkpoint = models.JSONField(default=dict)
    is_cancel_asked = models.BooleanField(default=False)
    error = models.TextField(_("Fault"), blank=True, default="")
    result = models.JSONField(default=dict)
    result_path = models.CharField(max_length=200, blank=True, default="")
    result_name = models.CharField(max_length=200, blank=True, default="")
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=("state", "run_after", "id"), name="job_queue"),
            models.Index(fields=("owner", "-id"), name="job_owner"),
        ]
        verbose_name = _("Job")

    def __str__(self) -> str:
        return self.title


class SavedFilter(models.Model):
    """A filter of a register under a name, of one user or shared with an organisation."""

    register = models.CharField(max_length=64)
    name = models.CharField(_("Name"), max_length=64)
    query = models.TextField()
    owner = models.ForeignKey("core.User", models.CASCADE, related_name="saved_filters")
    shared_with = models.ForeignKey("core.Organisation", models.CASCADE, null=True, blank=True, related_name="+")
    order = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("register", "owner", "name"), name="one_filter_name")]
        ordering = ("order", "id")
