"""Tags, their alarms, and changes of limits from proposal to decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from chemward.apps.assets.models import Asset
from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Away, Invalid, NotFound, NotPermitted
from chemward.apps.core.models import AuditEntry
from chemward.apps.core.register.views import RegisterView
from chemward.apps.followup.deeds import answer
from chemward.apps.monitoring import forms, imports, queries, values
from chemward.apps.monitoring.actions import definitions, limits, retiring, tags
from chemward.apps.monitoring.actions.definitions import NewAlarm
from chemward.apps.monitoring.actions.tags import NewTag
from chemward.apps.monitoring.models import AlarmDefinition, AlarmOccurrence, ChangeState, Feed, LimitChange, Tag, TagKind
from chemward.apps.monitoring.registers import ChangeRegister, TagRegister, changes_in_words, live, value_words

# What a limit's colour is on a chart, by priority.
COLOURS = {1: "red", 2: "org", 3: "yel", 4: "blu"}
DRAWN = ("HH", "H", "L", "LL")
COUNTED_DAYS = 30
SHOWN_OCCURRENCES = 20


class TagList(RegisterView):
    register = TagRegister
    template_name = "monitoring/tags.html"
    importer = imports.TagImport.name

    def extra_context(self, register: Any) -> dict[str, Any]:
        key = register.query.get("feed", "")
        feed = Feed.objects.filter(key=key, deleted_at=None).first() if key else None
        can_add = feed is not None and register.scope.allows("tag.edit", feed.org_path)
        return {
            "is_away": register.is_away,
            "add_url": reverse("monitoring:tag-new", args=[feed.uuid]) if feed and can_add else "",
            "add_label": _("New tag"),
            "can_see_values": register.scope.has("value.view"),
        }


class ChangeList(RegisterView):
    register = ChangeRegister
    template_name = "monitoring/limits.html"


# -- one tag ------------------------------------------------------------------------------------------------------------


@login_required
def tag(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One tag: its value now, its last hour, its alarms with ground and history, what to do when it is in alarm."""
    actor, now = _actor(request), timezone.now()
    row = queries.tag(actor.scope, uuid)
    can_see = actor.scope.allows("value.view", row.org_path)
    last, is_away = _last(actor, row, now) if can_see else (None, False)
    alarms = list(queries.definitions(actor.scope).filter(tag=row).order_by("type", "id"))
    told = [_alarm(d, now) for d in alarms]
    context = {
        "tag": row,
        "heading": row.code,
        "crumbs": _crumbs(row),
        "last": last,
        "value_words": value_words(row, _newest(last)),
        "live": live(row),
        "is_away": is_away,
        "can_see": can_see,
        "period_s": row.period_s or row.feed.period_s,
        "alarms": told,
        "guidance": queries.guidance(alarms[0]) if alarms else None,
        "asset": _asset(actor, row),
        "trend": trend_data([row], alarms, span_ms=3_600_000) if can_see and row.kind != TagKind.TEXT else None,
        "open_alarms": queries.open_alarms(actor.scope).filter(tag=row),
        "occurrences": queries.occurrences(actor.scope).filter(tag=row).order_by("-raised_at")[:SHOWN_OCCURRENCES],
        "changes": queries.limit_changes(actor.scope).filter(definition__tag=row, state=ChangeState.PROPOSED),
        "history": AuditEntry.objects.filter(subject_type="monitoring.tag", subject_id=str(row.uuid)).order_by("-id")[:10],
        "can_edit": actor.scope.allows("tag.edit", row.org_path),
        "can_end": actor.scope.allows(retiring.asks(alarms), row.org_path),
        "can_propose": actor.scope.allows("limit.propose", row.org_path),
    }
    return render(request, "monitoring/tag.html", context)


def _crumbs(row: Tag) -> list[tuple[str, str]]:
    return [
        (_("Tags"), reverse("monitoring:tags")),
        (str(row.organisation), ""),
        (str(row.feed), f"{reverse('monitoring:tags')}?feed={row.feed.key}"),
    ]


def _last(actor: Actor, row: Tag, now: Any) -> tuple[dict[str, Any] | None, bool]:
    """The newest value, and whether the historian is away (then nothing is known, which is not the same as no value)."""
    try:
        return values.last_values(actor.scope, [row.pk], now)[0], False
    except Away:
        return None, True


def _newest(last: dict[str, Any] | None) -> tuple[int, float | None, int, str | None] | None:
    if last is None or last["at_ms"] is None:
        return None
    return last["at_ms"], last["value"], last["quality"], last["text"]


