"""Forms of feeds, tags and limits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chemward.apps.assets.models import Asset
from chemward.apps.core.models import Organisation
from chemward.apps.core.scope import Scope
from chemward.apps.monitoring.models import AlarmDefinition, AlarmType, FeedKind, LimitLevel, Priority, Tag, TagKind

LONG = {"rows": 3}


class EnterpriseField(forms.ModelChoiceField):
    """An enterprise that the caller may give feeds to."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class FeedForm(forms.Form):
    """What is said of a feed. Bounds are checked by the act."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("What sends: gateway, DCS, station."))
    kind = forms.ChoiceField(label=_("Kind"), choices=FeedKind.choices)
    period_s = forms.FloatField(
        label=_("Usual period (s)"), initial=10, help_text=_("A feed is late after two periods and dead after five.")
    )
    lateness_s = forms.FloatField(
        label=_("Allowed lateness (s)"), initial=300, help_text=_("Older samples are kept and marked late; they make no sound.")
    )
    max_skew_s = forms.FloatField(
        label=_("Allowed clock skew (s)"), initial=60, help_text=_("Times further ahead are replaced by the time of receipt.")
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(LONG))


class NewFeedForm(FeedForm):
    organisation = EnterpriseField(label=_("Enterprise"), queryset=Organisation.objects.none())
    field_order = ("organisation", "name", "kind", "period_s", "lateness_s", "max_skew_s", "note")

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Organisation.objects.filter(kind="enterprise", is_active=True, deleted_at=None)
        self.fields["organisation"].queryset = scope.filter(rows, "feed.edit", "path").order_by("path")  # type: ignore[attr-defined]


class CredentialForm(forms.Form):
    name = forms.CharField(label=_("Name"), required=False, max_length=64, help_text=_("Which device will hold it."))
    kinds = forms.MultipleChoiceField(label=_("Doors"), choices=FeedKind.choices, widget=forms.CheckboxSelectMultiple)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=400, widget=forms.Textarea(LONG))


class AcceptForm(forms.Form):
    """What unknown tags are accepted as. Empty: as proposed from what was sent."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("As proposed")), *TagKind.choices])
    unit = forms.CharField(label=_("Unit"), required=False, max_length=32)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value}


class TagForm(forms.Form):
    """Everything about a tag but its alarms."""

    name = forms.CharField(label=_("Name"), required=False, max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=TagKind.choices)
    unit = forms.CharField(label=_("Unit"), required=False, max_length=32)
    lo = forms.FloatField(label=_("Range from"), required=False)
    hi = forms.FloatField(label=_("Range to"), required=False)
    period_s = forms.FloatField(label=_("Usual period (s)"), required=False, min_value=0)
    frozen_s = forms.FloatField(
        label=_("Suspicious when unchanged for (s)"), required=False, min_value=0, help_text=_("0: never.")
    )
    states = forms.CharField(
        label=_("States"),
        required=False,
        widget=forms.Textarea(LONG),
        help_text=_("For a state tag: one state a line, word = number."),
    )
    asset_uuid = forms.ModelChoiceField(label=_("Asset"), queryset=Asset.objects.none(), required=False, to_field_name="uuid")
    place = forms.CharField(label=_("Place"), required=False, max_length=200)
    longitude = forms.FloatField(label=_("Longitude"), required=False)
    latitude = forms.FloatField(label=_("Latitude"), required=False)
    is_enabled = forms.BooleanField(label=_("In use"), required=False, initial=True)
    consequence = forms.CharField(label=_("Consequence"), required=False, widget=forms.Textarea(LONG))
    guidance = forms.CharField(label=_("Guidance"), required=False, widget=forms.Textarea(LONG))

    def __init__(self, *args: Any, org_path: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Asset.objects.filter(org_path=org_path, valid_until=None, deleted_at=None).order_by("code")
        self.fields["asset_uuid"].queryset = rows  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(tag: Tag) -> dict[str, Any]:
        found = {name: getattr(tag, name) for name in TagForm.base_fields}
        return {**found, "states": "\n".join(f"{word} = {number}" for word, number in tag.states.items())}

    def clean_states(self) -> dict[str, int]:
        states: dict[str, int] = {}
        for line in self.cleaned_data["states"].splitlines():
            if not line.strip():
                continue
            word, _sign, number = line.rpartition("=")
            try:
                states[word.strip()] = int(number)
            except ValueError:
                raise forms.ValidationError(_now("%(line)s is not a state: write word = number.") % {"line": line}) from None
        return states

    def values(self) -> dict[str, Any]:
        """The fields as the act takes them."""
        data = dict(self.cleaned_data)
        asset = data.pop("asset_uuid")
        return {
            **data,
            "asset_uuid": asset.uuid if asset else None,
            "period_s": data["period_s"] or 0,
            "frozen_s": data["frozen_s"] or 0,
        }


class NewTagForm(TagForm):
    code = forms.CharField(label=_("Tag code"), max_length=64, help_text=_("Exactly as the device sends it."))
    field_order = ("code", *TagForm.base_fields)


class AlarmForm(forms.Form):
    """A new alarm of a tag."""

    type = forms.ChoiceField(label=_("Type"), choices=AlarmType.choices)
    title = forms.CharField(label=_("Alarm"), max_length=120)
    limit = forms.FloatField(label=_("Limit"))
    deadband = forms.FloatField(label=_("Deadband"), required=False, min_value=0)
    level = forms.TypedChoiceField(label=_("Limit level"), choices=LimitLevel.choices, coerce=int)
    priority = forms.TypedChoiceField(label=_("Priority"), choices=Priority.choices, coerce=int, initial=3)
    limit_source = forms.CharField(label=_("Source of the limit"), required=False, max_length=120)
    limit_clause = forms.CharField(label=_("Clause"), required=False, max_length=120)

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        return {name: value for name, value in data.items() if name not in ("type", "title") and value is not None}


class LimitForm(forms.Form):
    """Other values for an alarm, with the reason. What is as before is not proposed."""

    limit = forms.FloatField(label=_("Limit"))
    deadband = forms.FloatField(label=_("Deadband"), min_value=0)
    on_s = forms.FloatField(label=_("On-delay (s)"), min_value=0)
    off_s = forms.FloatField(label=_("Off-delay (s)"), min_value=0)
    count = forms.IntegerField(label=_("Crossings"), min_value=1)
    window_s = forms.FloatField(label=_("Window (s)"), min_value=0)
    priority = forms.TypedChoiceField(label=_("Priority"), choices=Priority.choices, coerce=int)
    level = forms.TypedChoiceField(label=_("Limit level"), choices=LimitLevel.choices, coerce=int)
    is_latched = forms.BooleanField(label=_("Stays until reset"), required=False)
    is_enabled = forms.BooleanField(label=_("In use"), required=False)
    limit_source = forms.CharField(label=_("Source of the limit"), required=False, max_length=120)
    limit_clause = forms.CharField(label=_("Clause"), required=False, max_length=120)
    reason = forms.CharField(label=_("Reason"), max_length=400, widget=forms.Textarea(LONG))

    @staticmethod
    def initial_of(row: AlarmDefinition) -> dict[str, Any]:
        return {name: getattr(row, name) for name in LimitForm.base_fields if name != "reason"}

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}
