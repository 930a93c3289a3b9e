"""Acts on the page of one row: which are possible, their forms, and the one way they are carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Invalid, NotFound, Refused
from chemward.apps.followup.forms import DeedForm


@dataclass(frozen=True)
class Deed:
    """One act on a row: its verb in the address, its button, its form, when it is offered, what it does."""

    verb: str
    label: str | Promise
    form: type[DeedForm]
    run: Callable[[Actor, Any, dict[str, Any], datetime], Any]
    is_open: Callable[[Actor, Any], bool]
    said: str | Promise
    is_main: bool = False
    # Whether it is what the row waits for now; otherwise it is there, folded.
    leads: Callable[[Any], bool] = lambda row: True


@dataclass(frozen=True)
class Offer:
    """A deed with its form, as the page shows it."""

    deed: Deed
    form: DeedForm
    is_unfolded: bool


def offers(actor: Actor, row: Any, deeds: Sequence[Deed], bound: tuple[str, DeedForm] | None = None) -> list[Offer]:
    """The deeds that the actor may do now; the form that was sent with faults stays filled in and open."""
    shown = []
    for deed in deeds:
        if not deed.is_open(actor, row):
            continue
        form = bound[1] if bound and bound[0] == deed.verb else deed.form(prefix=deed.verb)
        form.prepare(actor.scope, row)
        shown.append(Offer(deed, form, (deed.is_main and deed.leads(row)) or bool(bound and bound[0] == deed.verb)))
    return shown


def carry_out(request: HttpRequest, row: Any, deeds: Sequence[Deed], verb: str) -> tuple[str, DeedForm] | None:
    """Do what was sent. None when it was done; otherwise the verb and the form with its faults. NotFound for an unknown verb."""
    deed = next((d for d in deeds if d.verb == verb), None)
    if deed is None:
        raise NotFound(_("Not found."))
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = deed.form(request.POST, request.FILES, prefix=verb)
    form.prepare(actor.scope, row)
    if form.is_valid() and answer(form, lambda: deed.run(actor, row, form.cleaned_data, timezone.now())):
        messages.success(request, deed.said)
        return None
    return verb, form


def answer(form: forms.Form, act: Callable[[], Any]) -> bool:
    """Run an act for a valid form; whether it was done. Its refusals come back as faults of the form."""
    try:
        act()
    except Invalid as refused:
        for fault in refused.faults:
            form.add_error(fault.field if fault.field in form.fields else None, f"{fault.message} {fault.remedy}".strip())
    except NotFound:
        raise
    except Refused as refused:
        form.add_error(None, f"{refused.message} {refused.remedy}".strip())
    return form.is_valid()


def new_page(
    request: HttpRequest,
    form: forms.Form,
    act: Callable[[dict[str, Any]], Any],
    *,
    heading: str,
    submit: str,
    back: str,
    draft: str = "",
) -> HttpResponse:
    """A form on a page of its own: done, the new row's page follows; not done, the form with its faults."""
    if request.method == "POST" and form.is_valid():
        made: list[Any] = []
        if answer(form, lambda: made.append(act(form.cleaned_data))):
            return redirect(made[0])
    status = 422 if form.is_bound else 200
    context = {"form": form, "heading": heading, "submit": submit, "back_url": back, "draft": draft}
    return render(request, "core/form.html", context, status=status)
