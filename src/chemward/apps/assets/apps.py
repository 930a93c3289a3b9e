from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "chemward.apps.assets"
    label = "assets"
    verbose_name = "资产与空间"
