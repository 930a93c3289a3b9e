"""Acts on the platform itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor, act
from chemward.apps.core.errors import NotFound, NotPermitted
from chemward.apps.core.models import DeadLetter
from chemward.apps.core.recorder import registry
from chemward.apps.core.recorder.registry import BusEvent


def retry_dead_letter(actor: Actor, pk: int, *, now: datetime) -> bool:
    """Hand an event that failed to its listeners again. False when it failed again; the new reason is kept."""
    with act(actor, "system.retry_dead_letter", now=now) as a:
        # Events belong to the platform, not to a place: whoever may change its settings anywhere may try one again.
        if not actor.scope.has("setting.edit"):
            raise NotPermitted(_("Your role may not do this here."), remedy=_("Ask somebody whose role allows it."))
        letter = DeadLetter.objects.filter(pk=pk, resolved_at=None).first()
        if letter is None:
            raise NotFound(_("Not found."))
        a.record(letter, {"resolved_at": (None, now)}, org_path="")
    registry.load()
    event = BusEvent(letter.subject, letter.sequence, int(letter.at.timestamp() * 1000), letter.body)
    try:
        with transaction.atomic():
            for pattern, listener in registry.listeners():
                if registry.matches(pattern, letter.subject):
                    listener([event], now)
    except Exception as fault:  # whatever a listener raises is what the page must show
        DeadLetter.objects.filter(pk=pk).update(error=f"{type(fault).__name__}: {fault}"[:2000])
        return False
    DeadLetter.objects.filter(pk=pk).update(resolved_at=now)
    return True
