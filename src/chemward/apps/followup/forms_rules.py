"""The form of a message rule: what it is about, and its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chemward.apps.core.models import Organisation, Post
from chemward.apps.core.scope import Scope, roles
from chemward.apps.followup.forms import PlaceField, places
from chemward.apps.followup.models import MessageClass, MessageRule
from chemward.apps.followup.receivers import PLACES

# What the platform sends messages about; `*` is everything that has no rule of its own.
TOPICS = {
    "*": _("Everything"),
    "alarm": _("Alarms"),
    "alarm.overdue": _("Answers to alarms that are overdue"),
    "duty": _("Duties that are overdue"),
    "hazard": _("Hidden hazards near or past their date"),
}
PLACE_NAMES = {
    "own": _("the organisation it is about"),
    "parent": _("the organisation above"),
    "park": _("the park above"),
    "city": _("the city above"),
    "county": _("the county above"),
    "province": _("the province above"),
}
MOST_STEPS = 8


def topic_name(topic: str) -> str:
    return str(TOPICS.get(topic, topic))


def place_name(at: str) -> str:
    return str(PLACE_NAMES.get(at, at))


class MessageRuleForm(forms.Form):
    """row: the rule that is changed; its organisation, topic and class stand fast."""

    organisation = PlaceField(label=_("For messages about"), queryset=Organisation.objects.none())
    topic = forms.ChoiceField(label=_("Topic"), choices=list(TOPICS.items()))
    message_class = forms.ChoiceField(label=pgettext_lazy("message", "Class"), choices=MessageClass.choices)
    name = forms.CharField(label=_("Name"), max_length=120)
    handle_within_min = forms.FloatField(
        label=_("To be handled within (min)"),
        required=False,
        min_value=0.5,
        help_text=_("Empty: it need not be handled in a set time."),
    )

    def __init__(self, *args: Any, scope: Scope, row: MessageRule | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places(scope, "message.configure")  # type: ignore[attr-defined]
        if row is not None and row.topic not in TOPICS:
            self.fields["topic"].choices = [*TOPICS.items(), (row.topic, row.topic)]  # type: ignore[attr-defined]
        for name in ("organisation", "topic", "message_class") if row is not None else ():
            self.fields[name].disabled = True


class StepForm(forms.Form):
    """One step. Without posts and roles it is no step and is left out."""

    after_min = forms.FloatField(label=_("After (min)"), required=False, min_value=0)
    at = forms.ChoiceField(label=_("Where"), choices=[(p, PLACE_NAMES[p]) for p in PLACES], required=False)
    deputies = forms.BooleanField(label=_("Deputies too"), required=False)
    posts = forms.MultipleChoiceField(label=_("Posts"), required=False, widget=forms.CheckboxSelectMultiple)
    roles = forms.MultipleChoiceField(label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, posts: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["posts"].choices = posts  # type: ignore[attr-defined]
        self.fields["roles"].choices = [(r.code, r.name_zh) for r in roles().values()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (data.get("posts") or data.get("roles")) and data.get("after_min") is None and "after_min" not in self.errors:
            self.add_error("after_min", _("Say after how many minutes; 0 is at once."))
        return data


def steps_formset(data: Any, steps: Sequence[Mapping[str, Any]], scope: Scope) -> Any:
    """The steps as forms, with one empty form after the last."""
    kept = [c for s in steps for c in s.get("posts", ())]
    made = forms.formset_factory(StepForm, extra=1, max_num=MOST_STEPS, validate_max=True)
    initial = [{**s, "after_min": minutes(s["after_s"])} for s in steps]
    return made(data, initial=initial, prefix="step", form_kwargs={"posts": _posts(scope, kept)})


def minutes(seconds: float) -> float:
    """Minutes for a field: whole where they are whole."""
    return seconds // 60 if seconds % 60 == 0 else seconds / 60


def steps_of(formset: Any) -> list[dict[str, Any]]:
    """The steps that were filled in, as the rule keeps them."""
    filled = [f.cleaned_data for f in formset.forms if f.cleaned_data.get("posts") or f.cleaned_data.get("roles")]
    return [
        {
            "after_s": round(d["after_min"] * 60),
            "at": d["at"] or "own",
            "posts": d["posts"],
            "roles": d["roles"],
            "deputies": d["deputies"],
        }
        for d in filled
    ]


def post_names(scope: Scope) -> dict[str, list[str]]:
    """Code → what posts of that code are called by the organisations whose rules one may lay down."""
    rows = scope.filter(Post.objects.filter(is_active=True), "message.configure")
    names: dict[str, list[str]] = {}
    for code, name in rows.order_by("code", "name").values_list("code", "name").distinct():
        names.setdefault(code, []).append(name)
    return names


def _posts(scope: Scope, kept: Sequence[str]) -> list[tuple[str, str]]:
    """Posts by code with what they are called; codes that nobody has stay choosable where a rule names them."""
    named = {code: " / ".join(several) for code, several in post_names(scope).items()}
    return sorted(({c: c for c in kept} | named).items(), key=lambda pair: pair[1])
