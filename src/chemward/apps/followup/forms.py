"""Forms of the follow-up pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import Organisation, Post
from chemward.apps.core.scope import Scope
from chemward.apps.followup import verbs
from chemward.apps.followup.models import HazardLevel, HazardSource, MessageClass


class MomentField(forms.DateTimeField):
    """A moment to the minute, in local time."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs)


class PlaceField(forms.ModelChoiceField):
    """An organisation, written with its place in the tree."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{'　' * (obj.path.count('.') - 1)}{obj.name}"


def text(label: Any, *, required: bool = True, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, required=required, max_length=4000, widget=forms.Textarea({"rows": rows}), **more)


def places(scope: Scope, capability: str) -> Any:
    return scope.filter(Organisation.objects.filter(is_active=True), capability, "path").order_by("path")


class DeedForm(forms.Form):
    """A form of an act on a row; `prepare` narrows its choices to what fits the row."""

    def prepare(self, scope: Scope, row: Any) -> None:
        return None


class ReasonForm(DeedForm):
    reason = text(_("Reason"))


class NoteForm(DeedForm):
    reason = text(_("Reason"))
    until = MomentField(label=_("Noted until"), required=False)


class PostChoice(DeedForm):
    post = forms.ModelChoiceField(label=_("Post"), queryset=Post.objects.none())

    def prepare(self, scope: Scope, row: Any) -> None:
        self.fields["post"].queryset = Post.objects.filter(organisation=row.organisation_id, is_active=True)  # type: ignore[attr-defined]


class AssignHazardForm(PostChoice):
    due_at = MomentField(label=_("Due"))
    measure = text(_("Measure"))
    level = forms.ChoiceField(label=_("Level"), choices=HazardLevel.choices)
    precaution = text(_("Precautions until then"), required=False, rows=2)
    funds_cny = forms.DecimalField(label=_("Funds (CNY)"), required=False, min_value=0, max_digits=14, decimal_places=2)
    is_supervised = forms.BooleanField(label=_("Supervised by name"), required=False)

    def prepare(self, scope: Scope, row: Any) -> None:
        super().prepare(scope, row)
        self.fields["level"].initial = row.level


class EvidenceForm(DeedForm):
    evidence = text(_("Evidence"))
    cause = text(_("Cause"), required=False, rows=2)
    file = forms.FileField(label=_("File or photo"), required=False)


class OpinionForm(DeedForm):
    opinion = text(_("Opinion"))


class ReturnForm(DeedForm):
    reason = text(_("What is missing"))
    due_at = MomentField(label=_("New date"), required=False)


class ExtensionForm(DeedForm):
    due_at = MomentField(label=_("New date"))
    reason = text(_("Reason"))


class DecisionForm(DeedForm):
    is_granted = forms.ChoiceField(
        label=_("Decision"), choices=[("yes", _("Grant")), ("no", _("Refuse"))], widget=forms.RadioSelect
    )
    answer = text(_("Answer"), required=False, rows=2)


class ProofForm(DeedForm):
    proof = text(_("Account"), required=False)
    file = forms.FileField(label=_("File or photo"), required=False)


class HandOverForm(PostChoice):
    reason = text(_("Reason"))


class HandleForm(DeedForm):
    note = text(_("What was done"), required=False)


class ExemptForm(DeedForm):
    organisation = PlaceField(label=_("Organisation"), queryset=Organisation.objects.none())
    verbs = forms.MultipleChoiceField(label=_("May"), widget=forms.CheckboxSelectMultiple)
    reason = text(_("Reason"))
    valid_until = MomentField(label=_("Until"), required=False)

    def prepare(self, scope: Scope, row: Any) -> None:
        below = Organisation.objects.filter(path__gte=row.org_path, path__lt=row.org_path[:-1] + "/", is_active=True)
        self.fields["organisation"].queryset = below.order_by("path")  # type: ignore[attr-defined]
        self.fields["verbs"].choices = [(v, verbs.names().get(v, v)) for v in row.verbs]  # type: ignore[attr-defined]


class HazardForm(forms.Form):
    organisation = PlaceField(label=_("Organisation"), queryset=Organisation.objects.none())
    title = forms.CharField(label=_("Hidden hazard"), max_length=200)
    description = text(_("Description"), required=False)
    level = forms.ChoiceField(label=_("Level"), choices=HazardLevel.choices)
    origin = forms.ChoiceField(label=_("Found through"), choices=HazardSource.choices, initial=HazardSource.PATROL)
    category = forms.CharField(label=_("Category"), max_length=64, required=False)
    place = forms.CharField(label=_("Place"), max_length=200, required=False)
    clause = forms.CharField(label=_("Clause"), max_length=120, required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places(scope, "hazard.report")  # type: ignore[attr-defined]


class DutyForm(forms.Form):
    post = forms.ModelChoiceField(label=_("Owed by"), queryset=Post.objects.none())
    title = forms.CharField(label=_("Duty"), max_length=200)
    text = text(_("What is to be done"), required=False)
    due_at = MomentField(label=_("Due"))
    proof = forms.ChoiceField(
        label=_("Proof"), choices=[("none", _("No proof")), ("text", _("A written account")), ("file", _("A file or photo"))]
    )
    clause = forms.CharField(label=_("Clause"), max_length=120, required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = scope.filter(Post.objects.filter(is_active=True).select_related("organisation"), "duty.assign")
        field = self.fields["post"]
        field.queryset = rows.order_by("org_path", "code")  # type: ignore[attr-defined]
        field.label_from_instance = lambda post: f"{post.organisation} · {post.name}"  # type: ignore[attr-defined]


class RestrictionForm(forms.Form):
    organisation = PlaceField(label=_("Organisation"), queryset=Organisation.objects.none())
    title = forms.CharField(label=_("Restriction"), max_length=200)
    verbs = forms.MultipleChoiceField(label=_("May not"), required=False, widget=forms.CheckboxSelectMultiple)
    other_verbs = forms.CharField(
        label=_("Other acts"), max_length=400, required=False, help_text=_("By their names in the audit, separated by spaces.")
    )
    reason = text(_("Reason"))
    clause = forms.CharField(label=_("Clause"), max_length=120, required=False)
    valid_until = MomentField(label=_("Until"), required=False)
    is_inherited = forms.BooleanField(label=_("Holds for everything below"), required=False, initial=True)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places(scope, "restriction.impose")  # type: ignore[attr-defined]
        self.fields["verbs"].choices = list(verbs.names().items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        named = [*data.get("verbs", ()), *data.pop("other_verbs", "").split()]
        if not named and "verbs" not in self.errors:
            self.add_error("verbs", _("Say what may not be done."))
        return {**data, "verbs": named}


class MessageForm(forms.Form):
    organisation = PlaceField(label=_("About"), queryset=Organisation.objects.none())
    message_class = forms.ChoiceField(label=_("Class"), choices=MessageClass.choices)
    title = forms.CharField(label=_("Title"), max_length=200)
    text = text(_("Text"), required=False)
    due_at = MomentField(label=_("Handle by"), required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places(scope, "message.send")  # type: ignore[attr-defined]


class ChannelForm(forms.Form):
    organisation = PlaceField(label=_("For messages about"), queryset=Organisation.objects.none())
    code = forms.SlugField(label=_("Code"), max_length=32)
    name = forms.CharField(label=_("Name"), max_length=64)
    url = forms.CharField(
        label=_("Address"),
        max_length=400,
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text=_("It is kept encrypted and not shown again."),
    )
    message_classes = forms.MultipleChoiceField(
        label=_("Classes"), choices=MessageClass.choices, widget=forms.CheckboxSelectMultiple
    )
    is_personal = forms.BooleanField(label=_("To each receiver"), required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places(scope, "message.configure")  # type: ignore[attr-defined]
