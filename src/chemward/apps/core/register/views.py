"""The page of a register, and what hangs on it: export, import, saved filters."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from chemward.apps.core.actions import filters
from chemward.apps.core.errors import Fault, Invalid, NotFound, NotPermitted
from chemward.apps.core.models import Organisation
from chemward.apps.core.register import exports, imports
from chemward.apps.core.register import register as registers
from chemward.apps.core.register.register import Register


class RegisterView(LoginRequiredMixin, View):
    """GET: the register's page. A subclass names the register, and its own template where it needs one."""

    register: type[Register]
    template_name = "core/register.html"
    # The example of an importer that fills this register: adds the import button.
    importer = ""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        actor = request.actor  # type: ignore[attr-defined]
        if not actor.scope.has(self.register.capability):
            raise NotPermitted(_("Your role may not see this."))
        register = self.register(actor.scope, request.GET)
        return render(request, self.template_name, {**self.page_context(register), **self.extra_context(register)})

    def extra_context(self, register: Register) -> dict[str, Any]:
        return {}

    def page_context(self, register: Register) -> dict[str, Any]:
        page = register.page()
        # Without the request: django-tables2 would page what is a page already.
        table = register.table(page.rows, orderable=False)
        _mark_sort(table, register)
        filter_set = register.filter_set()
        return {
            "register": register,
            "heading": register.title,
            "table": table,
            "total": page.count,
            "is_capped": page.is_capped,
            "search": _search(register),
            "active_filters": [
                {"label": f.label, "value": f.value, "remove_url": register.address_without(f.name)}
                for f in register.active_filters()
            ],
            "filter_form": filter_set.form if filter_set is not None else None,
            "saved_filters": filters.tabs(self.request.actor, register),  # type: ignore[attr-defined]
            "save_filter_url": reverse("core:filter-save", args=[register.name]) + f"?{self.request.GET.urlencode()}",
            "bulk_acts": [b for b in register.bulk_acts if register.scope.has(b.capability)],
            "first_url": register.address() if page.previous else "",
            "previous_url": register.address(before=page.previous) if page.previous else "",
            "next_url": register.address(after=page.next) if page.next else "",
            "last_url": register.address(last="1") if page.next else "",
            "export_url": reverse("core:register-export", args=[register.name]) if register.scope.has("record.export") else "",
            "import_url": reverse("core:register-import", args=[self.importer])
            if self.importer and register.scope.has("record.import")
            else "",
        }


def _search(register: Register) -> dict[str, Any] | None:
    if not register.is_searchable:
        return None
    keep = [(k, v) for k, values in register.query.lists() if k not in {"q", "after", "before", "last"} for v in values]
    return {"name": "q", "value": register.query.get("q", ""), "hint": register.search_hint, "keep": keep}


def _mark_sort(table: Any, register: Register) -> None:
    """Which columns can be sorted, what a click on them asks for, and which one is."""
    asked = register.query.get("sort") or register.default_sort
    for column in table.columns:
        column.cw_sort = None
        if column.name in register.sorts:
            is_down = asked == f"-{column.name}"
            column.cw_sort = {
                "url": register.address(sort=column.name if is_down else f"-{column.name}"),
                "is_on": asked.removeprefix("-") == column.name,
                "is_down": is_down,
            }


class ExportView(LoginRequiredMixin, View):
    """POST: order an export of the register as it is shown."""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        try:
            job = exports.order(
                request.actor,  # type: ignore[attr-defined]
                name,
                request.POST.get("query", ""),
                request.POST.get("format", "xlsx"),
                now=timezone.now(),
            )
        except LookupError:
            raise NotFound(_("Not found.")) from None
        return redirect("core:job", uuid=job.uuid)


class ImportView(LoginRequiredMixin, View):
    """GET: the import page with its template; POST: a dry run or the import, as a job."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        kind = _importer(name)
        if "template" in request.GET:
            path = Path(tempfile.mkstemp(suffix=".xlsx")[1])
            imports.template(kind, path)
            response = FileResponse(path.open("rb"), as_attachment=True, filename=f"{kind.name}.xlsx")
            path.unlink()
            return response
        places = request.actor.scope.filter(  # type: ignore[attr-defined]
            Organisation.objects.filter(kind="enterprise", is_active=True), kind.capability, "path"
        )
        return render(request, "core/import.html", {"heading": kind.title, "kind": kind, "places": places})

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        kind = _importer(name)
        actor = request.actor  # type: ignore[attr-defined]
        place = request.POST.get("organisation", "")
        organisation = get_object_or_404(
            actor.scope.filter(Organisation.objects.all(), kind.capability, "path"), pk=int(place) if place.isdigit() else 0
        )
        file = request.FILES.get("file")
        if file is None:
            raise Invalid(Fault("file", _("No file was sent."), _("Choose an .xlsx file.")))
        job = imports.order(actor, name, file, organisation, is_dry_run="dry_run" in request.POST, now=timezone.now())
        return redirect("core:job", uuid=job.uuid)


def _importer(name: str) -> type[imports.Importer]:
    try:
        return imports.get(name)
    except LookupError:
        raise NotFound(_("Not found.")) from None


class SaveFilterView(LoginRequiredMixin, View):
    """GET: the little form; POST: keep the present filter under a name."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        return render(request, "core/filter_save.html", {"register_name": name, "query": request.GET.urlencode()})

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        try:
            registers.get(name)
        except LookupError:
            raise NotFound(_("Not found.")) from None
        saved = filters.save(
            request.actor,  # type: ignore[attr-defined]
            name,
            label=request.POST.get("label", ""),
            query=request.POST.get("query", ""),
            is_shared="is_shared" in request.POST,
            now=timezone.now(),
        )
        messages.success(request, _("Saved: %(name)s") % {"name": saved.name})
        return redirect(request.POST.get("back") or "/") if _is_local(request.POST.get("back", "")) else redirect("/")


class DropFilterView(LoginRequiredMixin, View):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        filters.drop(request.actor, pk, now=timezone.now())  # type: ignore[attr-defined]
        return redirect(request.headers.get("Referer", "/"))


def _is_local(address: str) -> bool:
    return address.startswith("/") and not address.startswith("//")
