from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "chemward.apps.core"
    label = "core"
    verbose_name = "平台基座"

    def ready(self) -> None:
        from chemward.apps.core import registers  # noqa: F401
        from chemward.apps.core.navigation import Entry, add

        add(
            Entry("admin", _("Admin"), "settings", "core:users", "user.view", order=900, is_rail=True),
            Entry("admin", _("Users"), "users", "core:users", "user.view", order=901),
            Entry("admin", _("Organisations"), "building-community", "core:organisations", "organisation.view", order=902),
            Entry("admin", _("Posts"), "user", "core:posts", "organisation.view", order=903),
            Entry("admin", _("Wall screens"), "video", "core:walls", "wall.manage", order=904),
            Entry("admin", _("Audit"), "clipboard-check", "core:audit", "audit.view", order=905),
            Entry("admin", _("Log-ins"), "user", "core:logins", "usage.view", order=906),
            Entry("admin", _("Use"), "chart-line", "core:usage", "usage.view", order=907),
            Entry("admin", _("Long work"), "clock", "core:jobs", "", order=908),
            Entry("system", _("System"), "layout-dashboard", "core:system", "system.view", order=950, is_rail=True),
        )
