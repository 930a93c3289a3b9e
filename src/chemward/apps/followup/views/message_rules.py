"""Pages of the rules that say who gets which messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages as said
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import NotPermitted
from chemward.apps.core.scope import Scope, roles
from chemward.apps.followup import forms_rules, queries, receivers, rules
from chemward.apps.followup.actions import message_rules
from chemward.apps.followup.deeds import answer
from chemward.apps.followup.models import MessageClass, MessageRule

SHOWN_NAMES = 3


@dataclass(frozen=True)
class ShownStep:
    """A step in words. reached: names of those whom it would reach now; None where that depends on the organisation."""

    after_s: int
    at: str
    posts: Sequence[str]
    roles: Sequence[str]
    deputies: bool
    reached: Sequence[str] | None = None

    @property
    def more(self) -> int:
        return max(0, len(self.reached or ()) - SHOWN_NAMES)

    @property
    def names(self) -> Sequence[str]:
        return (self.reached or ())[:SHOWN_NAMES]


@login_required
def listed(request: HttpRequest) -> HttpResponse:
    """Rules of the organisations in scope, and the defaults that hold where there is none."""
    actor, now = _actor(request), timezone.now()
    rows = actor.scope.filter(MessageRule.objects.filter(deleted_at=None), "message.configure").select_related("organisation")
    titles = post_titles(actor.scope)
    own = [
        {"row": r, "topic": forms_rules.topic_name(r.topic), "steps": [in_words(s, titles, r.org_path, now) for s in r.steps]}
        for r in rows.order_by("org_path", "topic", "message_class")
    ]
    defaults = [
        {
            "label": label,
            "steps": [in_words(s, titles) for s in rules.default_message_rules()["*", code]["steps"]],
            "handle_within_s": rules.default_message_rules()["*", code].get("handle_within_s"),
        }
        for code, label in MessageClass.choices
    ]
    context = {"heading": _("Message rules"), "rules": own, "defaults": defaults}
    return render(request, "followup/message_rules.html", context)


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Lay down a rule, beginning with the steps of the defaults."""
    actor = _actor(request)
    asked = request.GET.get("class", MessageClass.WARNING.value)
    known = rules.default_message_rules().get(("*", asked)) or rules.default_message_rules()["*", MessageClass.WARNING.value]
    initial = {"topic": "*", "message_class": asked, **_minutes(known.get("handle_within_s"))}
    return _form(request, actor, initial, known["steps"], _("New message rule"))


@login_required
def edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Change the rule of an organisation for a topic and class; those three stand fast. Out of scope there is no such rule."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = queries.one(actor.scope, MessageRule.objects.filter(deleted_at=None), "message.configure", uuid)
    initial = {
        "organisation": row.organisation_id,
        "topic": row.topic,
        "message_class": row.message_class,
        "name": row.name,
        **_minutes(row.handle_within_s),
    }
    return _form(request, actor, initial, row.steps, row.name, row)


@login_required
@require_POST
def drop(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take a rule away: those above, or the defaults, hold again."""
    message_rules.drop(request.actor, uuid, now=timezone.now())  # type: ignore[attr-defined]
    said.success(request, _("The rule is gone. Those above it hold again."))
    return redirect("followup:message-rules")


def _form(
    request: HttpRequest,
    actor: Actor,
    initial: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    heading: str,
    row: MessageRule | None = None,
) -> HttpResponse:
    form = forms_rules.MessageRuleForm(request.POST or None, scope=actor.scope, initial=dict(initial), row=row)
    formset = forms_rules.steps_formset(request.POST or None, steps, actor.scope)
    if request.method == "POST" and form.is_valid() and formset.is_valid() and _lay_down(actor, form, formset):
        said.success(request, _("The rule holds from now on."))
        return redirect("followup:message-rules")
    context = {
        "heading": heading,
        "crumbs": [(_("Message rules"), reverse("followup:message-rules")), (heading, "")],
        "form": form,
        "formset": formset,
        "back_url": reverse("followup:message-rules"),
    }
    return render(request, "followup/message_rule.html", context, status=422 if form.is_bound else 200)


def _lay_down(actor: Actor, form: forms_rules.MessageRuleForm, formset: Any) -> bool:
    data = form.cleaned_data
    minutes = data["handle_within_min"]
    return answer(
        form,
        lambda: message_rules.lay_down(
            actor,
            data["organisation"].path,
            data["topic"],
            data["message_class"],
            name=data["name"],
            steps=forms_rules.steps_of(formset),
            handle_within_s=None if minutes is None else round(minutes * 60),
            now=timezone.now(),
        ),
    )


def in_words(step: Mapping[str, Any], titles: Mapping[str, str], org_path: str = "", now: datetime | None = None) -> ShownStep:
    """A step as people say it; with a place also who would be reached now."""
    known = roles()
    people = [r.user.display_name for r in receivers.reached(step, org_path, now)] if org_path and now else None
    return ShownStep(
        after_s=step["after_s"],
        at=forms_rules.place_name(step.get("at", "own")),
        posts=[titles.get(code, code) for code in step.get("posts", ())],
        roles=[known[code].name_zh if code in known else code for code in step.get("roles", ())],
        deputies=bool(step.get("deputies")),
        reached=people,
    )


def post_titles(scope: Scope) -> dict[str, str]:
    """What the posts of a code are called where one may lay down rules; where organisations differ, the first names."""
    return {code: " / ".join(several[:SHOWN_NAMES]) for code, several in forms_rules.post_names(scope).items()}


def _minutes(seconds: int | None) -> dict[str, float | None]:
    return {"handle_within_min": None if seconds is None else forms_rules.minutes(seconds)}


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.scope.has("message.configure"):
        raise NotPermitted(_("Your role may not see this."))
    return actor
