"""Feeds: how they run, their keys, how to connect, what they send unasked."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Fault, Invalid, NotFound, NotPermitted
from chemward.apps.core.models import Outbox
from chemward.apps.core.register.views import RegisterView
from chemward.apps.followup.deeds import answer
from chemward.apps.monitoring import forms, imports, queries
from chemward.apps.monitoring.actions import credentials, feeds, tags
from chemward.apps.monitoring.models import Credential, Feed, FeedHour, Tag, UnknownTag
from chemward.apps.monitoring.registers import POOR_SCORE, FeedRegister, UnknownRegister, fault_rows, health_of
from chemward.apps.monitoring.rules.tables import conformity_source
from chemward.telemetry.bus import subjects

# Within so long a key or its revocation has reached every door.
IN_FORCE_WITHIN = timedelta(seconds=2)
HOURS_SHOWN = 24
EXAMPLE_CODES = ("GT-101", "PT-7")


class FeedList(RegisterView):
    register = FeedRegister
    template_name = "monitoring/feeds.html"

    def extra_context(self, register: Any) -> dict[str, Any]:
        return {"add_url": reverse("monitoring:feed-new") if register.scope.has("feed.edit") else ""}


class UnknownList(RegisterView):
    register = UnknownRegister
    template_name = "monitoring/unknown.html"
    importer = imports.TagImport.name

    def extra_context(self, register: Any) -> dict[str, Any]:
        key = register.query.get("feed", "")
        feed = queries.feeds(register.scope).filter(key=key).first() if key and register.scope.has("feed.view") else None
        return {
            "feed": feed,
            "detail_tabs": feed_tabs(feed, "unknown") if feed else (),
            "crumbs": [(_("Feeds"), reverse("monitoring:feeds")), (feed.name, page_of(feed))] if feed else (),
            "accept_form": forms.AcceptForm(),
            "can_accept": register.scope.has("tag.edit"),
        }


def page_of(feed: Feed) -> str:
    return reverse("monitoring:feed", args=[feed.uuid])


def feed_tabs(feed: Any, current: str) -> list[dict[str, Any]]:
    """The pages of one feed."""
    pages = (
        ("connect", _("Connect"), page_of(feed), None),
        ("unknown", _("Unknown tags"), f"{reverse('monitoring:unknown')}?feed={feed.key}", feed.unknown_count or 0),
        ("tags", _("Tags"), f"{reverse('monitoring:tags')}?feed={feed.key}", feed.tag_count or 0),
        ("health", _("Health"), reverse("monitoring:feed-health", args=[feed.uuid]), None),
    )
    return [{"name": name, "url": url, "count": n, "is_current": key == current} for key, name, url, n in pages]


@login_required
def feed(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One feed: addresses and examples with its own numbers, its keys, its last message as it comes in."""
    actor = _actor(request)
    row = queries.feed(actor.scope, uuid)
    return render(request, "monitoring/feed.html", _feed_context(request, row))


def _feed_context(request: HttpRequest, row: Feed, **more: Any) -> dict[str, Any]:
    actor, now = _actor(request), timezone.now()
    can_issue = actor.scope.allows("credential.issue", row.org_path)
    keys = list(queries.credentials(actor.scope, row.uuid)[:50])
    own = next((k for k in keys if k.is_active), None)
    context = {
        "feed": row,
        "heading": row.name,
        "crumbs": [(_("Feeds"), reverse("monitoring:feeds")), (str(row.organisation), "")],
        "detail_tabs": feed_tabs(row, "connect"),
        "figures": figures(row, now),
        "keys": [{"row": k, "state": key_state(k, row, now), "doors": _doors(k)} for k in keys],
        "can_edit": actor.scope.allows("feed.edit", row.org_path),
        "can_issue": can_issue,
        "credential_form": forms.CredentialForm(initial={"kinds": [row.kind, "http"]}) if can_issue else None,
        "reason_form": forms.ReasonForm(auto_id="id_act_%s"),
        "revoke_form": forms.ReasonForm(auto_id="id_revoke_%s"),
        **connection(request, row, own.key_id if own else "", ""),
    }
    return {**context, **more}


def _doors(key: Credential) -> str:
    names = dict(forms.FeedKind.choices)
    return "、".join(str(names.get(k, k)) for k in key.kinds)


