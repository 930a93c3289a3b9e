"""Cells that the registers of live monitoring show alike."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

CHOOSE_ALL = mark_safe('<input class="cbx" type="checkbox">')
DASH = mark_safe('<span class="t3">—</span>')
NONE = mark_safe('<span class="t3">0</span>')


def choice(record: Any) -> SafeString:
    """The box that chooses a row for a bulk act."""
    return format_html('<input class="cbx" type="checkbox" name="ids" value="{}" aria-label="{}">', record.pk, record.code)
