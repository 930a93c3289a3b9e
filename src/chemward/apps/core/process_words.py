"""What processes, clock jobs and the counts of a sign of life are called on the system page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from chemward.apps.core.templatetags.formatting import figure, span

Words = Mapping[str, str | Promise]

PROCESSES: Words = {
    "bus": gettext_lazy("Message bus"),
    "door": gettext_lazy("Door"),
    "historian": gettext_lazy("Historian"),
    "jobs": gettext_lazy("Background jobs"),
    "live": gettext_lazy("Live streams"),
    "recorder": gettext_lazy("Recorder"),
    "simulator": gettext_lazy("Plant simulator"),
    "supervisor": gettext_lazy("Supervisor"),
    "web": gettext_lazy("Pages"),
    "worker": gettext_lazy("Alarm engine"),
}
CLOCK_JOBS: Words = {
    "alarm.end_silences": gettext_lazy("Bring back shelved alarms"),
    "alarm.escalate": gettext_lazy("Urge overdue answers"),
    "alarm.kpi": gettext_lazy("Alarm performance"),
    "alarm.reconcile": gettext_lazy("Compare with enterprises' own alarms"),
    "alarm.tell": gettext_lazy("Messages of new alarms"),
    "core.prune_jobs": gettext_lazy("Clear old jobs"),
    "core.prune_sessions": gettext_lazy("Clear old sessions"),
    "duty.escalate": gettext_lazy("Escalate overdue duties"),
    "feed.conformity": gettext_lazy("Judge the conformity of feeds"),
    "feed.expected": gettext_lazy("What feeds should send"),
    "feed.silent": gettext_lazy("Look for silent feeds"),
    "finding.reopen": gettext_lazy("Open noted findings again"),
    "hazard.escalate": gettext_lazy("Urge hidden hazards"),
    "message.deliver": gettext_lazy("Deliver messages"),
    "message.escalate": gettext_lazy("Escalate messages"),
    "platform.watch": gettext_lazy("The platform watches itself"),
    "tag.announce": gettext_lazy("Announce changed tags"),
}
# In the order in which they are said. What is not here is said under its own name, after these.
COUNTS: Words = {
    "running": gettext_lazy("running"),
    "waiting": gettext_lazy("in the queue"),
    "step_ms": gettext_lazy("a step takes"),
    "samples": gettext_lazy("samples"),
    "stored": gettext_lazy("samples stored"),
    "events": gettext_lazy("alarm events"),
    "feeds": gettext_lazy("feeds"),
    "tags": gettext_lazy("tags"),
    "streams": gettext_lazy("open streams"),
    "open_alarms": gettext_lazy("open alarms"),
    "values": gettext_lazy("last values"),
    "requests": gettext_lazy("requests"),
    "credentials": gettext_lazy("credentials"),
    "outbox": gettext_lazy("announcements"),
    "slowest_batch_ms": gettext_lazy("slowest batch"),
    "slowest_insert_ms": gettext_lazy("slowest insert"),
    "done": gettext_lazy("done"),
    "gateways": gettext_lazy("gateways"),
    "connected": gettext_lazy("connected"),
    "sent": gettext_lazy("messages sent"),
    "scenarios": gettext_lazy("scenarios"),
    "skipped": gettext_lazy("passed over"),
    "dropped": gettext_lazy("dropped"),
    "impossible_time": gettext_lazy("with an impossible time"),
    "refused_messages": gettext_lazy("messages refused"),
    "missed_messages": gettext_lazy("messages missed"),
    "refused_settings": gettext_lazy("settings refused"),
    "strangers": gettext_lazy("samples of strangers"),
    "position": gettext_lazy("position in the events"),
    "step": gettext_lazy("steps"),
    "partition": gettext_lazy("partition"),
    "fault": pgettext_lazy("process", "fault"),
}
# Counts of what should not happen: nothing is said of them while they are 0.
QUIET = frozenset(
    {"skipped", "dropped", "impossible_time", "refused_messages", "missed_messages", "refused_settings", "strangers", "fault"}
)
ORDER = {name: n for n, name in enumerate(COUNTS)}


def process(name: str) -> str:
    return str(PROCESSES.get(name.split(":")[0], ""))


def clock_job(name: str) -> str:
    return str(CLOCK_JOBS.get(name, name))


def detail(name: str, told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a sign of life says, as (words, figure): counts in a sensible order, streams with how full they are, children that came back."""
    said = []
    for key in sorted(told, key=lambda k: ORDER.get(k, len(ORDER))):
        value = told[key]
        if key == "lag_ms" or (key in QUIET and not value):
            continue
        if isinstance(value, Mapping):
            said += (
                _children(value)
                if key == "children"
                else [(_("stream %(name)s full") % {"name": k}, f"{v:g} %") for k, v in value.items()]
            )
        elif isinstance(value, list | tuple):
            said += [(str(COUNTS.get(key, key)), "、".join(map(str, value)))] if value else []
        else:
            said.append((str(COUNTS.get(key, key)), _with_unit(key, value)))
    return said


def _children(children: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Of the supervised processes: how many there are, and which were started again, with the time since."""
    said = [(_("processes"), figure(len(children)))]
    for name, child in children.items():
        if child.get("restarts"):
            words = _("%(n)s restarts, up %(time)s") % {"n": child["restarts"], "time": span(child.get("up_s") or 0)}
            said.append((process(name) or name, words))
    return said


def _with_unit(key: str, value: Any) -> str:
    return f"{figure(value)} ms" if key.endswith("_ms") else figure(value)
