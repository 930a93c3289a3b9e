"""Acts of the follow-up room, one module a noun: `actions.findings.raise_(…)`."""

from chemward.apps.followup.actions import channels, duties, findings, hazards, message_rules, messages, restrictions, verdicts

__all__ = ["channels", "duties", "findings", "hazards", "message_rules", "messages", "restrictions", "verdicts"]
