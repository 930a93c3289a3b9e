"""Pages of assets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import orjson
from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chemward.apps.assets import actions, forms, imports, queries
from chemward.apps.assets.actions import Draft
from chemward.apps.assets.geometry import measures
from chemward.apps.assets.kinds import kinds
from chemward.apps.assets.models import Asset
from chemward.apps.assets.queries import Node
from chemward.apps.assets.registers import AssetRegister
from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import Fault, Invalid, NotFound, NotPermitted, Refused
from chemward.apps.core.models import AuditEntry
from chemward.apps.core.register.views import RegisterView

MOST_EXPORTED = 50_000

# What a GeoJSON shape is called on the page.
SHAPES = {
    "Point": gettext_lazy("Point"),
    "LineString": gettext_lazy("Line"),
    "MultiLineString": gettext_lazy("Line"),
    "Polygon": gettext_lazy("Surface"),
    "MultiPolygon": gettext_lazy("Surface"),
}


class AssetList(RegisterView):
    register = AssetRegister
    template_name = "assets/register.html"
    importer = imports.AssetImport.name

    def extra_context(self, register: Any) -> dict[str, Any]:
        query = self.request.GET.urlencode()
        return {
            "can_edit": register.scope.has("asset.edit"),
            "geojson_url": f"{reverse('assets:export')}?{query}" if register.scope.has("record.export") else "",
        }


@login_required
def tree(request: HttpRequest) -> HttpResponse:
    """The assets of one organisation as a tree."""
    actor = _actor(request)
    _need(actor, "asset.view")
    rows = forms.places(actor.scope, "asset.view")
    asked = request.GET.get("organisation", "")
    chosen = rows.filter(pk=int(asked)).first() if asked.isdigit() else None
    chosen = chosen or rows.filter(kind="enterprise").first() or rows.first()
    roots = queries.forest(actor.scope, chosen.path) if chosen else []
    context = {
        "heading": _("Asset tree"),
        "organisations": rows,
        "chosen": chosen,
        "lines": list(_lines(roots)),
        "kinds": kinds(),
    }
    return render(request, "assets/tree.html", context)


def _lines(nodes: list[Node], depth: int = 0) -> Iterator[tuple[int, Asset, str]]:
    for node in nodes:
        yield depth, node.asset, kinds()[node.asset.kind].name
        yield from _lines(node.children, depth + 1)


@login_required
def asset(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One asset."""
    actor = _actor(request)
    row = queries.one(actor.scope, uuid)
    kind = kinds()[row.kind]
    geometry = row.geometry
    context = {
        "heading": row.name,
        "crumbs": [
            (str(row.organisation), ""),
            *((a.name, reverse("assets:asset", args=[a.uuid])) for a in queries.line(row)[:-1]),
        ],
        "row": row,
        "kind": kind,
        "subkind": kind.subkind_name(row.subkind),
        "properties": [(p, row.properties.get(p.name)) for p in kind.properties.values()],
        "guidance": queries.guidance(row),
        "children": [
            (c, kinds()[c.kind].name)
            for c in row.children.filter(valid_until=None, deleted_at=None).order_by("kind", "code")[:200]
        ],
        "measures": measures(geometry) if geometry else {},
        "geometry_type": SHAPES.get(geometry["type"], geometry["type"]) if geometry else "",
        "past": queries.history(row)[:20],
        "history": [(e, _said(e)) for e in _entries(row)],
        "can_edit": row.is_living and actor.scope.allows("asset.edit", row.org_path),
        "move_form": forms.MoveForm(asset=row),
        "retire_form": forms.RetireForm(),
    }
    return render(request, "assets/asset.html", context)


def _entries(row: Asset) -> Any:
    return AuditEntry.objects.filter(subject_type="assets.asset", subject_id=str(row.uuid)).order_by("-id")[:20]


