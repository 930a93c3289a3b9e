"""What every record that can come from outside carries."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    HAND = "hand", _("By hand")
    FEED = "feed", _("Feed")
    API = "api", _("API")
    EXCEL = "excel", _("Excel")
    PLATFORM = "platform", _("Platform")
    DEMO = "demo", _("Demo")


class Record(models.Model):
    """Public id, origin, version and tombstone of a record."""

    uuid = models.UUIDField(_("Public id"), default=uuid.uuid4, unique=True, editable=False)
    external_key = models.CharField(_("External key"), max_length=128, blank=True, default="", db_index=True)
    origin_feed = models.CharField(_("Origin feed"), max_length=16, blank=True, default="")
    source = models.CharField(_("Source"), max_length=10, choices=Source.choices, default=Source.HAND)
    version = models.PositiveIntegerField(_("Version"), default=1)
    created_at = models.DateTimeField(_("Created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("Changed"), auto_now=True)
    deleted_at = models.DateTimeField(_("Removed"), null=True, blank=True)

    class Meta:
        abstract = True


class ScopedRecord(Record):
    """A record that belongs to an organisation; its path stands beside it so that scope is one index range."""

    organisation = models.ForeignKey("core.Organisation", models.PROTECT, related_name="+", verbose_name=_("Organisation"))
    org_path = models.CharField(_("Organisation path"), max_length=120, db_index=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.org_path = self.organisation.path
        fields = kwargs.get("update_fields")
        if fields is not None and "organisation" in fields:
            kwargs["update_fields"] = {*fields, "org_path"}
        super().save(*args, **kwargs)
