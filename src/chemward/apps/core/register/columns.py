"""Columns that the tables of several registers show alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chemward.apps.core.templatetags import cw

NUM = {"th": {"class": "num"}, "td": {"class": "num"}}
FIRST = {"td": {"class": "first"}}


def link(url: str, text: object) -> SafeString:
    """What leads to a record's own page."""
    return format_html('<a class="b" href="{}">{}</a>', url, text)


def link_to(view: str, record: Any, text: object) -> SafeString:
    """What leads to a record's own page, which is found by its public id."""
    return link(reverse(view, args=[record.uuid]), text)


def grey(text: object) -> SafeString:
    """Text of what is over or normal."""
    return format_html('<span class="t3">{}</span>', text)


class MomentColumn(tables.Column):
    """A moment as pages write it."""

    def render(self, value: datetime) -> SafeString:
        return cw.moment(value)


class DueColumn(tables.Column):
    """A deadline: the moment and, while it is owed, what is left."""

    def render(self, value: datetime, record: Any) -> SafeString:
        is_open = record.state in ("owed", "assigned", "returned")
        return format_html("{} {}", cw.moment(value), cw.rest(value) if is_open else "")


class LevelColumn(tables.Column):
    """A level 1–4 as its mark."""

    def render(self, record: Any) -> SafeString:
        return cw.priority(record.level)
