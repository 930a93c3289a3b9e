"""Tags and their alarms from Excel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chemward.apps.core.errors import Fault
from chemward.apps.core.register.imports import Column, Importer, Row, importer
from chemward.apps.monitoring.actions.definitions import NewAlarm
from chemward.apps.monitoring.actions.tags import NewTag, enter, tag_faults
from chemward.apps.monitoring.models import Feed

NUMBERS = ("lo", "hi", "period_s", "longitude", "latitude")
TEXTS = ("name", "kind", "unit", "place", "guidance", "consequence")
# Column → type, level, priority of the alarm that its figure makes.
LIMITS = {
    "limit_hh": ("HH", 2, 1, gettext_lazy("high-high")),
    "limit_h": ("H", 1, 2, gettext_lazy("high")),
    "limit_l": ("L", 1, 3, gettext_lazy("low")),
    "limit_ll": ("LL", 2, 2, gettext_lazy("low-low")),
}


@importer
class TagImport(Importer):
    """A row is a tag with up to four limits. Tags that exist are changed; limits that exist are left as they are."""

    name = "monitoring.tags"
    title = gettext_lazy("Tags")
    capability = "tag.edit"
    columns = (
        Column("feed", gettext_lazy("Feed number"), required=True, example="k3v9x2m7qa"),
        Column("code", gettext_lazy("Tag code"), required=True, example="GT-3107"),
        Column("name", gettext_lazy("Name"), example="氯气 · 液氯罐区东"),
        Column("kind", gettext_lazy("Kind"), example="number", help="number, state, counter, text"),
        Column("unit", gettext_lazy("Unit"), example="mg/m³"),
        Column("lo", gettext_lazy("Range from"), example="0"),
        Column("hi", gettext_lazy("Range to"), example="10"),
        Column("period_s", gettext_lazy("Usual period (s)"), example="1"),
        Column("place", gettext_lazy("Place"), example="液氯罐区"),
        Column("longitude", gettext_lazy("Longitude")),
        Column("latitude", gettext_lazy("Latitude")),
        Column("limit_hh", gettext_lazy("High-high limit"), example="2"),
        Column("limit_h", gettext_lazy("High limit"), example="1"),
        Column("limit_l", gettext_lazy("Low limit")),
        Column("limit_ll", gettext_lazy("Low-low limit")),
        Column("deadband", gettext_lazy("Deadband"), example="0.1"),
        Column("consequence", gettext_lazy("Consequence")),
        Column("guidance", gettext_lazy("Guidance")),
    )

    def check(self, row: Row) -> list[Fault]:
        faults = [
            Fault(name, _("%(value)s is not a number.") % {"value": row.values[name]}, _("Give a number or leave it empty."))
            for name in (*NUMBERS, *LIMITS, "deadband")
            if row.values.get(name, "") != "" and _number(row.values[name]) is None
        ]
        if faults:
            return faults
        if str(row.values["feed"]) not in self._feeds():
            return [Fault("feed", _("This enterprise has no such feed."), _("Take the number from the feed's page."))]
        return tag_faults(new_tag(row.values))

    def apply(self, rows: list[Row], now: datetime) -> int:
        made = 0
        for key in dict.fromkeys(str(r.values["feed"]) for r in rows):
            news = {n.code: n for n in (new_tag(r.values) for r in rows if str(r.values["feed"]) == key)}
            done = enter(self.actor, self._feeds()[key].uuid, list(news.values()), now=now, verb="tag.import", announces=False)
            made += len(done.created) + len(done.changed)
        return made

    def _feeds(self) -> dict[str, Feed]:
        if not hasattr(self, "_known"):
            rows = Feed.objects.filter(organisation=self.organisation, deleted_at=None)
            self._known = {f.key: f for f in rows}
        return self._known


def new_tag(values: dict[str, Any]) -> NewTag:
    """A row of the file as a tag with its alarms. An empty cell says nothing; it does not empty a field."""
    told: dict[str, Any] = {n: str(values[n]) for n in TEXTS if values.get(n, "") != ""}
    told |= {n: _number(values[n]) for n in NUMBERS if values.get(n, "") != ""}
    code = str(values["code"])
    return NewTag(code, told, [_alarm(column, values, code) for column in LIMITS if values.get(column, "") != ""])


def _alarm(column: str, values: dict[str, Any], code: str) -> NewAlarm:
    kind, level, priority, word = LIMITS[column]
    title = f"{values.get('name') or code} {word}"
    settings = {"limit": _number(values[column]), "level": level, "priority": priority}
    if values.get("deadband", "") != "":
        settings["deadband"] = _number(values["deadband"])
    return NewAlarm(kind, title[:120], settings)


def _number(cell: Any) -> float | None:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return None
