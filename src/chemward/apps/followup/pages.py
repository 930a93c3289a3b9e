"""The pages of this room in the navigation, and where its records are shown."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chemward.apps.core import navigation
from chemward.apps.core.navigation import Entry
from chemward.apps.followup import subjects

SECTION = "followup"


def register() -> None:
    """Called once, when Django is ready."""
    navigation.add(
        Entry(SECTION, _("To do"), "list-check", "followup:todo", "message.view", 30, is_rail=True),
        Entry(SECTION, _("Messages"), "message", "followup:messages", "message.view", 31),
        Entry(SECTION, _("Findings"), "alert-circle", "followup:findings", "finding.view", 32),
        Entry(SECTION, _("Hidden hazards"), "tool", "followup:hazards", "hazard.view", 33),
        Entry(SECTION, _("Duties"), "clipboard-check", "followup:duties", "duty.view", 34),
        Entry(SECTION, _("Restrictions"), "hand-stop", "followup:restrictions", "restriction.view", 35),
        Entry(SECTION, _("Verdicts"), "certificate", "followup:verdicts", "verdict.view", 36),
        Entry(SECTION, _("Channels"), "send", "followup:channels", "message.configure", 37),
        Entry(SECTION, _("Message rules"), "send", "followup:message-rules", "message.configure", 38),
    )
    for kind, view in (
        ("followup.verdict", "followup:verdict"),
        ("followup.finding", "followup:finding"),
        ("followup.hiddenhazard", "followup:hazard"),
        ("followup.duty", "followup:duty"),
        ("followup.restriction", "followup:restriction"),
        ("followup.message", "followup:message"),
    ):
        subjects.register(kind, _page(view))
    subjects.register("assets.asset", _page("assets:asset"))


def _page(view: str) -> subjects.UrlOf:
    return lambda identity: reverse(view, args=[identity])
