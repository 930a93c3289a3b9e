"""Recorder: bus → database, outbox → bus, clock jobs, audit seal."""

from chemward.telemetry.installation import Installation


async def main(installation: Installation) -> None:
    """The recorder process. Django is set up first, because the rest of this package needs its models."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chemward.config.settings")
    django.setup()
    from chemward.apps.core.recorder.process import run

    await run(installation)
