"""Messages 提醒/预警/报警: to whom, read, handled, escalated; and the ways out of the platform."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import ScopedRecord
from chemward.apps.core.register.search import Searchable
from chemward.apps.followup.models.base import SubjectRecord


class MessageClass(models.TextChoices):
    REMINDER = "reminder", _("Reminder")
    WARNING = "warning", _("Warning")
    ALARM = "alarm", _("Alarm")


class MessageState(models.TextChoices):
    OPEN = "open", _("To be handled")
    INFORMATION = "information", _("For information")
    HANDLED = "handled", _("Handled")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class MessageRule(ScopedRecord):
    """Who gets messages of a topic and class about organisations below this one. The nearest rule above the subject holds;
    without one the rules of `data/message_rules.toml` do.

    `steps` is a list of `{"after_s", "at", "posts", "roles", "deputies"}` as in that file.
    """

    topic = models.CharField(_("Topic"), max_length=48)
    message_class = models.CharField(_("Class"), max_length=8, choices=MessageClass.choices)
    name = models.CharField(_("Name"), max_length=120)
    handle_within_s = models.PositiveIntegerField(_("Handle within (s)"), null=True, blank=True)
    steps = models.JSONField(_("Steps"), default=list)
    is_active = models.BooleanField(_("Active"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("organisation", "topic", "message_class"), name="one_message_rule")]
        verbose_name = _("Message rule")
        verbose_name_plural = _("Message rules")

    def __str__(self) -> str:
        return self.name


class Message(Searchable, SubjectRecord):
    """One message to several receivers."""

    search_fields = ("title", "subject_label")

    message_class = models.CharField(_("Class"), max_length=8, choices=MessageClass.choices)
    topic = models.CharField(_("Topic"), max_length=48, blank=True, default="")
    title = models.CharField(_("Title"), max_length=200)
    text = models.TextField(_("Text"), blank=True, default="")
    key = models.CharField(max_length=160, null=True, blank=True, unique=True)
    level = models.PositiveSmallIntegerField(_("Level"), null=True, blank=True)
    state = models.CharField(_("State"), max_length=12, choices=MessageState.choices)
    sent_at = models.DateTimeField(_("Sent"))
    sent_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    sent_by_name = models.CharField(_("Sent by"), max_length=120)
    due_at = models.DateTimeField(_("Handle by"), null=True, blank=True)
    handled_at = models.DateTimeField(_("Handled"), null=True, blank=True)
    handled_by = models.ForeignKey("core.User", models.PROTECT, null=True, blank=True, related_name="+")
    is_late = models.BooleanField(_("Handled late"), default=False)
    # The steps that hold for this message, copied when it was sent: a later change of the rule does not rewrite it.
    steps = models.JSONField(default=list)
    step = models.PositiveSmallIntegerField(_("Escalation step"), default=0)
    escalate_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=("state", "-sent_at"), name="message_state"),
            models.Index(fields=("escalate_at",), name="message_escalate", condition=models.Q(state="open")),
            models.Index(fields=("subject_type", "subject_id"), name="message_subject"),
        ]
        verbose_name = _("Message")
        verbose_name_plural = _("Messages")

    def __str__(self) -> str:
        return self.title


class Receipt(models.Model):
    """A message at one receiver: why it reached this person, when it was read, when handled."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="receipts")
    user = models.ForeignKey("core.User", models.CASCADE, related_name="receipts")
    post = models.ForeignKey("core.Post", models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField(_("Reached through"), max_length=120, blank=True, default="")
    step = models.PositiveSmallIntegerField(default=0)
    is_deputy = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    read_at = models.DateTimeField(_("Read"), null=True, blank=True)
    handled_at = models.DateTimeField(_("Handled"), null=True, blank=True)
    note = models.TextField(_("Note"), blank=True, default="")
    # Switched off by the receiver's preferences: it is in the list, but counts and shows nowhere else.
    is_quiet = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("message", "user"), name="one_receipt")]
        indexes = [
            models.Index(fields=("user", "read_at", "-received_at"), name="receipt_user"),
            models.Index(fields=("user", "received_at", "id"), name="receipt_by_time"),
        ]
        verbose_name = _("Receipt")


class Channel(ScopedRecord):
    """A way out of the platform. Its address may hold secrets and is kept encrypted."""

    code = models.SlugField(_("Code"), max_length=32, unique=True)
    name = models.CharField(_("Name"), max_length=64)
    url_cipher = models.TextField(editable=False)
    shown_url = models.CharField(_("Address"), max_length=200, editable=False)
    message_classes = models.JSONField(_("Classes"), default=list)
    # To each receiver (the address holds {email}) or once to a group.
    is_personal = models.BooleanField(_("To each receiver"), default=False)
    is_active = models.BooleanField(_("Active"), default=True)

    class Meta:
        verbose_name = _("Channel")
        verbose_name_plural = _("Channels")

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    GIVEN_UP = "given_up", _("Given up")


class Delivery(models.Model):
    """One message through one channel to one address, with the outcome of the tries."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="deliveries")
    user = models.ForeignKey("core.User", models.CASCADE, null=True, blank=True, related_name="+")
    state = models.CharField(_("State"), max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("Tries"), default=0)
    try_at = models.DateTimeField(_("Next try"))
    sent_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(_("Fault"), max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("message", "channel", "user"), name="one_delivery_to_person"),
            models.UniqueConstraint(fields=("message", "channel"), condition=models.Q(user=None), name="one_delivery_to_group"),
        ]
        indexes = [models.Index(fields=("state", "try_at"), name="delivery_queue")]