def _said(entry: AuditEntry) -> str:
    """The changes of an audit entry in one line; shapes are named, not written out."""
    changes = {k: v for k, v in entry.change_list().items() if k not in ("tree_path", "lon", "lat")}
    return "；".join(k if k == "geometry_text" else f"{k}: {'—' if v[0] is None else v[0]} → {v[1]}" for k, v in changes.items())


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Choose what to make and where; then its form."""
    actor = _actor(request)
    _need(actor, "asset.edit")
    start = forms.StartForm(request.GET or None, scope=actor.scope)
    if not start.is_valid():
        return render(request, "assets/start.html", {"heading": _("New asset"), "form": start})
    place, kind = start.cleaned_data["organisation"], kinds()[start.cleaned_data["kind"]]
    initial = {"parent": _parent(actor, request.GET.get("parent", ""))}
    form = forms.NewAssetForm(request.POST or None, kind=kind, organisation=place, initial=initial)

    def create() -> Asset:
        data = form.cleaned_data
        properties = {k: v for k, v in form.properties().items() if v is not None}
        draft = Draft(
            kind.code, data["code"], data["name"], data.get("subkind", ""), properties=properties, guidance=data["guidance"]
        )
        return actions.create(actor, place.path, draft, parent=data.get("parent"), now=timezone.now())

    if request.method == "POST" and (made := _done(form, create)):
        # A thing without a place is of little use: the map follows.
        return redirect("assets:draw", uuid=made.uuid)
    context = {
        "form": form,
        "heading": f"{_('New asset')} · {kind.name} · {place}",
        "submit": _("Make it"),
        "back_url": reverse("assets:register"),
    }
    return render(request, "core/form.html", context, status=422 if form.is_bound else 200)


@login_required
def edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Change what is known of an asset."""
    actor = _actor(request)
    row = _editable(actor, uuid)
    form = forms.AssetForm(request.POST or None, kind=kinds()[row.kind], initial=forms.AssetForm.initial_of(row))

    def change() -> Asset:
        data = form.cleaned_data
        words = {k: data[k] for k in ("code", "name", "subkind", "guidance") if k in data}
        return actions.change(actor, uuid, properties=form.properties(), now=timezone.now(), **words)

    if request.method == "POST" and _done(form, change):
        return redirect("assets:asset", uuid=uuid)
    back = reverse("assets:asset", args=[uuid])
    context = {"form": form, "heading": str(row), "submit": _("Save"), "back_url": back, "draft": f"asset-{uuid}"}
    return render(request, "core/form.html", context, status=422 if form.is_bound else 200)


