from django.apps import AppConfig


class OverviewConfig(AppConfig):
    name = "chemward.apps.overview"
    label = "overview"
    verbose_name = "一张图"
