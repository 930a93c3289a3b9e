"""The alarm console, its history, and who silenced what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import NotFound, NotPermitted, Refused
from chemward.apps.core.models import Organisation, OrganisationKind
from chemward.apps.core.register.views import RegisterView
from chemward.apps.core.scope import Scope
from chemward.apps.monitoring import queries, values
from chemward.apps.monitoring.actions import silences
from chemward.apps.monitoring.history import HistoryRegister
from chemward.apps.monitoring.models import (
    AlarmOccurrence,
    AlarmResponse,
    AlarmType,
    Outcome,
    Priority,
    Silence,
    SilenceKind,
    SilenceState,
)
from chemward.apps.monitoring.rules.state import ENTERPRISE, ms, party_of, state_of
from chemward.apps.monitoring.rules.tables import answer_rule, silence_rule
from chemward.apps.monitoring.views import alarm_filters
from chemward.standards.alarm_management import alarm_management

ACTS = ("alarm.acknowledge", "alarm.respond", "alarm.shelve", "alarm.urge", "alarm.out_of_service", "alarm.suppress_approve")
SHELF_MINUTES = (15, 30, 60, 120, 240, 480, 1440)
OLDEST_TARGET_S = 180
"""An unacknowledged alarm older than this stands out in the strip: the time an operator has for the highest priority."""
# Where the map and the trends live; a room that is not built yet leaves its key out.
MAP_VIEWS = ("overview:map", "overview:home")
TREND_VIEWS = ("monitoring:trends",)


# -- the console --------------------------------------------------------------------------------------------------------


@login_required
def console(request: HttpRequest) -> HttpResponse:
    """报警台. Rows come over the live stream; the page brings the frame, the figures and what the caller may do where."""
    scope = _scope(request)
    now = timezone.now()
    context = {
        "heading": _("Alarms"),
        "strip": _strip(scope, now),
        "enterprises": _enterprises(scope),
        "types": AlarmType.choices,
        "priorities": Priority.choices,
        "told": _told_to_script(scope),
        "can_export": scope.has("record.export"),
        "saved": alarm_filters.saved(request),
        "can_share": scope.has("filter.share"),
        "can_acknowledge": scope.has("alarm.acknowledge"),
        "can_urge": scope.has("alarm.urge"),
        "can_shelve": scope.has("alarm.shelve"),
        "map_url": _first_address(MAP_VIEWS),
        "trend_url": _first_address(TREND_VIEWS),
    }
    return render(request, "monitoring/alarms.html", context)


@login_required
def strip(request: HttpRequest) -> HttpResponse:
    """The key figures over the console, fetched again every half minute."""
    scope = _scope(request)
    return render(request, "monitoring/parts/alarm_strip.html", {"strip": _strip(scope, timezone.now())})


@login_required
def opened(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What a row opens to: guidance and neighbours, the place of the trend, and what is owed about it."""
    scope = _scope(request)
    return render(request, "monitoring/parts/alarm_open.html", _opened(scope, uuid, timezone.now()))


