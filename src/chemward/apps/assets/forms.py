"""Forms of assets: the fields of a kind come from its data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chemward.apps.assets.kinds import Kind, Property, kinds
from chemward.apps.assets.models import Asset
from chemward.apps.core.models import Organisation
from chemward.apps.core.scope import Scope

PREFIX = "p_"


def places(scope: Scope, capability: str) -> Any:
    return scope.filter(Organisation.objects.filter(is_active=True), capability, "path").order_by("path")


class PlaceField(forms.ModelChoiceField):
    """An organisation, written with its place in the tree."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{'　' * (obj.path.count('.') - 1)}{obj.name}"


class StartForm(forms.Form):
    """What to make, and where."""

    organisation = PlaceField(label=_("Organisation"), queryset=Organisation.objects.none())
    kind = forms.ChoiceField(label=_("Kind"))

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places(scope, "asset.edit")  # type: ignore[attr-defined]
        self.fields["kind"].choices = [(k.code, k.name) for k in kinds().values()]  # type: ignore[attr-defined]


class AssetForm(forms.Form):
    """Everything about an asset but its geometry."""

    code = forms.CharField(label=_("Code"), max_length=64)
    name = forms.CharField(label=_("Name"), max_length=120)
    subkind = forms.ChoiceField(label=_("Type"), required=False)
    guidance = forms.CharField(label=_("Guidance"), required=False, max_length=4000, widget=forms.Textarea({"rows": 4}))

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["subkind"].choices = [("", "—"), *kind.subkinds.items()]  # type: ignore[attr-defined]
        if not kind.subkinds:
            del self.fields["subkind"]
        for known in kind.properties.values():
            self.fields[f"{PREFIX}{known.name}"] = _field(known)

    def properties(self) -> dict[str, Any]:
        """The properties as they were typed; empty ones are None (taken out)."""
        found = {name: self.cleaned_data.get(f"{PREFIX}{name}") for name in self.kind.properties}
        return {name: None if value == "" else value for name, value in found.items()}

    def field_of(self, name: str) -> str | None:
        """The field of the form that a fault belongs to."""
        return next((f for f in (name, f"{PREFIX}{name}") if f in self.fields), None)

    @staticmethod
    def initial_of(asset: Asset) -> dict[str, Any]:
        initial = {"code": asset.code, "name": asset.name, "subkind": asset.subkind, "guidance": asset.guidance}
        return initial | {f"{PREFIX}{k}": v for k, v in asset.properties.items()}


class NewAssetForm(AssetForm):
    parent = forms.ModelChoiceField(label=_("Belongs to"), queryset=Asset.objects.none(), required=False)

    def __init__(self, *args: Any, kind: Kind, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, kind=kind, **kwargs)
        self.fields["parent"].queryset = parents(kind, organisation)  # type: ignore[attr-defined]
        if kind.parents == ("",):
            del self.fields["parent"]


class MoveForm(forms.Form):
    parent = forms.ModelChoiceField(label=_("Belongs to"), queryset=Asset.objects.none(), required=False)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=400)

    def __init__(self, *args: Any, asset: Asset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = parents(kinds()[asset.kind], asset.organisation).exclude(tree_path__startswith=asset.tree_path)
        self.fields["parent"].queryset = rows  # type: ignore[attr-defined]


class RetireForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=400, widget=forms.Textarea({"rows": 2}))


class GeometryForm(forms.Form):
    """The geometry as GeoJSON; the map writes into it, and without a map it can be pasted."""

    geometry = forms.CharField(
        label=_("Geometry (GeoJSON)"),
        required=False,
        max_length=2_000_000,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
    )
    reason = forms.CharField(label=_("Reason"), required=False, max_length=400)


class ImportForm(forms.Form):
    organisation = PlaceField(label=_("Organisation"), queryset=Organisation.objects.none())
    file = forms.FileField(label=_("File"), help_text=".geojson .json .kml .kmz .zip (Shapefile)")
    kind = forms.ChoiceField(label=_("Kind of features that do not name theirs"), required=False)
    zone = forms.CharField(
        label=_("Gauss–Krüger zone"),
        required=False,
        max_length=12,
        help_text=_("Empty: found from the file. 3:40 = 3° zone 40; 3:40:plain = its eastings carry no zone number."),
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places(scope, "asset.edit")  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", "—"), *((k.code, k.name) for k in kinds().values())]  # type: ignore[attr-defined]


def parents(kind: Kind, organisation: Organisation) -> Any:
    """The living assets under which something of a kind may stand."""
    above = Q(kind__in=[p for p in kind.parents if p])
    return Asset.objects.filter(above, organisation=organisation, valid_until=None, deleted_at=None).order_by("code")


def _field(known: Property) -> forms.Field:
    common: dict[str, Any] = {"label": f"{known.label} ({known.unit})" if known.unit else known.label, "required": known.required}
    match known.type:
        case "number":
            return forms.FloatField(**common)
        case "integer":
            return forms.IntegerField(**common)
        case "boolean":
            return forms.NullBooleanField(label=known.label, required=False)
        case "date":
            return forms.CharField(widget=forms.DateInput({"type": "date"}), **common)
        case "choice":
            return forms.ChoiceField(choices=[("", "—"), *((c, c) for c in known.choices)], **common)
    return forms.CharField(max_length=500, **common)