def key_state(key: Credential, feed: Feed, now: Any) -> dict[str, str]:
    """How far a key is: waiting for the bus, in force, revoked, or shut with its feed."""
    is_waiting = Outbox.objects.filter(subject=subjects.credential_config(key.key_id)).exists()
    if key.revoked_at is not None:
        return {"word": _("Being revoked") if is_waiting else _("Revoked"), "colour": "line"}
    if is_waiting:
        return {"word": _("Taking effect, within 2 s"), "colour": "yel"}
    if not feed.is_active:
        return {"word": _("Shut: the feed is closed"), "colour": "line"}
    return {"word": _("In force"), "colour": ""}


def connection(request: HttpRequest, row: Feed, key_id: str, secret: str) -> dict[str, Any]:
    """Addresses of a feed and messages to paste, filled with its own numbers (and key, right after it was made)."""
    codes = list(Tag.objects.filter(feed=row, deleted_at=None, is_enabled=True, kind="number").values_list("code", "unit")[:2])
    first, second = (codes + [(c, "") for c in EXAMPLE_CODES])[:2]
    origin = f"{request.scheme}://{request.get_host()}"
    host = request.get_host().rpartition(":")[0] or request.get_host()
    mqtt_port = settings.INSTALLATION.run().get("ports", {}).get("mqtt", 1883)
    topic = f"cw/{row.shard}/{row.key}/data"
    url = f"{origin}/ingest/v1/{row.key}/data"
    key, word = key_id or "CREDENTIAL", secret or "SECRET"
    one = _json({"tag": first[0], "v": 12.5, **({"u": first[1]} if first[1] else {})})
    many = _json([{"tag": first[0], "v": 12.5}, {"tag": second[0], "v": 0.61, "q": "good"}])
    columns = _json({"tags": [first[0], second[0]], "v": [12.5, 0.61]})
    return {
        "topic": topic,
        "alarm_topic": f"cw/{row.shard}/{row.key}/alarm",
        "url": url,
        "host": host,
        "mqtt_port": mqtt_port,
        "samples": (
            {"name": _("One sample"), "text": one},
            {"name": _("Many samples"), "text": many},
            {"name": _("Columns, the fast form"), "text": columns},
        ),
        "examples": (
            {
                "name": "mosquitto_pub",
                "text": MOSQUITTO.format(host=host, port=mqtt_port, key=key, word=word, topic=topic, one=one),
            },
            {"name": "curl", "text": CURL.format(url=url, word=word, one=one)},
            {"name": "Python", "text": PYTHON.format(url=url, word=word, columns=columns)},
        ),
        "has_secret": bool(secret),
    }


MOSQUITTO = "mosquitto_pub -V mqttv311 -h {host} -p {port} -u {key} -P {word} -q 1 \\\n  -t {topic} -m '{one}'"
CURL = "curl -X POST {url} \\\n  -H 'Authorization: Bearer {word}' -H 'Content-Type: application/json' \\\n  -d '{one}'"
PYTHON = """import json, urllib.request

body = json.dumps({columns})
request = urllib.request.Request("{url}", body.encode(), {{
    "Authorization": "Bearer {word}", "Content-Type": "application/json"}})
print(urllib.request.urlopen(request, timeout=10).read().decode())"""


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def figures(row: Feed, now: Any) -> list[dict[str, Any]]:
    """The six figures of a feed; a dash where nothing was measured yet."""
    health = health_of(row)
    score = health.score if health else None
    return [
        {"label": _("Samples per second"), "value": _rounded(health.rate_per_s) if health else None, "key": "rate",
         "below": _("expected %(rate)s") % {"rate": _rounded(health.expected_per_s)} if health else ""},
        {"label": _("Lag"), "value": health.lag_ms if health else None, "unit": "ms", "key": "lag_ms"},
        {"label": _("Clock skew"), "value": health.skew_ms if health else None, "unit": "ms", "key": "skew_ms",
         "below": _("allowed %(s)s s") % {"s": f"{row.max_skew_s:g}"}},
        {"label": _("Frozen tags"), "value": health.frozen_tags if health else None, "key": "frozen",
         "colour": "yel" if health and health.frozen_tags else ""},
        {"label": _("Tags"), "value": row.tag_count or 0, "url": f"{reverse('monitoring:tags')}?feed={row.key}"},  # type: ignore[attr-defined]
        {"label": _("Conformity"), "value": score, "why_url": reverse("monitoring:feed-score", args=[row.uuid]),
         "colour": "yel" if score is not None and score < POOR_SCORE else ""},
    ]  # fmt: skip