@login_required
def draw(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The geometry on the map, or as text."""
    actor = _actor(request)
    row = _editable(actor, uuid)
    form = forms.GeometryForm(request.POST or None, initial={"geometry": row.geometry_text})

    def keep() -> Asset:
        return actions.draw(
            actor, uuid, _geojson(form.cleaned_data["geometry"]), reason=form.cleaned_data["reason"], now=timezone.now()
        )

    if request.method == "POST" and _done(form, keep):
        messages.success(request, _("Drawn."))
        return redirect("assets:asset", uuid=uuid)
    centre = _centre(actor, row)
    context = {
        "heading": str(row),
        "crumbs": [(str(row.organisation), ""), (row.name, reverse("assets:asset", args=[uuid]))],
        "row": row,
        "form": form,
        "editor": {"types": kinds()[row.kind].geometry, "centre": centre, "layers": BACKGROUND, "id": str(row.uuid)},
        "back_url": reverse("assets:asset", args=[uuid]),
    }
    return render(request, "assets/draw.html", context, status=422 if form.is_bound else 200)


BACKGROUND = (
    "assets.water",
    "assets.sites",
    "assets.roads",
    "assets.areas",
    "assets.units",
    "assets.buildings",
    "assets.equipment",
)


@login_required
def asset_act(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """POST: move or retire."""
    actor, now = _actor(request), timezone.now()
    row = _editable(actor, uuid)
    if request.method != "POST" or verb not in ("move", "retire"):
        raise NotFound(_("Not found."))
    form: django_forms.Form
    if verb == "move":
        form = forms.MoveForm(request.POST, asset=row)
        _valid(form)
        actions.move(actor, uuid, form.cleaned_data["parent"], reason=form.cleaned_data["reason"], now=now)
    else:
        form = forms.RetireForm(request.POST)
        _valid(form)
        count = actions.retire(actor, uuid, form.cleaned_data["reason"], now=now)
        messages.success(request, _("%(n)d retired.") % {"n": count})
    return redirect("assets:asset", uuid=uuid)


@login_required
def import_geometry(request: HttpRequest) -> HttpResponse:
    """A file of geometry: a dry run first, then the import, both as jobs."""
    actor = _actor(request)
    _need(actor, "record.import")
    _need(actor, "asset.edit")
    form = forms.ImportForm(request.POST or None, request.FILES or None, scope=actor.scope)

    def order() -> Any:
        data = form.cleaned_data
        return imports.order(
            actor,
            data["file"],
            data["file"].name or "",
            data["organisation"],
            kind=data["kind"],
            zone=data["zone"],
            is_dry_run="dry_run" in request.POST,
            now=timezone.now(),
        )

    if request.method == "POST" and (job := _done(form, order)):
        return redirect("core:job", uuid=job.uuid)
    context = {"heading": _("Import of geometry"), "form": form, "names": imports.NAMES, "kinds": kinds().values()}
    return render(request, "assets/import.html", context, status=422 if form.is_bound else 200)


@login_required
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The register as it is filtered, as GeoJSON."""
    actor = _actor(request)
    _need(actor, "record.export")
    _need(actor, "asset.view")
    rows = AssetRegister(actor.scope, request.GET).selected().order_by("id")
    response = StreamingHttpResponse(_collection(rows), content_type="application/geo+json")
    response["Content-Disposition"] = f'attachment; filename="assets-{timezone.localtime():%Y%m%d-%H%M}.geojson"'
    return response


def _collection(rows: Any) -> Iterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    for n, row in enumerate(rows[:MOST_EXPORTED].iterator(chunk_size=500)):
        one = queries.feature(row)
        one["geometry"] = orjson.Fragment(row.geometry_text) if row.geometry_text else None
        yield (b"," if n else b"") + orjson.dumps(one)
    yield b"]}"


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


def _need(actor: Actor, capability: str) -> None:
    if not actor.scope.has(capability):
        raise NotPermitted(_("Your role may not do this."))


def _editable(actor: Actor, uuid: UUID) -> Asset:
    row = queries.one(actor.scope, uuid)
    if not actor.scope.allows("asset.edit", row.org_path):
        raise NotPermitted(_("Your role may not do this here."))
    return row


def _parent(actor: Actor, asked: str) -> Asset | None:
    try:
        return queries.one(actor.scope, UUID(asked))
    except (ValueError, NotFound):
        return None


def _geojson(text: str) -> dict[str, Any] | None:
    if not text.strip():
        return None
    try:
        loaded = orjson.loads(text)
    except orjson.JSONDecodeError:
        # A word that is no geometry: the act says what it expected.
        return {"type": text.strip()[:20]}
    return loaded if isinstance(loaded, dict) else {"type": str(loaded)[:20]}


def _centre(actor: Actor, row: Asset) -> list[float]:
    """Where the map begins: the asset, what it stands under, or anything of the same organisation; China as a whole when nothing has a place."""
    placed = [row, *reversed(queries.line(row)[:-1])]
    for one in placed:
        if one.lon is not None:
            return [one.lon, one.lat or 0.0, 17]
    other = Asset.objects.filter(organisation=row.organisation_id).exclude(lon=None).first()
    if other is None:
        paths = queries.horizon(actor.scope)
        other = Asset.objects.filter(org_path__startswith=paths[0]).exclude(lon=None).first() if paths else None
    return [other.lon or 0.0, other.lat or 0.0, 15] if other else [105.0, 35.0, 3]


def _done(form: Any, act: Callable[[], Any]) -> Any:
    """Run an act for a valid form; None when it did not happen, with its faults on the form."""
    if not form.is_valid():
        return None
    try:
        return act()
    except Invalid as refused:
        for fault in refused.faults:
            field = (
                form.field_of(fault.field) if hasattr(form, "field_of") else fault.field if fault.field in form.fields else None
            )
            form.add_error(field, f"{fault.message} {fault.remedy}".strip())
    except NotFound:
        raise
    except Refused as refused:
        form.add_error(None, f"{refused.message} {refused.remedy}".strip())
    return None


def _valid(form: django_forms.Form) -> None:
    if not form.is_valid():
        raise Invalid(
            *(Fault(str(form.fields[n].label), "；".join(map(str, e))) for n, e in form.errors.items() if n in form.fields)
        )
