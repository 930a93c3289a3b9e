"""Pages and API of assets, as people of different roles use them."""

from __future__ import annotations

import hashlib
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chemward.apps.assets.actions import retire
from chemward.apps.assets.models import Asset
from chemward.apps.core.models import ApiToken, Job
from chemward.apps.core.scope import capabilities
from tests.apps.assets.conftest import LAT, LON, point, square


@pytest.fixture
def enter(user_of):
    def _enter(role, at=None) -> Client:
        client = Client()
        client.force_login(user_of(role, at), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return _enter


@pytest.mark.parametrize("name", ["register", "tree", "new", "import"])
def test_every_page_opens(name, enter, works):
    answer = enter("park_safety").get(reverse(f"assets:{name}"))
    assert answer.status_code == 200
    assert "T-3301" in answer.content.decode() or name in ("new", "import", "tree")


def test_an_asset_opens_in_scope_with_its_inherited_guidance(enter, works, tree):
    address = reverse("assets:asset", args=[works["gauge"].uuid])
    text = enter("enterprise_safety").get(address).content.decode()
    assert all(words in text for words in ("撤离方向", "佩戴空气呼吸器", "先核对就地液位"))
    assert enter("park_safety", tree.other_park).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_hostile_names_stay_words(enter, make):
    row = make("site", "<script>1", name='"><img src=x onerror=alert(1)>')
    for address in (
        reverse("assets:asset", args=[row.uuid]),
        reverse("assets:register"),
        reverse("assets:tree"),
        reverse("assets:draw", args=[row.uuid]),
    ):
        text = enter("park_safety").get(address).content.decode()
        assert "<script>1" not in text
        assert "<img src=x" not in text


def test_an_asset_is_made_placed_changed_moved_and_retired_on_the_page(enter, works, tree):
    client = enter("enterprise_safety")
    address = f"{reverse('assets:new')}?organisation={tree.chlor.pk}&kind=equipment"
    assert client.post(address, {"code": "T-1", "name": "罐", "parent": works["unit"].pk, "p_volume_m3": "-5"}).status_code == 422
    made = client.post(address, {"code": "T-1", "name": "罐", "subkind": "tank", "parent": works["unit"].pk, "p_volume_m3": "50"})
    tank = Asset.objects.get(code="T-1")
    assert made["Location"] == reverse("assets:draw", args=[tank.uuid])
    assert client.get(made["Location"]).status_code == 200
    assert client.post(made["Location"], {"geometry": "POINT(1 2)"}).status_code == 422
    assert client.post(made["Location"], {"geometry": json.dumps(point())}).status_code == 302
    edit = reverse("assets:edit", args=[tank.uuid])
    assert client.get(edit).status_code == 200
    assert client.post(edit, {"code": "T-1", "name": "新罐", "p_volume_m3": "", "guidance": "停泵"}).status_code == 302
    tank.refresh_from_db()
    assert (tank.name, tank.properties, tank.lon, tank.guidance) == ("新罐", {}, LON, "停泵")
    assert client.post(reverse("assets:act", args=[tank.uuid, "move"]), {"parent": works["tank"].pk}).status_code == 302
    assert client.post(reverse("assets:act", args=[tank.uuid, "retire"]), {"reason": ""}).status_code == 422
    assert client.post(reverse("assets:act", args=[tank.uuid, "retire"]), {"reason": "拆除"}).status_code == 302
    assert not Asset.objects.get(code="T-1").is_living
    assert client.get(reverse("assets:asset", args=[tank.uuid])).status_code == 200


@pytest.mark.parametrize("name", ["edit", "draw"])
def test_who_only_looks_may_not_edit(name, enter, works):
    assert enter("duty_officer").get(reverse(f"assets:{name}", args=[works["tank"].uuid])).status_code == 403


def test_two_chinese_characters_find_an_asset_and_the_retired_are_found_when_asked_for(enter, works, actor_of):
    client = enter("park_safety")
    rows = client.get(reverse("assets:register"), {"q": "储罐"}).content.decode().split("<tbody>")[1]
    assert "T-3301" in rows
    assert "U-33<" not in rows
    retire(actor_of("park_safety"), works["tank"].uuid, "拆除", now=timezone.now())
    assert "T-3301" not in client.get(reverse("assets:register")).content.decode()
    assert "T-3301" in client.get(reverse("assets:register"), {"is_retired": "true"}).content.decode()


def test_the_register_takes_the_same_queries_however_long(enter, works, make):
    client = enter("park_safety")

    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(reverse("assets:register")).status_code == 200
        return len(made)

    queries()
    before = queries()
    for n in range(6):
        make("equipment", f"E-{n}", parent=works["unit"])
    assert queries() == before


def test_the_filtered_register_goes_out_as_geojson_in_scope(enter, works, make, tree):
    make("site", "S-1", at=tree.tanks, geometry=square())
    answer = enter("enterprise_safety").get(reverse("assets:export"), {"kind": ["equipment", "site"]})
    found = json.loads(b"".join(answer.streaming_content))
    assert [f["properties"]["code"] for f in found["features"]] == ["T-3301"]
    assert found["features"][0]["geometry"] == point()
    assert enter("wall").get(reverse("assets:export")).status_code == 403


def test_an_import_is_ordered_from_the_page(enter, tree):
    client = enter("enterprise_safety")
    data = json.dumps({"type": "FeatureCollection", "features": []}).encode()
    sent = {"organisation": tree.chlor.pk, "file": SimpleUploadedFile("a.geojson", data), "zone": "", "dry_run": "1"}
    assert client.post(reverse("assets:import"), sent).status_code == 302
    assert Job.objects.get().arguments["is_dry_run"]
    faulty = sent | {"zone": "40", "file": SimpleUploadedFile("a.geojson", data)}
    assert client.post(reverse("assets:import"), faulty).status_code == 422
    assert enter("enterprise_operator").get(reverse("assets:import")).status_code == 403


# -- API --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def call(user_of):
    def _call(role, method, path, body=None, at=None):
        user = user_of(role, at)
        secret = f"secret-{user.pk}"
        ApiToken.objects.get_or_create(
            secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
            defaults={"user": user, "name": "t", "capabilities": list(capabilities()), "created_at": timezone.now()},
        )
        extra = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(Client(), method)(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"}, **extra)

    return _call


def test_an_asset_lives_its_life_over_the_api(call, works, tree):
    body = {"org_path": tree.chlor.path, "kind": "equipment", "code": "T-2", "name": "罐", "parent": "U-33", "geometry": point()}
    made = call("enterprise_safety", "post", "/assets", body)
    assert made.status_code == 201
    uuid = made.json()["uuid"]
    assert made.json()["parent"] == str(works["unit"].uuid)
    assert call("enterprise_safety", "patch", f"/assets/{uuid}", {"properties": {"volume_m3": 5}}).json()["properties"] == {
        "volume_m3": 5
    }
    assert (
        call("enterprise_safety", "put", f"/assets/{uuid}/geometry", {"geometry": square()}).json()["geometry"]["type"]
        == "Polygon"
    )
    moved = call("enterprise_safety", "post", f"/assets/{uuid}/move", {"parent": str(works["area"].uuid)})
    assert moved.json()["parent"] == str(works["area"].uuid)
    assert call("enterprise_safety", "post", f"/assets/{uuid}/retire", {"reason": "拆除"}).json() == {"count": 1}
    assert call("enterprise_safety", "patch", f"/assets/{uuid}", {"name": "x"}).status_code == 409
    assert call("wall", "patch", f"/assets/{works['tank'].uuid}", {"name": "x"}).status_code == 403
    assert call("park_safety", "get", f"/assets/{uuid}", at=tree.other_park).status_code == 404


def test_faults_guidance_near_and_kinds_over_the_api(call, works, tree):
    bad = call("park_safety", "post", "/assets", {"org_path": tree.chlor.path, "kind": "equipment", "code": "", "name": "x"})
    assert {f["field"] for f in bad.json()["faults"]} == {"code", "parent"}
    assert [g["code"] for g in call("park_safety", "get", f"/assets/{works['gauge'].uuid}/guidance").json()] == [
        "A-1",
        "U-33",
        "LI-3301",
    ]
    near = call("park_safety", "get", f"/assets/near?lon={LON}&lat={LAT}&metres=50&kind=equipment").json()
    assert [(n["asset"]["code"], n["distance_m"]) for n in near] == [("T-3301", 0.0)]
    assert "tank" in next(k for k in call("park_safety", "get", "/asset-kinds").json() if k["code"] == "equipment")["subkinds"]
    assert call("park_safety", "get", "/assets?kind=unit").json()["count"] == 1


def test_layers_over_the_api(call, works):
    names = [x["name"] for x in call("wall", "get", "/layers").json()]
    assert names.index("assets.roads") < names.index("assets.tanks")
    box = f"{LON - 0.01},{LAT - 0.01},{LON + 0.01},{LAT + 0.01}"
    answer = call("wall", "get", f"/layers/assets.tanks?bbox={box}&zoom=17")
    assert answer["Content-Type"] == "application/geo+json"
    assert len(json.load(io.BytesIO(answer.content))["features"]) == 1
    assert call("wall", "get", "/layers/assets.tanks?bbox=1,2&zoom=17").status_code == 422
    assert call("wall", "get", f"/layers/no.such?bbox={box}&zoom=17").status_code == 404
    assert call("contractor", "get", f"/layers/assets.tanks?bbox={box}&zoom=17").status_code == 404
