"""Addresses of the one map and of the search over everything."""

from django.urls import path

from chemward.apps.overview import views

app_name = "overview"
urlpatterns = [
    path("", views.one_map, name="map"),
    path("search", views.search, name="search"),
]
