"""The master alarm database: adding alarms, changing what is said of them. Limits change through `actions.limits`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Fault, Invalid
from chemward.apps.monitoring.actions.common import change as put
from chemward.apps.monitoring.actions.common import field_faults, need_version
from chemward.apps.monitoring.actions.config import alarm_config, announce_pages, tag_config
from chemward.apps.monitoring.models import AlarmDefinition, AlarmType, ConsequenceClass, Feed, LimitVersion, Tag
from chemward.apps.monitoring.rules.tables import priority_matrix
from chemward.telemetry.engine import config

# What is said of an alarm without touching how it is judged.
TEXTS = ("title", "alarm_class", "consequence", "response", "guidance", "external_key")
# Set at the beginning only; later they change through a limit change.
JUDGED = (
    "level",
    "limit",
    "deadband",
    "on_s",
    "off_s",
    "count",
    "window_s",
    "is_latched",
    "priority",
    "is_major_hazard",
    "suppress",
    "suppress_reason",
    "is_enabled",
    "limit_source",
    "limit_clause",
    "consequence_class",
    "time_to_respond_s",
    "reference_id",
)


@dataclass(frozen=True)
class NewAlarm:
    """An alarm to be added to a tag: its type, its title, other fields as TEXTS and JUDGED.

    Without `priority`, but with `consequence_class` and `time_to_respond_s`, the priority comes from the matrix.
    """

    type: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)


def add(actor: Actor, tag: UUID, new: NewAlarm, *, now: datetime) -> AlarmDefinition:
    """Add an alarm to a tag. Invalid when it contradicts the tag or its other alarms."""
    with act(actor, "alarm_definition.add", now=now) as a:
        owner = a.get(Tag.objects.select_related("feed", "feed__organisation", "organisation"), "tag.edit", uuid=tag)
        faults = alarm_faults(owner, new) or order_faults(owner, [*_kept(owner), made(owner, new)])
        if faults:
            raise Invalid(*faults)
        need_known(owner, [new])
        (definition,) = add_alarms(a, [(owner, new)])
        announce_pages(a, owner.feed, [owner.page], changed=[definition])
        return definition


def describe(
    actor: Actor, uuid: UUID, values: Mapping[str, Any], *, version: int | None = None, now: datetime
) -> AlarmDefinition:
    """Change the texts of an alarm: title, class, consequence, response, guidance."""
    with act(actor, "alarm_definition.describe", now=now) as a:
        rows = AlarmDefinition.objects.select_related("tag", "tag__feed", "tag__feed__organisation", "organisation")
        definition = a.get(rows, "tag.edit", uuid=uuid)
        need_version(definition, version)
        differing = put(definition, values, TEXTS)
        if not differing:
            return definition
        if faults := field_faults(definition, exclude=("tag", "organisation", "reference")):
            raise Invalid(*faults)
        definition.version += 1
        definition.save()
        a.record(definition, differing)
        if "title" in differing:
            announce_pages(a, definition.tag.feed, [definition.tag.page])
        return definition


def rank(
    actor: Actor, uuid: UUID, consequence_class: str, time_to_respond_s: int, *, reason: str, now: datetime
) -> AlarmDefinition:
    """Set the priority of an alarm by the matrix: consequence class × time to respond [s]. It needs the right to approve limits."""
    with act(actor, "alarm_definition.rank", now=now) as a:
        rows = AlarmDefinition.objects.select_related("tag", "tag__feed", "tag__feed__organisation", "organisation")
        definition = a.get(rows, "limit.approve", uuid=uuid)
        matrix = priority_matrix()
        priority = matrix_priority(consequence_class, time_to_respond_s)
        values = {"consequence_class": consequence_class, "time_to_respond_s": time_to_respond_s, "priority": priority}
        differing = put(definition, values, values)
        if not differing:
            return definition
        definition.version += 1
        definition.save()
        a.record(definition, differing, reason=f"{reason} [{matrix.edition}]")
        if "priority" in differing:
            write_version(a, definition, reason=reason)
            announce_pages(a, definition.tag.feed, [definition.tag.page], changed=[definition])
            definition.refresh_from_db()
        return definition


def matrix_priority(consequence_class: str, time_to_respond_s: float) -> int:
    """Priority by the newest matrix. Invalid when the consequence class does not exist."""
    if consequence_class not in ConsequenceClass.values:
        raise Invalid(Fault("consequence_class", _("There is no such class."), ", ".join(ConsequenceClass.values)))
    return priority_matrix().priority(consequence_class, time_to_respond_s)


# -- parts that the acts of tags and limits use --------------------------------------------------------------------------


def made(tag: Tag, new: NewAlarm) -> AlarmDefinition:
    """The definition as it would be, not stored."""
    values = dict(new.values)
    if "priority" not in values and values.get("consequence_class") and values.get("time_to_respond_s"):
        values["priority"] = matrix_priority(values["consequence_class"], values["time_to_respond_s"])
    return AlarmDefinition(tag=tag, type=new.type, title=new.title, **values)


def add_alarms(a: Act, pairs: Sequence[tuple[Tag, NewAlarm]]) -> list[AlarmDefinition]:
    """Store alarms of tags that are stored, with their first version."""
    definitions = []
    for tag, new in pairs:
        definition = made(tag, new)
        definition.organisation, definition.org_path = tag.organisation, tag.org_path
        definitions.append(definition)
    AlarmDefinition.objects.bulk_create(definitions, batch_size=200)
    LimitVersion.objects.bulk_create([_version(a, d, 1, "") for d in definitions], batch_size=200)
    for definition in definitions:
        a.record(definition, {"limit": (None, definition.limit), "priority": (None, definition.priority)})
    return definitions


def need_known(owner: Feed | Tag, news: Iterable[NewAlarm]) -> None:
    """Invalid when an alarm is compared with, or suppressed by, a tag that the same enterprise (or its park) does not have."""
    asked: dict[int, str] = {}
    for new in news:
        if new.values.get("reference_id") is not None:
            asked[new.values["reference_id"]] = "reference_id"
        if new.values.get("suppress"):
            condition = msgspec.convert(new.values["suppress"], config.Condition)
            asked |= dict.fromkeys(config.condition_tags(condition), "suppress")
    if not asked:
        return
    rows = Tag.objects.filter(pk__in=asked, deleted_at=None).values_list("pk", "org_path")
    known = {n for n, path in rows if owner.org_path.startswith(path) or path.startswith(owner.org_path)}
    if missing := sorted(asked.keys() - known):
        message = _("Tag %(number)s does not exist here.")
        raise Invalid(*(Fault(asked[n], message % {"number": n}, _("Choose an existing tag.")) for n in missing))


def write_version(a: Act, definition: AlarmDefinition, *, reason: str, change: Any = None, approved_by: str = "") -> LimitVersion:
    """Keep the limit as it stands now as a new version."""
    last = definition.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = _version(a, definition, last + 1, reason)
    version.change, version.approved_by = change, approved_by
    if change is not None and change.proposed_by is not None:
        version.changed_by = change.proposed_by.display_name
    version.save()
    return version


def _version(a: Act, definition: AlarmDefinition, number: int, reason: str) -> LimitVersion:
    return LimitVersion(
        definition=definition,
        org_path=definition.org_path,
        number=number,
        values=definition.limit_values(),
        reason=reason,
        changed_by=a.actor.name,
        created_at=a.now,
    )


def _kept(tag: Tag) -> list[AlarmDefinition]:
    return list(AlarmDefinition.objects.filter(tag=tag, deleted_at=None).order_by("id"))


def alarm_faults(tag: Tag, new: NewAlarm, prefix: str = "") -> list[Fault]:
    """Faults of one alarm to be added to `tag`."""
    unknown = [f for f in new.values if f not in (*TEXTS, *JUDGED)]
    if unknown:
        return [Fault(prefix + f, _("There is no such field."), _("Leave it out.")) for f in unknown]
    if new.type not in AlarmType.values:
        return [Fault(f"{prefix}type", _("There is no such type."), ", ".join(AlarmType.values))]
    if not new.title.strip():
        return [Fault(f"{prefix}title", _("This is missing."), _("Say what the alarm means, for who reads it at night."))]
    return definition_faults(tag, made(tag, new), prefix)


def definition_faults(tag: Tag, definition: AlarmDefinition, prefix: str = "") -> list[Fault]:
    """Faults of a definition: what does not fit its columns, else what the engine finds."""
    if faults := field_faults(definition, exclude=("tag", "organisation", "reference")):
        return [Fault(prefix + f.field, f.message, f.remedy) for f in faults]
    try:
        asked = alarm_config(definition)
        asked = msgspec.convert(msgspec.to_builtins(asked), config.AlarmConfig)
    except (msgspec.ValidationError, TypeError) as fault:
        return [Fault(f"{prefix}{_field_in(str(fault))}", str(fault), _("Correct this value."))]
    return [engine_fault(text, prefix) for text in config.alarm_faults(asked, tag_config(tag, ()))]


def order_faults(tag: Tag, definitions: Sequence[AlarmDefinition]) -> list[Fault]:
    """Faults of the alarms of a tag together: limits that contradict each other."""
    whole = tag_config(tag, definitions)
    return [engine_fault(text) for text in config.faults(whole)]


def engine_fault(text: str, prefix: str = "") -> Fault:
    """A fault of the engine (`field: what is wrong; what to do`) as a fault of a form."""
    name, _colon, rest = text.partition(": ")
    message, _semicolon, remedy = rest.partition("; ")
    return Fault(prefix + name, message, remedy)


def _field_in(text: str) -> str:
    """The field that a decoder's message names (`… - at `$.limit``)."""
    return text.rpartition("`$.")[2].rstrip("`") or "suppress"
