"""Addresses of live monitoring; each module of views brings its own."""

from chemward.apps.monitoring.views import alarm_filters, alarms, feeds, performance, tags, trends

app_name = "monitoring"
urlpatterns = [*alarm_filters.urls, *alarms.urls, *trends.urls, *feeds.urls, *tags.urls, *performance.urls]
