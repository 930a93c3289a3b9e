"""The HTTP API: one OpenAPI document at /api/v1/openapi.json, docs offline at /api/v1/docs."""

from ninja import NinjaAPI
from ninja.operation import Operation

from chemward import __version__
from chemward.apps.core.http import ApiAuthentication, register_errors


class Api(NinjaAPI):
    """Names an operation after its app, not after the file in the app's `api` folder: programs are generated from these names."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        app, api, _module = operation.view_func.__module__.partition(".api")
        return f"{app}{api}_{operation.view_func.__name__}".replace(".", "_")


api = Api(
    title="Chemward 园安",
    version=__version__,
    description="Safety-risk control platform of a chemical industrial park. Times are ISO 8601 with offset; units stand in the names.",
    auth=ApiAuthentication(),
    urls_namespace="api",
)
register_errors(api)
api.add_router("", "chemward.apps.core.api.router", tags=["core"])
api.add_router("", "chemward.apps.assets.api.router", tags=["assets"])
api.add_router("", "chemward.apps.followup.api.router", tags=["follow-up"])
api.add_router("", "chemward.apps.monitoring.api.router", tags=["monitoring"])
api.add_router("", "chemward.apps.overview.api.router", tags=["one map"])
