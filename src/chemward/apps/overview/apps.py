from django.apps import AppConfig


class OverviewConfig(AppConfig):
    name = "chemward.apps.overview"
    label = "overview"
    verbose_name = "一张图"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from chemward.apps.core import navigation
        from chemward.apps.core.navigation import Entry

        navigation.add(Entry("map", _("One map"), "map-2", "overview:map", "asset.view", 10, is_rail=True))