def _rounded(rate: float) -> float:
    return round(rate, 1)


@login_required
def health(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What a feed sent in the last hours, its faults with what to do about them, and its score."""
    actor, now = _actor(request), timezone.now()
    row = queries.feed(actor.scope, uuid)
    newest = health_of(row)
    hours = list(FeedHour.objects.filter(feed=row, hour__gt=now - timedelta(hours=HOURS_SHOWN)).order_by("-hour"))
    context = {
        "feed": row,
        "heading": row.name,
        "crumbs": [(_("Feeds"), reverse("monitoring:feeds")), (str(row.organisation), "")],
        "detail_tabs": feed_tabs(row, "health"),
        "figures": figures(row, now),
        "health": newest,
        "hours": hours,
        "sums": {name: sum(getattr(h, name) for h in hours) for name in SUMMED} if hours else None,
        "faults": fault_rows(newest.fault_codes if newest else {}),
        "parts": newest.score_parts if newest else (),
        "hours_shown": HOURS_SHOWN,
    }
    return render(request, "monitoring/feed_health.html", context)


SUMMED = (
    "messages",
    "samples",
    "expected",
    "refused",
    "unknown",
    "faults",
    "late",
    "duplicates",
    "out_of_range",
    "ahead",
    "gaps",
)


@login_required
def score(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Why a feed has its score: every part with its measure, its band and its weight."""
    row = queries.feed(_actor(request).scope, uuid)
    newest = health_of(row)
    edition, source = conformity_source()
    context = {"feed": row, "health": newest, "parts": newest.score_parts if newest else (), "edition": edition, "source": source}
    return render(request, "monitoring/feed_score.html", context)


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """A new feed of an enterprise; its page follows, with what to do next."""
    actor = _actor(request)
    if not actor.scope.has("feed.edit"):
        raise NotPermitted(_("Your role may not do this."))
    form = forms.NewFeedForm(request.POST or None, scope=actor.scope)
    made: list[Feed] = []

    def create() -> None:
        data = dict(form.cleaned_data)
        owner = data.pop("organisation")
        made.append(feeds.create(actor, owner.uuid, data.pop("name"), kind=data.pop("kind"), now=timezone.now(), **data))

    if form.is_bound and form.is_valid() and answer(form, create):
        return redirect(page_of(made[0]))
    context = {"form": form, "heading": _("New feed"), "submit": _("Open the feed"), "back_url": reverse("monitoring:feeds")}
    return render(request, "core/form.html", context, status=422 if form.is_bound else 200)


@login_required
def edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Change what is said of a feed."""
    actor = _actor(request)
    row = queries.feed(actor.scope, uuid)
    if not actor.scope.allows("feed.edit", row.org_path):
        raise NotPermitted(_("Your role may not do this."))
    initial = {name: getattr(row, name) for name in forms.FeedForm.base_fields}
    form = forms.FeedForm(request.POST or None, initial=initial)
    if (
        form.is_bound
        and form.is_valid()
        and answer(form, lambda: feeds.change(actor, uuid, form.cleaned_data, now=timezone.now()))
    ):
        return redirect(page_of(row))
    context = {"form": form, "heading": row.name, "submit": _("Save"), "back_url": page_of(row)}
    return render(request, "core/form.html", context, status=422 if form.is_bound else 200)


@login_required
def feed_act(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """POST: close a feed or open it again."""
    actor, now = _actor(request), timezone.now()
    acts = {"deactivate": feeds.deactivate, "reactivate": feeds.reactivate}
    if request.method != "POST" or verb not in acts:
        raise NotFound(_("Not found."))
    queries.feed(actor.scope, uuid)
    done = acts[verb](actor, uuid, request.POST.get("reason", ""), now=now)
    messages.success(request, _("The feed is open.") if done.is_active else _("The feed is closed; its connections are cut."))
    return redirect(page_of(done))


@login_required
def issue(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """POST: a new key. The answer is the only page that ever shows its secret."""
    actor = _actor(request)
    row = queries.feed(actor.scope, uuid)
    form = forms.CredentialForm(request.POST or None)
    made: list[credentials.Issued] = []

    def make() -> None:
        data = form.cleaned_data
        made.append(credentials.issue(actor, uuid, kinds=data["kinds"], name=data["name"], now=timezone.now()))

    if not (form.is_bound and form.is_valid() and answer(form, make)):
        if request.method != "POST":
            return redirect(page_of(row))
        return render(request, "monitoring/feed.html", _feed_context(request, row, credential_form=form), status=422)
    issued = made[0]
    context = {
        "feed": row,
        "heading": _("New key"),
        "crumbs": [(_("Feeds"), reverse("monitoring:feeds")), (row.name, page_of(row))],
        "key": issued.credential,
        "secret": issued.secret,
        **connection(request, row, issued.credential.key_id, issued.secret),
    }
    response = render(request, "monitoring/feed_key.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
def revoke(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """POST: end a key."""
    if request.method != "POST":
        raise NotFound(_("Not found."))
    done = credentials.revoke(_actor(request), uuid, request.POST.get("reason", ""), now=timezone.now())
    messages.success(request, _("Revoked. Its connections are cut within 2 s."))
    return redirect(page_of(done.feed))


@login_required
def unknown_act(request: HttpRequest) -> HttpResponse:
    """POST: accept or dismiss the chosen unknown tags, feed by feed."""
    actor, now = _actor(request), timezone.now()
    if request.method != "POST":
        raise NotFound(_("Not found."))
    chosen = _chosen(request, actor)
    form = forms.AcceptForm(request.POST)
    if not form.is_valid():
        raise Invalid(*(Fault(name, "；".join(map(str, errors))) for name, errors in form.errors.items()))
    done = 0
    for owner, codes in chosen.items():
        if request.POST.get("act") == "dismiss":
            done += tags.dismiss(actor, owner, codes, now=now)
        else:
            done += len(tags.accept(actor, owner, codes, values=form.values(), now=now).created)
    said = (
        _("%(n)d dismissed.") if request.POST.get("act") == "dismiss" else _("%(n)d accepted. Their values are kept from now on.")
    )
    messages.success(request, said % {"n": done})
    keys = {u for u in request.POST.getlist("feed") if u}
    back = f"?feed={keys.pop()}" if len(keys) == 1 else ""
    return redirect(reverse("monitoring:unknown") + back)


def _chosen(request: HttpRequest, actor: Actor) -> dict[UUID, list[str]]:
    """Codes chosen on the page by their feeds. Invalid when nothing was chosen; NotFound when one is out of scope."""
    ids = {int(i) for i in (request.POST.getlist("ids") or request.POST.getlist("only")) if i.isdigit()}
    if not ids:
        raise Invalid(Fault("ids", _("No tag is chosen."), _("Choose at least one row.")))
    rows = actor.scope.filter(UnknownTag.objects.filter(pk__in=ids).select_related("feed"), "tag.view")
    by_feed: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        by_feed[row.feed.uuid].append(row.code)
    if not by_feed:
        raise NotFound(_("Not found."))
    return by_feed


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


urls: list[URLPattern] = [
    path("feeds/", FeedList.as_view(), name="feeds"),
    path("feeds/new", new, name="feed-new"),
    path("feeds/<uuid:uuid>/", feed, name="feed"),
    path("feeds/<uuid:uuid>/edit", edit, name="feed-edit"),
    path("feeds/<uuid:uuid>/health", health, name="feed-health"),
    path("feeds/<uuid:uuid>/score", score, name="feed-score"),
    path("feeds/<uuid:uuid>/credentials", issue, name="credential-issue"),
    path("feeds/<uuid:uuid>/act/<str:verb>", feed_act, name="feed-act"),
    path("credentials/<uuid:uuid>/revoke", revoke, name="credential-revoke"),
    path("unknown-tags/", UnknownList.as_view(), name="unknown"),
    path("unknown-tags/act", unknown_act, name="unknown-act"),
]
