"""Forms of the core's pages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import Organisation, OrganisationKind, Post, User
from chemward.apps.core.scope import Scope, roles


class PlaceChoice(forms.ModelChoiceField):
    """An organisation in scope, written with its place in the tree."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{'　' * (obj.path.count('.') - 1)}{obj.name}"


def places(scope: Scope, capability: str) -> Any:
    return scope.filter(Organisation.objects.filter(is_active=True), capability, "path").order_by("path")


class InviteForm(forms.Form):
    username = forms.CharField(label=_("Log-in name"), max_length=64)
    display_name = forms.CharField(label=_("Name"), max_length=64)
    home = PlaceChoice(label=_("Organisation"), queryset=Organisation.objects.none())
    role = forms.ChoiceField(label=_("Role"))
    email = forms.EmailField(label=_("Mail"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=20, required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["home"].queryset = places(scope, "user.manage")  # type: ignore[attr-defined]
        self.fields["role"].choices = [(r.code, r.name_zh) for r in roles().values()]  # type: ignore[attr-defined]


class GrantForm(forms.Form):
    organisation = PlaceChoice(label=_("Organisation"), queryset=Organisation.objects.none())
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places(scope, "user.manage")  # type: ignore[attr-defined]
        self.fields["role"].choices = [(r.code, r.name_zh) for r in roles().values()]  # type: ignore[attr-defined]


class DemandForm(forms.Form):
    """Of which role, in which part of the tree, a second factor is demanded."""

    role = forms.ChoiceField(label=_("Role"))
    organisation = PlaceChoice(label=_("At and below"), queryset=Organisation.objects.none())

    def __init__(self, *args: Any, scope: Scope, without: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places(scope, "user.manage")  # type: ignore[attr-defined]
        known = [(r.code, r.name_zh) for r in roles().values() if r.code not in without]
        self.fields["role"].choices = known  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=400, widget=forms.Textarea({"rows": 3}))


class PostForm(forms.Form):
    organisation = PlaceChoice(label=_("Organisation"), queryset=Organisation.objects.none())
    code = forms.SlugField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Post"), max_length=64)
    superior = forms.ModelChoiceField(label=_("Reports to"), queryset=Post.objects.none(), required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places(scope, "post.manage")  # type: ignore[attr-defined]
        self.fields["superior"].queryset = scope.filter(Post.objects.all(), "post.manage")  # type: ignore[attr-defined]


class HolderForm(forms.Form):
    user = forms.ModelChoiceField(label=_("User"), queryset=User.objects.none())
    is_deputy = forms.BooleanField(label=_("As deputy"), required=False)
    starts_at = forms.DateTimeField(label=_("From"), required=False)
    ends_at = forms.DateTimeField(label=_("Until"), required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = scope.filter(User.objects.filter(is_active=True), "post.manage", "home__path")  # type: ignore[attr-defined]


class OrganisationForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=OrganisationKind.choices)
    parent = PlaceChoice(label=_("Superior"), queryset=Organisation.objects.none())
    name = forms.CharField(label=_("Name"), max_length=120)
    short_name = forms.CharField(label=_("Short name"), max_length=40, required=False)
    code = forms.CharField(label=_("Unified social credit code"), max_length=32, required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = places(scope, "organisation.edit")  # type: ignore[attr-defined]


class WallForm(forms.Form):
    name = forms.CharField(label=_("Name of the screen"), max_length=64)
    organisation = PlaceChoice(label=_("Organisation"), queryset=Organisation.objects.none())
    user = forms.ModelChoiceField(
        label=_("Acts under"), queryset=User.objects.none(), help_text=_("A user that holds only the wall role.")
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places(scope, "wall.manage")  # type: ignore[attr-defined]
        users = scope.filter(User.objects.filter(is_active=True, memberships__role="wall"), "wall.manage", "home__path")
        self.fields["user"].queryset = users  # type: ignore[attr-defined]
