from django.apps import AppConfig


class FollowupConfig(AppConfig):
    name = "chemward.apps.followup"
    label = "followup"
    verbose_name = "闭环"

    def ready(self) -> None:
        from chemward.apps.followup import pages, waiting  # noqa: F401

        pages.register()
