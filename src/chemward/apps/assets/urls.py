"""Addresses of assets."""

from django.urls import path

from chemward.apps.assets import views

app_name = "assets"
urlpatterns = [
    path("assets/", views.AssetList.as_view(), name="register"),
    path("assets/tree/", views.tree, name="tree"),
    path("assets/new", views.new, name="new"),
    path("assets/import/", views.import_geometry, name="import"),
    path("assets/export.geojson", views.export, name="export"),
    path("assets/<uuid:uuid>/", views.asset, name="asset"),
    path("assets/<uuid:uuid>/edit", views.edit, name="edit"),
    path("assets/<uuid:uuid>/draw", views.draw, name="draw"),
    path("assets/<uuid:uuid>/<slug:verb>", views.asset_act, name="act"),
]
