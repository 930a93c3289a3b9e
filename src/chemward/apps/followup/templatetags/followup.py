"""Filters of the follow-up pages: `{% load followup %}`."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from chemward.apps.followup import verbs

register = template.Library()


@register.filter
def verb_words(named: Iterable[str]) -> str:
    """Verbs of a restriction as people say them."""
    return verbs.in_words(named)
