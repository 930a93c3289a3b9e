"""The tree that answers for safety: province, city, county, park, enterprise; and contractors."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models.base import Record


class OrganisationKind(models.TextChoices):
    PROVINCE = "province", _("Province")
    CITY = "city", _("City")
    COUNTY = "county", _("County")
    PARK = "park", _("Park")
    ENTERPRISE = "enterprise", _("Enterprise")
    CONTRACTOR = "contractor", _("Contractor")


class Organisation(Record):
    """A node of the tree. `path` is the ids from the root, `1.4.9.`: a prefix is a subtree."""

    kind = models.CharField(_("Kind"), max_length=12, choices=OrganisationKind.choices)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Superior"))
    path = models.CharField(_("Path"), max_length=120, unique=True, editable=False)
    name = models.CharField(_("Name"), max_length=120)
    short_name = models.CharField(_("Short name"), max_length=40, blank=True, default="")
    code = models.CharField(_("Unified social credit code"), max_length=32, blank=True, default="", db_index=True)
    region_code = models.CharField(_("Region code"), max_length=12, blank=True, default="")
    is_active = models.BooleanField(_("Active"), default=True)
    is_demo = models.BooleanField(_("Demo"), default=False)
    order = models.IntegerField(_("Order"), default=0)

    class Meta:
        ordering = ("order", "id")
        verbose_name = _("Organisation")
        verbose_name_plural = _("Organisations")

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def org_path(self) -> str:
        return self.path

    def save(self, *args: Any, **kwargs: Any) -> None:
        prefix = self.parent.path if self.parent else ""
        if self.pk is None:
            # The path holds the id, which the database gives: insert with a placeholder, then write the path.
            self.path = f"new-{self.uuid}"
            super().save(*args, **kwargs)
            kwargs = {}
        self.path = f"{prefix}{self.pk}."
        super().save(*args, **{k: v for k, v in kwargs.items() if k != "force_insert"})

    @property
    def shard(self) -> str:
        """Partition of the live data of this enterprise, two digits."""
        return f"{self.pk % 64:02d}"