def _asset(actor: Actor, row: Tag) -> Asset | None:
    if row.asset_uuid is None:
        return None
    return actor.scope.filter(Asset.objects.filter(uuid=row.asset_uuid), "asset.view").first()


def _alarm(row: AlarmDefinition, now: Any) -> dict[str, Any]:
    """An alarm of a tag as its row shows it: ground, in force since, how often it came."""
    since = now - timedelta(days=COUNTED_DAYS)
    own = AlarmOccurrence.objects.filter(definition=row, is_late=False)
    return {
        "row": row,
        "colour": COLOURS[row.priority],
        "count": own.filter(raised_at__gte=since).count(),
        "last": own.order_by("-raised_at").values_list("raised_at", flat=True).first(),
        "ground": " ".join(x for x in (row.limit_source, row.limit_clause) if x),
        "has_limit": row.type in (*DRAWN, "ROC", "DEV"),
    }


def trend_data(
    rows: list[Tag],
    alarms: list[AlarmDefinition],
    *,
    span_ms: int | None = None,
    from_ms: int | None = None,
    to_ms: int | None = None,
    extra: list[dict[str, Any]] | None = None,
    marks: list[int] | None = None,
) -> dict[str, Any]:
    """What a small trend on a page is drawn from."""
    drawn = [
        {"value": d.limit, "name": f"{d.type} {d.limit:g}", "colour": COLOURS[d.priority]}
        for d in alarms
        if d.type in DRAWN and d.is_enabled
    ]
    return {
        "tags": [t.pk for t in rows],
        "unit": rows[0].unit,
        "steps": [t.pk for t in rows if t.kind == TagKind.STATE],
        "span_ms": span_ms,
        "from_ms": from_ms,
        "to_ms": to_ms,
        "limits": [*drawn, *(extra or [])],
        "marks": marks or [],
    }