@login_required
def alarm(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One alarm as a page of its own: where messages lead to, and where the history opens."""
    scope = _scope(request)
    context = _opened(scope, uuid, timezone.now())
    row = context["row"]
    crumbs = [
        (_("Alarms"), reverse("monitoring:alarms")),
        (_("History"), reverse("monitoring:alarm-history")),
        (str(row.organisation), ""),
    ]
    return render(request, "monitoring/alarms_one.html", {**context, "heading": f"{row.code} {row.title}", "crumbs": crumbs})


def _scope(request: HttpRequest) -> Scope:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.scope.has("alarm.view"):
        raise NotPermitted(_("Your role may not see this."))
    return actor.scope


def _strip(scope: Scope, now: datetime) -> dict[str, Any]:
    figures = queries.console_strip(scope, now)
    standard = alarm_management()
    most = max(*figures.bars, 1)
    oldest = figures.oldest_unacked_s
    return {
        "is": figures,
        "bars": [
            {"x": 7 * i, "y": 22 - max(0.5, 18 * n / most), "height": max(0.5, 18 * n / most)} for i, n in enumerate(figures.bars)
        ],
        "targets": standard.targets,
        "flood_start": standard.definitions.flood_start,
        "chattering_target": standard.targets.chattering,
        "is_flood": figures.new_10min >= standard.definitions.flood_start.value,
        "is_busy": figures.shift_mean_per_10min > standard.targets.mean_per_interval.value,
        "is_old": oldest is not None and oldest > OLDEST_TARGET_S,
        "oldest_target_min": OLDEST_TARGET_S // 60,
        "is_chattering": figures.chattering > standard.targets.chattering.value,
        "is_stale": figures.stale > standard.targets.stale.value,
        "stale_below": round(standard.targets.stale.value) + 1,
    }


def _enterprises(scope: Scope) -> list[tuple[str, str]]:
    """(path, name) of the enterprises in scope, to filter by."""
    rows = Organisation.objects.filter(kind=OrganisationKind.ENTERPRISE, is_active=True)
    return [(o.path, str(o)) for o in scope.filter(rows, "alarm.view", "path").order_by("order", "id")[:500]]


def _first_address(views: tuple[str, ...]) -> str:
    for view in views:
        try:
            return reverse(view)
        except NoReverseMatch:
            continue
    return ""


def _told_to_script(scope: Scope) -> dict[str, Any]:
    """What the scripts of the console must know: rights by place, the longest shelving, words, addresses."""
    rule, answers = silence_rule(), answer_rule()
    return {
        "may": {name: list(scope.paths(name)) for name in ACTS},
        "views_from": list(scope.paths("alarm.view")),
        "shelf_max_min": {str(k): v for k, v in rule.max_min.items()},
        "second_person_max_min": rule.second_level_major_hazard_min,
        "due_min": {str(k): v for k, v in answers.due_min.items()},
        "escalation": [e.name_zh for e in answers.escalation],
        "urls": {"strip": reverse("monitoring:alarm-strip"), "silences": reverse("monitoring:silences")},
        "words": _words(),
    }


def _words() -> dict[str, str]:
    return {
        "group_owed": _("Unacknowledged"),
        "group_owed_note": _("by priority, newest first"),
        "group_returned": _("Returned, unacknowledged"),
        "group_acked": _("Acknowledged, not returned"),
        "group_shelved": _("Shelved"),
        "group_shelved_note": _("come back by themselves when the time is over"),
        "group_silent": _("Suppressed or out of service"),
        "more": _("%(n)s more below these. Deal with what stands above, or narrow the filters."),
        "empty": _("No alarm is open."),
        "empty_filtered": _("No open alarm matches the filters."),
        "empty_why": _("New ones appear here by themselves."),
        "waiting": _("Waiting for the platform."),
        "stopped": _("Data interrupted for %(time)s. What stands below is as it was before; acts still reach the platform."),
        "fallback": _("The live stream is away. This list is from %(time)s and is fetched again every 10 s."),
        "acked": _("Acknowledged: %(what)s"),
        "acked_many": _("%(n)s acknowledged"),
        "ack_changed": _("%(n)s turned for the worse after they were shown. They are still open: look again."),
        "ack_gone": _("%(n)s are no longer there."),
        "undo_none": _("There is nothing to take back."),
        "undo_late": _("It is too late to take this back: only the last 10 seconds, and only what you did yourself."),
        "choose_first": _("Choose rows with X first."),
        "no_right": _("Your role may not do this here."),
        "shelved": _("%(n)s shelved"),
        "shelve_waits": _("%(n)s wait for the second person"),
        "shelve_title": _("Shelve"),
        "shelve_many": _("Shelve %(n)s alarms"),
        "unshelved": _("Back from the shelf: %(n)s"),
        "out_of_service": _("Out of service"),
        "saved": _("Saved: %(what)s"),
        "urged": _("%(n)s urged"),
        "urged_none": _("Nobody owes an answer here: it is given already, or this priority owes none."),
        "reset_done": _("%(n)s reset"),
        "returns": _("returns %(time)s"),
        "answered": _("answered"),
        "urged_at": _("urged %(time)s"),
        "escalated": _("gone up to %(who)s"),
        "enterprise_acked": _("enterprise acknowledged"),
        "overdue": _("overdue %(time)s"),
        "due": _("answer due in %(time)s"),
        "needs_reset": _("waits for reset"),
        "rising": _("rising"),
        "falling": _("falling"),
        "returned": _("returned %(time)s"),
        "no_value": _("no value yet"),
        "minutes": _("%(n)s min"),
        "hours": _("%(n)s h"),
        "until_repaired": _("Until it is repaired (out of service)"),
        "two_persons": _("A second-level limit at a major hazard: a second person must agree."),
        "new_above": _("New above"),
        "sound_off": _("Sound off"),
        "sound_1": _("Sound: priority 1"),
        "sound_12": _("Sound: priorities 1 and 2"),
        "sound_blocked": _("Press to let the sound through"),
        "sound_playing": _("Sounding"),
        "trend_away": _("The history does not answer. The value goes on above."),
        "trend_none": _("No values in the last 60 minutes."),
        "opening": _("Loading"),
        "alarm": _("alarm"),
        "fill_in": _("Fill in cause, measure and verdict."),
        "reason_needed": _("Say why."),
        "listed": _("all listed"),
        "priority_owed": _("Priority %(level)s, unacknowledged"),
        "priority_acked": _("Priority %(level)s, acknowledged"),
        "priority_shelved": _("Priority %(level)s, silenced"),
    }


# -- what a row opens to ------------------------------------------------------------------------------------------------


def _opened(scope: Scope, uuid: UUID, now: datetime) -> dict[str, Any]:
    row = queries.alarm(scope, uuid)
    party = party_of(scope, row.org_path)
    may = {name.removeprefix("alarm."): scope.allows(name, row.org_path) for name in ACTS}
    definition = row.definition
    return {
        "row": row,
        "answer": _answer_of(row),
        "party": party,
        "is_enterprise": party == ENTERPRISE,
        "state": state_of(row, party, now),
        "may": may,
        "guidance": queries.guidance(definition) if definition else None,
        "definition": definition,
        "neighbours": [_neighbour(n) for n in values.neighbours(scope, row.tag, now)]
        if row.tag and scope.has("value.view")
        else [],
        "outcomes": Outcome.choices,
        "due_min": answer_rule().due_min.get(row.priority),
        "silences": _silences_of(row) if definition else [],
        "shelf_choices": _shelf_choices(row),
        "needs_second_person": bool(definition and definition.needs_second_person),
        "has_trend": row.tag is not None and scope.allows("value.view", row.org_path),
        "raised_ms": ms(row.raised_at),
        "map_url": _first_address(MAP_VIEWS),
        "trend_url": _first_address(TREND_VIEWS),
    }


def _answer_of(row: AlarmOccurrence) -> AlarmResponse | None:
    return getattr(row, "answer", None)


def _neighbour(found: dict[str, Any]) -> dict[str, Any]:
    directions = (_("north"), _("northeast"), _("east"), _("southeast"), _("south"), _("southwest"), _("west"), _("northwest"))
    return {**found, "direction": directions[round(found["bearing_deg"] / 45) % 8]}


def _silences_of(row: AlarmOccurrence) -> list[Silence]:
    rows = Silence.objects.filter(definition=row.definition, state__in=(SilenceState.REQUESTED, SilenceState.IN_FORCE))
    return list(rows.select_related("requested_by").order_by("id"))


def _shelf_choices(row: AlarmOccurrence) -> list[int]:
    needs = bool(row.definition and row.definition.needs_second_person)
    longest = silence_rule().longest_min(row.priority, needs_second_person=needs)
    return [m for m in SHELF_MINUTES if m <= longest] or [longest]


# -- history ------------------------------------------------------------------------------------------------------------


class History(RegisterView):
    register = HistoryRegister


# -- who silenced what --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SilenceRow:
    """A silence with what the caller may do about it."""

    silence: Silence
    can_decide: bool
    can_end: bool
    is_own: bool


SHOWN_SILENCES = 500


@login_required
def silenced(request: HttpRequest) -> HttpResponse:
    """谁屏蔽了什么: shelved, out of service, suppressed by design, the oldest first."""
    scope = _scope(request)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    is_all = request.GET.get("state") == "all"
    asked = request.GET.get("kind", "")
    found = queries.silences(scope, is_open=not is_all)
    counts = {k: found.filter(kind=k).count() for k in SilenceKind.values}
    waiting = found.filter(state=SilenceState.REQUESTED).count()
    rows = found.filter(kind=asked) if asked in SilenceKind.values else found
    rows = rows.filter(state=SilenceState.REQUESTED) if asked == "waiting" else rows
    rows = rows.order_by("-requested_at", "-id") if is_all else rows
    context = {
        "heading": _("Who silenced what"),
        "crumbs": [(_("Alarms"), reverse("monitoring:alarms"))],
        "rows": [_silence_row(actor, s) for s in rows[:SHOWN_SILENCES]],
        "total": rows.count(),
        "shown": SHOWN_SILENCES,
        "asked": asked,
        "is_all": is_all,
        "tabs": [("", _("All"), sum(counts.values())), ("waiting", _("Waits for the second person"), waiting)]
        + [(value, label, counts[value]) for value, label in SilenceKind.choices],
        "rule": silence_rule(),
    }
    return render(request, "monitoring/alarms_silences.html", context)


def _silence_row(actor: Actor, row: Silence) -> SilenceRow:
    is_own = actor.user is not None and row.requested_by_id == actor.user.pk
    is_waiting, is_in_force = row.state == SilenceState.REQUESTED, row.state == SilenceState.IN_FORCE
    ends_by = {SilenceKind.SHELVED: "alarm.shelve", SilenceKind.OUT_OF_SERVICE: "alarm.out_of_service"}.get(SilenceKind(row.kind))
    return SilenceRow(
        row,
        can_decide=is_waiting and not is_own and actor.scope.allows("alarm.suppress_approve", row.org_path),
        can_end=is_in_force and ends_by is not None and actor.scope.allows(ends_by, row.org_path),
        is_own=is_own and is_waiting,
    )


def _end(actor: Actor, row: Silence, reason: str, now: datetime) -> object:
    if row.kind == SilenceKind.SHELVED:
        return silences.unshelve(actor, [row.definition.uuid], reason, now=now)
    return silences.return_to_service(actor, row.definition.uuid, reason, now=now)


SILENCE_ACTS: dict[str, tuple[Callable[[Actor, Silence, str, datetime], object], Any]] = {
    "approve": (
        lambda a, s, reason, now: silences.approve(a, s.uuid, reason, now=now),
        gettext_lazy("Agreed: it is silenced now."),
    ),
    "reject": (lambda a, s, reason, now: silences.reject(a, s.uuid, reason, now=now), gettext_lazy("Turned down.")),
    "end": (_end, gettext_lazy("It sounds again.")),
}


@login_required
@require_POST
def silence_act(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Agree, turn down, or end a silence."""
    scope = _scope(request)
    row = queries.one(queries.silences(scope, is_open=False), uuid)
    if verb not in SILENCE_ACTS:
        raise NotFound(_("Not found."))
    act, said = SILENCE_ACTS[verb]
    try:
        act(request.actor, row, request.POST.get("reason", ""), timezone.now())  # type: ignore[attr-defined]
    except NotFound:
        raise
    except Refused as refused:
        faults = "；".join(f"{f.message} {f.remedy}".strip() for f in getattr(refused, "faults", ()))
        messages.error(request, f"{faults or refused.message} {refused.remedy}".strip())
    else:
        messages.success(request, said)
    return redirect("monitoring:silences")


urls: list[URLPattern] = [
    path("alarms/", console, name="alarms"),
    path("alarms/strip", strip, name="alarm-strip"),
    path("alarms/history/", History.as_view(), name="alarm-history"),
    path("alarms/silences/", silenced, name="silences"),
    path("alarms/silences/<uuid:uuid>/<slug:verb>", silence_act, name="silence-act"),
    path("alarms/<uuid:uuid>/", alarm, name="alarm"),
    path("alarms/<uuid:uuid>/open", opened, name="alarm-open"),
]
