"""Users, their memberships, posts, sessions, tokens, and what is counted of their use."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """A person who logs in. Rights come from memberships only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField(_("Log-in name"), max_length=64, unique=True)
    display_name = models.CharField(_("Name"), max_length=64)
    email = models.EmailField(_("Mail"), blank=True, default="")
    phone_cipher = models.TextField(_("Phone (encrypted)"), blank=True, default="")
    home = models.ForeignKey(
        "core.Organisation", models.PROTECT, null=True, related_name="people", verbose_name=_("Organisation")
    )
    is_active = models.BooleanField(_("Active"), default=True)
    is_demo = models.BooleanField(default=False)
    must_change_password = models.BooleanField(_("Must change the password"), default=False)
    must_use_totp = models.BooleanField(_("Must use a second factor"), default=False)
    language = models.CharField(_("Language"), max_length=8, default="zh-hans")
    created_at = models.DateTimeField(auto_now_add=True)
    deactivated_at = models.DateTimeField(null=True, blank=True)
    # A browser or live token made before this moment is refused: raised by reset, deactivation and changed memberships.
    epoch = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []
    objects = UserManager()

    class Meta:
        verbose_name = _("User")
        verbose_name_plural = _("Users")

    def __str__(self) -> str:
        return self.display_name

    @property
    def org_path(self) -> str:
        return self.home.path if self.home else ""


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> MembershipQuerySet:
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=timezone.now()), organisation__is_active=True)


class Membership(models.Model):
    """A role of a user at an organisation; it holds for the whole subtree."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey("core.Organisation", models.CASCADE, related_name="memberships")
    role = models.CharField(_("Role"), max_length=32)
    valid_until = models.DateTimeField(_("Valid until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("user", "organisation", "role"), name="one_membership")]

    @property
    def org_path(self) -> str:
        return self.organisation.path


class SecondFactorDemand(models.Model):
    """A role whose holders in a part of the tree must use a second factor. `set_for`: people of whom it was demanded by this alone."""

    organisation = models.ForeignKey("core.Organisation", models.CASCADE, related_name="+")
    org_path = models.CharField(max_length=120, db_index=True, editable=False)
    role = models.CharField(_("Role"), max_length=32)
    demanded_at = models.DateTimeField(_("Since"))
    set_for = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("organisation", "role"), name="one_second_factor_demand")]
        verbose_name = _("Second factor of a role")


class Post(models.Model):
    """岗位: what owes a duty. People come and go, the post stays."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("core.Organisation", models.CASCADE, related_name="posts")
    org_path = models.CharField(max_length=120, db_index=True, editable=False)
    code = models.CharField(_("Code"), max_length=40)
    name = models.CharField(_("Post"), max_length=64)
    superior = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="reports", verbose_name=_("Reports to")
    )
    is_active = models.BooleanField(_("Active"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("organisation", "code"), name="one_post_code")]
        verbose_name = _("Post")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.org_path = self.organisation.path
        super().save(*args, **kwargs)


class PostHolding(models.Model):
    """Who holds a post, or stands in for it, from when to when."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="holdings")
    user = models.ForeignKey(User, models.CASCADE, related_name="holdings")
    is_deputy = models.BooleanField(_("Deputy"), default=False)
    order = models.PositiveSmallIntegerField(_("Order"), default=0)
    starts_at = models.DateTimeField(_("From"))
    ends_at = models.DateTimeField(_("Until"), null=True, blank=True)

    class Meta:
        ordering = ("is_deputy", "order", "id")


class Invitation(models.Model):
    """A one-time link to set the first or a new password. Only its digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    secret_sha256 = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=8, choices=[("invite", _("Invitation")), ("reset", _("Password reset"))])
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class UserSession(models.Model):
    """A log-in that is still open, so that its owner or an administrator can end it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="open_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True, default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    device = models.ForeignKey("core.WallDevice", models.SET_NULL, null=True, blank=True)


class WallDevice(models.Model):
    """A screen of the duty room: a read-only session bound to the device; an act asks for a person's password."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("Name"), max_length=64)
    organisation = models.ForeignKey("core.Organisation", models.CASCADE, related_name="+")
    org_path = models.CharField(max_length=120, db_index=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="wall_devices", verbose_name=_("Acts under"))
    secret_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.org_path = self.organisation.path
        super().save(*args, **kwargs)


class ApiToken(models.Model):
    """A key for programs: shown once, kept as SHA-256, never more than its owner's rights."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("Name"), max_length=64)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    capabilities = models.JSONField(_("Capabilities"), default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    @property
    def org_path(self) -> str:
        return self.user.org_path


class NotificationPreference(models.Model):
    """What a person wants to be told outside the pages, and through which channel."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notification_preferences")
    message_class = models.CharField(
        max_length=8, choices=[("reminder", _("Reminder")), ("warning", _("Warning")), ("alarm", _("Alarm"))]
    )
    channel = models.CharField(_("Channel"), max_length=32, default="page")
    is_on = models.BooleanField(default=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("user", "message_class", "channel"), name="one_preference")]


class LoginRecord(models.Model):
    """A log-in, its refusal, or a log-out."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="login_records")
    org_path = models.CharField(max_length=120, db_index=True, default="")
    username = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)
    outcome = models.CharField(
        max_length=12,
        choices=[
            ("in", _("Logged in")),
            ("out", _("Logged out")),
            ("refused", _("Refused")),
            ("locked", _("Locked out")),
            ("second", _("Second factor refused")),
        ],
    )
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [
            # The register is walked in this; it holds all that is filtered by (core/register/leading.py).
            models.Index(fields=("at", "id", "org_path", "outcome", "username"), name="login_by_time"),
            models.Index(fields=("username", "at", "id", "org_path", "outcome"), name="login_by_name"),
            models.Index(fields=("outcome", "at", "id", "org_path", "username"), name="login_by_outcome"),
        ]


class UsageDay(models.Model):
    """Use of the platform per user and day, counted in memory and written in batches: never a write per request."""

    user = models.ForeignKey(User, models.CASCADE, related_name="usage")
    org_path = models.CharField(max_length=120, db_index=True)
    day = models.DateField()
    pages = models.PositiveIntegerField(default=0)
    acts = models.PositiveIntegerField(default=0)
    api_calls = models.PositiveIntegerField(default=0)
    active_minutes = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("user", "day"), name="one_usage_day")]
        indexes = [
            models.Index(fields=("day", "id", "org_path", "user"), name="usage_by_day"),
            models.Index(fields=("active_minutes", "id", "org_path", "day", "user"), name="usage_by_minutes"),
        ]
