"""Filters of the follow-up pages: `{% load followup %}`."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.translation import gettext_lazy as _

from chemward.apps.followup import verbs

register = template.Library()


QUALITIES = {"uncertain": _("uncertain"), "bad": _("bad"), "missing": _("no data")}


@register.filter
def quality_word(quality: str) -> str:
    """What is the matter with an input, in a word."""
    return str(QUALITIES.get(quality, quality))


@register.filter
def verb_words(named: Iterable[str]) -> str:
    """Verbs of a restriction as people say them."""
    return verbs.in_words(named)
