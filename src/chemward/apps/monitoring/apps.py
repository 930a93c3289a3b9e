from __future__ import annotations

from collections.abc import Callable

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "chemward.apps.monitoring"
    label = "monitoring"
    verbose_name = "在线监测"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from chemward.apps.core import navigation
        from chemward.apps.core.navigation import Entry
        from chemward.apps.followup import subjects
        from chemward.apps.monitoring import verdicts  # noqa: F401  (declares its rule in the rulebook)

        for kind, view in (("monitoring.feed", "monitoring:feed"), ("monitoring.tag", "monitoring:tag")):
            subjects.register(kind, _page(view))
        navigation.add(
            Entry("alarms", _("Alarms"), "bell-ringing", "monitoring:alarms", "alarm.view", 20, is_rail=True),
            Entry("alarms", _("Console"), "bell-ringing", "monitoring:alarms", "alarm.view", 21),
            Entry("alarms", _("History"), "history", "monitoring:alarm-history", "alarm.view", 22),
            Entry("alarms", _("Silenced"), "volume-off", "monitoring:silences", "alarm.view", 23),
            Entry("alarms", _("Performance"), "report-analytics", "monitoring:performance", "kpi.view", 24),
            Entry("trends", _("Trends"), "chart-line", "monitoring:trends", "value.view", 40, is_rail=True),
            Entry("feeds", _("Tags"), "tags", "monitoring:tags", "tag.view", 50, is_rail=True),
            Entry("feeds", _("Tags"), "tags", "monitoring:tags", "tag.view", 51),
            Entry("feeds", _("Feeds"), "plug-connected", "monitoring:feeds", "feed.view", 52),
            Entry("feeds", _("Unknown tags"), "help-circle", "monitoring:unknown", "feed.view", 53),
            Entry("feeds", _("Limit changes"), "adjustments", "monitoring:limits", "alarm.view", 54),
        )


def _page(view: str) -> Callable[[str], str]:
    def url_of(identity: str) -> str:
        from django.urls import reverse

        return reverse(view, args=[identity])

    return url_of
