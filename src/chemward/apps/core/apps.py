from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "chemward.apps.core"
    label = "core"
    verbose_name = "平台基座"
