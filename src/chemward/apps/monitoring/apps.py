from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "chemward.apps.monitoring"
    label = "monitoring"
    verbose_name = "在线监测"