@login_required
def new_tag(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A new tag of a feed."""
    actor = _actor(request)
    feed = queries.feed(actor.scope, uuid)
    _need(actor, "tag.edit", feed.org_path)
    form = forms.NewTagForm(request.POST or None, org_path=feed.org_path)
    made: list[Tag] = []

    def create() -> None:
        told = form.values()
        made.append(tags.create(actor, uuid, NewTag(told.pop("code"), told), now=timezone.now()))

    if form.is_bound and form.is_valid() and answer(form, create):
        return redirect("monitoring:tag", uuid=made[0].uuid)
    heading = _("New tag of %(feed)s") % {"feed": feed}
    return _form_page(request, form, heading, f"{reverse('monitoring:tags')}?feed={feed.key}")


@login_required
def edit_tag(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Change what is said of a tag; its limits go through a proposal."""
    actor = _actor(request)
    row = queries.tag(actor.scope, uuid)
    _need(actor, "tag.edit", row.org_path)
    form = forms.TagForm(request.POST or None, org_path=row.org_path, initial=forms.TagForm.initial_of(row))
    if form.is_bound and form.is_valid() and answer(form, lambda: tags.change(actor, uuid, form.values(), now=timezone.now())):
        messages.success(request, _("Saved. In force within 2 s."))
        return redirect("monitoring:tag", uuid=uuid)
    return _form_page(request, form, row.code, reverse("monitoring:tag", args=[uuid]))


@login_required
def retire_tag(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """End a tag with its alarms, with a reason."""
    actor = _actor(request)
    row = queries.tag(actor.scope, uuid)
    alarms = list(queries.definitions(actor.scope).filter(tag=row))
    _need(actor, retiring.asks(alarms), row.org_path)
    words = _("Its values and alarms of the past stay. %(n)s alarms end with it.") % {"n": len(alarms)}
    return _ending(
        request,
        heading=_("End tag %(code)s") % {"code": row.code},
        consequence=f"{words} {_approval(alarms)}".strip(),
        run=lambda reason: retiring.retire_tag(actor, uuid, reason, now=timezone.now()),
        done=_("%(code)s is ended.") % {"code": row.code},
        goes_to=f"{reverse('monitoring:tags')}?feed={row.feed.key}",
        back=reverse("monitoring:tag", args=[uuid]),
    )


@login_required
def end_alarm(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """End an alarm of a tag, with a reason."""
    actor = _actor(request)
    row = queries.definition(actor.scope, uuid)
    _need(actor, retiring.asks([row]), row.org_path)
    words = _("Nothing is judged by it any more within 2 s. What it raised stays in the history.")
    return _ending(
        request,
        heading=_("End alarm %(title)s") % {"title": row.title},
        consequence=f"{words} {_approval([row])}".strip(),
        run=lambda reason: retiring.end_alarm(actor, uuid, reason, now=timezone.now()),
        done=_("%(title)s is ended.") % {"title": row.title},
        goes_to=reverse("monitoring:tag", args=[row.tag.uuid]),
        back=reverse("monitoring:limit", args=[uuid]),
    )


def _approval(alarms: list[AlarmDefinition]) -> str:
    """What it takes to end these alarms, empty when nothing more than keeping the tags."""
    return str(_("Alarms in use are ended by who may approve limits.")) if any(retiring.guards(d) for d in alarms) else ""


def _ending(
    request: HttpRequest, *, heading: str, consequence: str, run: Callable[[str], Any], done: str, goes_to: str, back: str
) -> HttpResponse:
    """A page that asks for the reason and names what follows; done, the page `goes_to` follows."""
    form = forms.ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid() and answer(form, lambda: run(form.cleaned_data["reason"])):
        messages.success(request, done)
        return redirect(goes_to)
    context = {"form": form, "heading": heading, "submit": _("End it for good"), "back_url": back, "consequence": consequence}
    return render(request, "monitoring/ending.html", context, status=422 if form.is_bound else 200)


@login_required
def new_alarm(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A new alarm of a tag."""
    actor = _actor(request)
    row = queries.tag(actor.scope, uuid)
    _need(actor, "tag.edit", row.org_path)
    form = forms.AlarmForm(request.POST or None)

    def add() -> None:
        data = form.cleaned_data
        definitions.add(actor, uuid, NewAlarm(data["type"], data["title"], form.values()), now=timezone.now())

    if form.is_bound and form.is_valid() and answer(form, add):
        messages.success(request, _("Saved. In force within 2 s."))
        return redirect("monitoring:tag", uuid=uuid)
    heading = _("New alarm of %(tag)s") % {"tag": row.code}
    return _form_page(request, form, heading, reverse("monitoring:tag", args=[uuid]))


# -- one limit ----------------------------------------------------------------------------------------------------------


@login_required
def limit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One alarm of a tag: its limit with ground, its versions, what happened, and the form of a change."""
    actor, now = _actor(request), timezone.now()
    row = queries.definition(actor.scope, uuid)
    can_propose = actor.scope.allows("limit.propose", row.org_path)
    form = forms.LimitForm(request.POST or None, initial=forms.LimitForm.initial_of(row)) if can_propose else None
    if request.method == "POST" and form is None:
        raise NotPermitted(_("Your role may not do this."))
    made: list[LimitChange] = []

    def propose() -> None:
        assert form is not None
        made.append(limits.propose(actor, uuid, form.values(), form.cleaned_data["reason"], now=now))

    if form is not None and form.is_bound and form.is_valid() and answer(form, propose):
        _try(request, actor, made[0].uuid)
        return redirect("monitoring:limit-change", uuid=made[0].uuid)
    context = {
        "row": row,
        "alarm": _alarm(row, now),
        "heading": row.title,
        "crumbs": [*_crumbs(row.tag), (row.tag.code, reverse("monitoring:tag", args=[row.tag.uuid]))],
        "guidance": queries.guidance(row),
        "versions": row.versions.all(),
        "occurrences": queries.occurrences(actor.scope).filter(definition=row).order_by("-raised_at")[:SHOWN_OCCURRENCES],
        "can_end": actor.scope.allows(retiring.asks([row]), row.org_path),
        "pending": queries.limit_changes(actor.scope).filter(definition=row, state=ChangeState.PROPOSED).first(),
        "form": form,
        "trend": trend_data([row.tag], [row], span_ms=86_400_000) if actor.scope.allows("value.view", row.org_path) else None,
    }
    return render(request, "monitoring/limit.html", context, status=422 if form is not None and form.is_bound else 200)


@login_required
def limit_change(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A proposed or decided change: before and after, what history says to it, and the decision."""
    actor = _actor(request)
    row = _change(actor, uuid)
    definition = row.definition
    is_open = row.state == ChangeState.PROPOSED
    is_own = actor.user is not None and row.proposed_by_id == actor.user.pk
    context = {
        "row": row,
        "heading": f"{definition.tag.code} · {definition.title}",
        "crumbs": [(_("Limit changes"), reverse("monitoring:limits")), (str(row.organisation), "")],
        "definition": definition,
        "changes": changes_in_words(row),
        "trial": row.trial,
        "trend": _trial_picture(row) if row.trial and actor.scope.allows("value.view", row.org_path) else None,
        "version": definition.versions.filter(change=row).first(),
        "can_decide": is_open and not is_own and actor.scope.allows("limit.approve", row.org_path),
        "waits_for_another": is_open and is_own,
        "can_withdraw": is_open and actor.scope.allows("limit.propose", row.org_path),
        "reason_form": forms.ReasonForm(),
    }
    return render(request, "monitoring/limit_change.html", context)


def _trial_picture(row: LimitChange) -> dict[str, Any]:
    """The span of the trial with the limit before (grey) and after (in its colour), and the moments it would have raised."""
    trial, definition = row.trial or {}, row.definition
    extra = []
    if definition.type in DRAWN:
        before = row.before.get("limit", definition.limit)
        after = row.after.get("limit", before)
        colour = COLOURS[row.after.get("priority", definition.priority)]
        words = _("now %(limit)s"), _("new %(limit)s")
        extra = [{"value": before, "name": words[0] % {"limit": f"{before:g}"}, "colour": ""}] if before != after else []
        extra.append({"value": after, "name": words[1] % {"limit": f"{after:g}"}, "colour": colour})
    marks = list(trial.get("raised_ms", ()))
    return trend_data([definition.tag], [], from_ms=trial["from_ms"], to_ms=trial["to_ms"], extra=extra, marks=marks)


@login_required
def change_act(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """POST: try a proposal on history, approve, reject or withdraw it."""
    actor, now = _actor(request), timezone.now()
    reason = request.POST.get("reason", "")
    acts: dict[str, Callable[[], Any]] = {
        "approve": lambda: limits.approve(actor, uuid, reason, now=now),
        "reject": lambda: limits.reject(actor, uuid, reason, now=now),
        "withdraw": lambda: limits.withdraw(actor, uuid, reason, now=now),
    }
    if request.method != "POST" or verb not in (*acts, "try"):
        raise NotFound(_("Not found."))
    _change(actor, uuid)
    if verb == "try":
        _try(request, actor, uuid)
    else:
        done = acts[verb]()
        words = {
            ChangeState.APPROVED: _("Approved. In force within 2 s."),
            ChangeState.REJECTED: _("Rejected."),
            ChangeState.WITHDRAWN: _("Withdrawn."),
        }
        messages.success(request, words[done.state])
    return redirect("monitoring:limit-change", uuid=uuid)


def _try(request: HttpRequest, actor: Actor, uuid: UUID) -> None:
    """Run the proposal over history; when history cannot be asked the proposal stands all the same, and the page says so."""
    try:
        limits.try_on_history(actor, uuid, values.historian(), now=timezone.now())
    except (Away, Invalid) as refused:
        said = refused.message if isinstance(refused, Away) else str(refused)
        remedy = getattr(refused, "remedy", "")
        messages.warning(request, (_("Not tried on history: %(reason)s") % {"reason": f"{said} {remedy}"}).strip())


def _change(actor: Actor, uuid: UUID) -> LimitChange:
    row: LimitChange = queries.one(queries.limit_changes(actor.scope), uuid)
    return row


def _form_page(request: HttpRequest, form: Any, heading: str, back: str) -> HttpResponse:
    context = {"form": form, "heading": heading, "submit": _("Save"), "back_url": back}
    return render(request, "core/form.html", context, status=422 if form.is_bound else 200)


def _need(actor: Actor, capability: str, org_path: str) -> None:
    if not actor.scope.allows(capability, org_path):
        raise NotPermitted(_("Your role may not do this."))


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


urls: list[URLPattern] = [
    path("tags/", TagList.as_view(), name="tags"),
    path("feeds/<uuid:uuid>/tags/new", new_tag, name="tag-new"),
    path("tags/<uuid:uuid>/", tag, name="tag"),
    path("tags/<uuid:uuid>/edit", edit_tag, name="tag-edit"),
    path("tags/<uuid:uuid>/retire", retire_tag, name="tag-retire"),
    path("tags/<uuid:uuid>/alarms/new", new_alarm, name="alarm-new"),
    path("limits/", ChangeList.as_view(), name="limits"),
    path("limits/<uuid:uuid>/", limit, name="limit"),
    path("limits/<uuid:uuid>/end", end_alarm, name="alarm-end"),
    path("limit-changes/<uuid:uuid>/", limit_change, name="limit-change"),
    path("limit-changes/<uuid:uuid>/<str:verb>", change_act, name="limit-change-act"),
]
