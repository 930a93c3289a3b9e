"""Audit rows, their sealed chain, and the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """Who did what to what, when, through which door, why. Sealed by the recorder into a hash chain in commit order."""

    at = models.DateTimeField(_("At"), db_index=True)
    user = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+", verbose_name=_("User"))
    actor = models.CharField(_("Actor"), max_length=64)
    via = models.CharField(_("Door"), max_length=12)
    address = models.CharField(_("Address"), max_length=45, blank=True, default="")
    verb = models.CharField(_("Act"), max_length=64, db_index=True)
    subject_type = models.CharField(_("Subject kind"), max_length=64)
    subject_id = models.CharField(_("Subject id"), max_length=40)
    subject_label = models.CharField(_("Subject"), max_length=200)
    org_path = models.CharField(_("Organisation path"), max_length=120, db_index=True)
    changes = models.TextField(_("Changes"))
    reason = models.TextField(_("Reason"), blank=True, default="")
    digest = models.CharField(max_length=64)
    # Written once, by the seal:
    position = models.PositiveBigIntegerField(null=True, unique=True)
    chain = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=("subject_type", "subject_id", "id"), name="audit_subject"),
            models.Index(fields=("subject_id",), name="audit_by_subject"),
            # The register is walked in this; it holds all that is filtered by (core/register/leading.py).
            models.Index(fields=("at", "id", "org_path", "verb", "actor", "subject_type", "subject_id"), name="audit_by_time"),
            models.Index(fields=("actor", "at", "id", "org_path", "verb", "subject_type"), name="audit_by_actor"),
            models.Index(fields=("id",), name="audit_unsealed", condition=models.Q(position=None)),
        ]
        verbose_name = _("Audit entry")
        verbose_name_plural = _("Audit entries")

    @classmethod
    def of(
        cls,
        *,
        at: datetime,
        user: Any,
        actor: str,
        via: str,
        address: str,
        verb: str,
        subject: models.Model,
        org_path: str,
        changes: Mapping[str, tuple[Any, Any]],
        reason: str,
    ) -> AuditEntry:
        entry = cls(
            at=at,
            user=user,
            actor=actor[:64],
            via=via,
            address=address,
            verb=verb,
            subject_type=subject._meta.label_lower,
            subject_id=str(getattr(subject, "uuid", subject.pk)),
            subject_label=str(subject)[:200],
            org_path=org_path,
            changes=orjson.dumps({str(k): list(v) for k, v in changes.items()}, default=str).decode(),
            reason=reason,
        )
        entry.digest = entry.content_digest()
        return entry

    def content_digest(self) -> str:
        """SHA-256 over everything that was said, in a fixed order."""
        said = [
            self.at.timestamp(),
            self.user_id,
            self.actor,
            self.via,
            self.address,
            self.verb,
            self.subject_type,
            self.subject_id,
            self.subject_label,
            self.org_path,
            self.changes,
            self.reason,
        ]
        return hashlib.sha256(orjson.dumps(said)).hexdigest()

    def change_list(self) -> dict[str, list[Any]]:
        loaded: dict[str, list[Any]] = orjson.loads(self.changes)
        return loaded


class AuditHead(models.Model):
    """A signed head of the chain: what stood at this position cannot be changed without the key, which is not in the database."""

    position = models.PositiveBigIntegerField(unique=True)
    chain = models.CharField(max_length=64)
    at = models.DateTimeField()
    signature = models.CharField(max_length=128)


class Outbox(models.Model):
    """An announcement waiting to be relayed to the bus; gone once the bus has it."""

    subject = models.CharField(max_length=160)
    body = models.TextField()
    created_at = models.DateTimeField()
