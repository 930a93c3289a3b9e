"""Long work: what takes a web request more than a second is a job, a row with lease, progress, cancel and retry.

Nothing is imported here, because the process entry runs before Django is set up.
"""

from chemward.telemetry.installation import Installation


async def main(installation: Installation) -> None:
    """The jobs process."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chemward.config.settings")
    django.setup()
    from chemward.apps.core.jobs.runner import run

    await run(installation)
