"""What every follow-up record says about its subject."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import ScopedRecord


class Colour(models.TextChoices):
    """The four risk colours; nothing at all means calm."""

    RED = "red", _("Red")
    ORANGE = "orange", _("Orange")
    YELLOW = "yellow", _("Yellow")
    BLUE = "blue", _("Blue")


COLOUR_OF_LEVEL = {1: Colour.RED, 2: Colour.ORANGE, 3: Colour.YELLOW, 4: Colour.BLUE}
LEVELS = [(1, _("Level 1")), (2, _("Level 2")), (3, _("Level 3")), (4, _("Level 4"))]


@dataclass(frozen=True)
class Subject:
    """What a verdict, finding, duty or message is about: a kind (`assets.asset`), a public id, a name for people."""

    type: str
    id: str
    label: str

    @classmethod
    def of(cls, record: models.Model) -> Subject:
        """The subject that a record is."""
        return cls(record._meta.label_lower, str(getattr(record, "uuid", record.pk)), str(record)[:200])


class SubjectRecord(ScopedRecord):
    """A scoped record about something."""

    subject_type = models.CharField(_("Subject kind"), max_length=64, blank=True, default="")
    subject_id = models.CharField(_("Subject id"), max_length=40, blank=True, default="")
    subject_label = models.CharField(_("Subject"), max_length=200, blank=True, default="")

    class Meta:
        abstract = True

    @property
    def subject(self) -> Subject:
        return Subject(self.subject_type, self.subject_id, self.subject_label)


def about(subject: Subject | None) -> dict[str, str]:
    """The subject as fields of a record."""
    if subject is None:
        return {}
    return {"subject_type": subject.type, "subject_id": subject.id, "subject_label": subject.label[:200]}
