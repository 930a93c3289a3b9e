"""What people do with their own account."""

from __future__ import annotations

from datetime import datetime, time

from django.utils.translation import gettext as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from chemward.apps.core.acts import Actor, act
from chemward.apps.core.errors import Fault, Invalid, NotPermitted
from chemward.apps.core.models import NotificationPreference, User


def person(actor: Actor) -> User:
    if actor.user is None:
        raise NotPermitted(_("Only a logged-in person can do this."))
    return actor.user


def pending_totp(actor: Actor, *, now: datetime) -> TOTPDevice:
    """The device that is being set up; the same one until it is confirmed."""
    user = person(actor)
    device, _made = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "Chemward"})
    return device


def confirm_totp(actor: Actor, device: TOTPDevice, code: str, *, now: datetime) -> bool:
    """Put the second factor in force once a right code came from it. All older devices are removed."""
    if not device.verify_token(code):
        return False
    with act(actor, "user.set_totp", now=now) as a:
        TOTPDevice.objects.filter(user=device.user).exclude(pk=device.pk).delete()
        device.confirmed = True
        device.save()
        a.record(person(actor), {"second_factor": (False, True)})
    return True


def drop_totp(actor: Actor, *, password: str, now: datetime) -> None:
    """Remove one's second factor, with the password."""
    user = person(actor)
    if not user.check_password(password):
        raise Invalid(Fault("password", _("The present password is wrong.")))
    if user.must_use_totp:
        raise NotPermitted(_("Your role needs a second factor."))
    with act(actor, "user.drop_totp", now=now) as a:
        TOTPDevice.objects.filter(user=user).delete()
        a.record(user, {"second_factor": (True, False)})


def set_preference(
    actor: Actor,
    *,
    message_class: str,
    channel: str,
    is_on: bool,
    now: datetime,
    quiet_from: time | None = None,
    quiet_until: time | None = None,
) -> None:
    """How to be told about a class of messages. An alarm on the page cannot be turned off."""
    if message_class == "alarm" and channel == "page" and not is_on:
        raise Invalid(Fault("is_on", _("Alarms on the page cannot be turned off.")))
    user = person(actor)
    with act(actor, "user.set_preference", now=now) as a:
        NotificationPreference.objects.update_or_create(
            user=user,
            message_class=message_class,
            channel=channel,
            defaults={"is_on": is_on, "quiet_from": quiet_from, "quiet_until": quiet_until},
        )
        a.record(user, {f"{message_class}/{channel}": (None, is_on)})


def set_language(actor: Actor, language: str, *, now: datetime) -> None:
    user = person(actor)
    if user.language != language:
        with act(actor, "user.set_language", now=now) as a:
            a.record(user, {"language": (user.language, language)})
            user.language = language
            user.save(update_fields=["language"])
