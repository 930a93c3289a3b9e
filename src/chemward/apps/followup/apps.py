from django.apps import AppConfig


class FollowupConfig(AppConfig):
    name = "chemward.apps.followup"
    label = "followup"
    verbose_name = "闭环"

    def ready(self) -> None:
        from django.urls import reverse

        from chemward.apps.followup import pages, subjects, waiting  # noqa: F401

        pages.register()
        subjects.register("core.platform", lambda _identity: reverse("core:system"))
