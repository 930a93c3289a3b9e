from django.apps import AppConfig


class FollowupConfig(AppConfig):
    name = "chemward.apps.followup"
    label = "followup"
    verbose_name = "闭环"
