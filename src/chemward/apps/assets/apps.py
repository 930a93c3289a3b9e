from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AssetsConfig(AppConfig):
    name = "chemward.apps.assets"
    label = "assets"
    verbose_name = "资产与空间"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from chemward.apps.core import navigation
        from chemward.apps.core.navigation import Entry

        navigation.add(
            Entry("assets", _("Assets"), "building-factory-2", "assets:register", "asset.view", 60, is_rail=True),
            Entry("assets", _("Asset tree"), "sitemap", "assets:tree", "asset.view", 61),
            Entry("assets", _("Import of geometry"), "map-2", "assets:import", "record.import", 62),
        )
        # What every room puts on the map is known once all models are loaded.
        autodiscover_modules("layers")
