"""Samples that leave the platform as a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chemward.apps.core.acts import Actor, act
from chemward.apps.monitoring.models import Tag


def record(actor: Actor, tags: Sequence[Tag], since: datetime, until: datetime, *, now: datetime) -> None:
    """Write down who took the samples of which tags of which span with them: one audit row a tag."""
    with act(actor, "trend.export", now=now) as a:
        for tag in tags:
            a.permit("record.export", tag.org_path)
            a.record(tag, {"from": (None, since), "to": (None, until)})
