"""All addresses: one `urls` module per app, one API."""

from django.urls import include, path

from chemward.config.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("chemward.apps.core.urls")),
    path("", include("chemward.apps.assets.urls")),
    path("", include("chemward.apps.followup.urls")),
    path("", include("chemward.apps.monitoring.urls")),
    path("", include("chemward.apps.overview.urls")),
]
handler403 = "chemward.apps.core.views.errors.forbidden"
handler404 = "chemward.apps.core.views.errors.not_found"
handler500 = "chemward.apps.core.views.errors.server_error"
