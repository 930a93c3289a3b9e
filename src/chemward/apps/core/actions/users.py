"""People: invite, first password, reset, deactivate, memberships, posts and deputies, sessions, tokens, wall screens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chemward.apps.core import personal
from chemward.apps.core.actions import second_factor
from chemward.apps.core.acts import Act, Actor, act, digest
from chemward.apps.core.errors import Fault, Invalid, NotFound, NotPermitted, WrongState
from chemward.apps.core.models import (
    ApiToken,
    Invitation,
    Membership,
    Organisation,
    Post,
    PostHolding,
    User,
    UserSession,
    WallDevice,
)
from chemward.apps.core.scope import capabilities, roles

INVITATION_VALID = timedelta(days=7)
RESET_VALID = timedelta(hours=24)
TOKEN_LONGEST = timedelta(days=366)


def sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# -- users ------------------------------------------------------------------------------------------------------------


def invite(
    actor: Actor,
    *,
    username: str,
    display_name: str,
    home: Organisation,
    memberships: Iterable[tuple[Organisation, str]],
    now: datetime,
    email: str = "",
    phone: str = "",
    language: str = "zh-hans",
) -> tuple[User, str]:
    """A new user without a password, and the secret of the one-time link that sets it (shown once)."""
    username = username.strip()
    faults = []
    if not username or not username.replace("_", "").replace("-", "").replace(".", "").isalnum():
        faults.append(Fault("username", _("Letters, digits, dot, dash and underscore only."), _("Example: zhiban.jia")))
    elif User.objects.filter(username__iexact=username).exists():
        faults.append(Fault("username", _("This log-in name is taken."), _("Choose another one.")))
    if not display_name.strip():
        faults.append(Fault("display_name", _("A name is needed.")))
    if faults:
        raise Invalid(*faults)
    with act(actor, "user.invite", now=now) as a:
        a.permit("user.manage", home.path)
        user = User(
            username=username,
            display_name=display_name.strip(),
            home=home,
            email=email,
            phone_cipher=personal.encrypt(phone),
            language=language,
        )
        user.set_unusable_password()
        user.save()
        a.record(user, {"username": (None, username), "phone": (None, digest(phone) if phone else None)})
        for organisation, role in memberships:
            _grant(a, user, organisation, role)
        return user, _invitation(user, "invite", INVITATION_VALID, now)


def send_reset(actor: Actor, uuid: UUID, *, now: datetime) -> str:
    """A one-time link to set a new password; the old one stops working at once and all sessions end."""
    with act(actor, "user.reset", now=now) as a:
        user = a.get(_users(), "user.manage", uuid=uuid)
        user.set_unusable_password()
        _cut_off(a, user)
        user.save()
        a.record(user)
        return _invitation(user, "reset", RESET_VALID, now)


def set_password(secret: str, password: str, *, now: datetime, address: str = "") -> User:
    """Set the first or a new password with a one-time link. NotFound when the link is unknown, used or too old."""
    invitation = Invitation.objects.select_related("user__home").filter(secret_sha256=sha256(secret), used_at=None).first()
    if invitation is None or invitation.expires_at <= now or not invitation.user.is_active:
        raise NotFound(_("This link is not valid any more. Ask for a new one."))
    user = invitation.user
    _check_password(password, user)
    with act(Actor.of(user, via="page", address=address), "user.set_password", now=now) as a:
        user.set_password(password)
        user.must_change_password = False
        _cut_off(a, user)
        user.save()
        invitation.used_at = now
        invitation.save(update_fields=["used_at"])
        a.record(user)
    return user


def change_password(actor: Actor, *, old: str, new: str, now: datetime) -> None:
    """One's own password. All other sessions end."""
    user = _self(actor)
    if not user.check_password(old):
        raise Invalid(Fault("old", _("The present password is wrong.")))
    _check_password(new, user)
    with act(actor, "user.change_password", now=now) as a:
        user.set_password(new)
        user.must_change_password = False
        _cut_off(a, user)
        user.save()
        a.record(user)


def deactivate(actor: Actor, uuid: UUID, *, reason: str, now: datetime) -> User:
    """Shut a user out at once: sessions, live streams and tokens end. Repeated calls are harmless."""
    with act(actor, "user.deactivate", now=now) as a:
        user = a.get(_users(), "user.manage", uuid=uuid)
        if actor.user and user.pk == actor.user.pk:
            raise WrongState(_("Nobody can deactivate themselves."), remedy=_("Ask another administrator."))
        if not user.is_active:
            return user
        user.is_active, user.deactivated_at = False, now
        _cut_off(a, user)
        user.save()
        ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
        a.record(user, {"is_active": (True, False)}, reason=reason)
        return user


def reactivate(actor: Actor, uuid: UUID, *, now: datetime) -> User:
    """Let a deactivated user in again; the password stays as it was, tokens stay revoked."""
    with act(actor, "user.reactivate", now=now) as a:
        user = a.get(_users(), "user.manage", uuid=uuid)
        if not user.is_active:
            user.is_active, user.deactivated_at = True, None
            user.save()
            a.record(user, {"is_active": (False, True)})
        return user


# -- memberships ------------------------------------------------------------------------------------------------------


def grant(
    actor: Actor, uuid: UUID, organisation: Organisation, role: str, *, now: datetime, valid_until: datetime | None = None
) -> Membership:
    """Give a user a role at an organisation. Nobody gives a capability that they do not hold there themselves."""
    with act(actor, "user.grant", now=now) as a:
        user = a.get(_users(), "user.manage", uuid=uuid)
        membership = _grant(a, user, organisation, role, valid_until)
        _cut_off(a, user)
        user.save(update_fields=["epoch"])
        return membership


def withdraw(actor: Actor, uuid: UUID, organisation: Organisation, role: str, *, now: datetime) -> None:
    """Take a role away; what the user has open is closed. Repeated calls are harmless."""
    with act(actor, "user.withdraw", now=now) as a:
        user = a.get(_users(), "user.manage", uuid=uuid)
        a.permit("user.manage", organisation.path)
        deleted, _rows = Membership.objects.filter(user=user, organisation=organisation, role=role).delete()
        if deleted:
            _cut_off(a, user)
            user.save(update_fields=["epoch"])
            a.record(user, {"role": (f"{role} @ {organisation}", None)})


def _grant(a: Act, user: User, organisation: Organisation, role: str, valid_until: datetime | None = None) -> Membership:
    a.permit("user.manage", organisation.path)
    known = roles().get(role)
    if known is None:
        raise Invalid(Fault("role", _("There is no such role.")))
    if organisation.kind not in known.at:
        raise Invalid(Fault("role", _("This role cannot be given at an organisation of this kind.")))
    if a.actor.via != "clock":
        lacking = [c for c in sorted(known.capabilities) if not a.actor.scope.allows(c, organisation.path)]
        # An administrator of people gives roles of the house without holding each right; a person in charge of an enterprise only what they hold.
        if lacking and not a.actor.scope.allows("setting.edit", organisation.path):
            names = capabilities()
            raise NotPermitted(
                _("You cannot give a role that holds more than your own."), remedy="、".join(names[c] for c in lacking[:5])
            )
    membership, made = Membership.objects.get_or_create(
        user=user, organisation=organisation, role=role, defaults={"valid_until": valid_until}
    )
    if made:
        a.record(user, {"role": (None, f"{role} @ {organisation}")})
        second_factor.on_grant(a, membership)
    elif membership.valid_until != valid_until:
        a.record(user, {"valid_until": (membership.valid_until, valid_until)})
        membership.valid_until = valid_until
        membership.save()
    return membership


# -- posts ------------------------------------------------------------------------------------------------------------


def make_post(
    actor: Actor, organisation: Organisation, *, code: str, name: str, now: datetime, superior: Post | None = None
) -> Post:
    """A post of an organisation; the same code again changes its name and superior."""
    with act(actor, "post.make", now=now) as a:
        a.permit("post.manage", organisation.path)
        post, made = Post.objects.get_or_create(
            organisation=organisation, code=code, defaults={"name": name, "superior": superior, "org_path": organisation.path}
        )
        before = (post.name, post.superior_id)
        if made or before != (name, superior.pk if superior else None):
            post.name, post.superior = name, superior
            post.save()
            a.record(post, {"name": (None if made else before[0], name)})
        return post


def hold_post(
    actor: Actor,
    post: Post,
    user: User,
    *,
    now: datetime,
    is_deputy: bool = False,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> PostHolding:
    """Put somebody on a post, or make them deputy. A new holder ends the old one's time."""
    with act(actor, "post.hold", now=now) as a:
        a.permit("post.manage", post.org_path)
        start = starts_at or now
        same = post.holdings.filter(user=user, is_deputy=is_deputy, ends_at=None).first()
        if same and ends_at is None:
            return same
        if not is_deputy:
            post.holdings.filter(is_deputy=False, ends_at=None).update(ends_at=start)
        holding = PostHolding.objects.create(
            post=post, user=user, is_deputy=is_deputy, starts_at=start, ends_at=ends_at, order=post.holdings.count()
        )
        a.record(post, {"deputy" if is_deputy else "holder": (None, user.display_name)})
        return holding


# -- sessions, tokens, wall screens -----------------------------------------------------------------------------------


def end_session(actor: Actor, session_id: int, *, now: datetime) -> None:
    """End a log-in: one's own, or anybody's in scope for those who manage users."""
    with act(actor, "user.end_session", now=now) as a:
        row = UserSession.objects.select_related("user__home").filter(pk=session_id).first()
        if row is None:
            raise NotFound(_("Not found."))
        if actor.user is None or row.user_id != actor.user.pk:
            a.permit("user.manage", row.user.org_path)
        if row.ended_at is None:
            SessionStore(row.session_key).delete()
            row.ended_at = now
            row.save(update_fields=["ended_at"])
            a.announce(f"session.revoked.{row.user_id}", {"user": row.user_id, "at_ms": _ms(now)})
            a.record(row.user, {"session": (row.address, None)})


def make_token(
    actor: Actor, *, name: str, wanted: Iterable[str], now: datetime, valid: timedelta | None = None
) -> tuple[ApiToken, str]:
    """An API token of one's own with some of one's own capabilities; the secret is shown once."""
    user = _self(actor)
    chosen = sorted(set(wanted))
    lacking = [c for c in chosen if c not in capabilities() or not actor.scope.has(c)]
    if lacking or not chosen:
        raise Invalid(Fault("capabilities", _("Choose at least one right, and only rights that you hold."), "、".join(lacking)))
    if valid and valid > TOKEN_LONGEST:
        raise Invalid(Fault("valid", _("A token is valid for a year at most.")))
    secret = "cw_" + secrets.token_urlsafe(32)
    with act(actor, "token.make", now=now) as a:
        token = ApiToken.objects.create(
            user=user,
            name=name[:64],
            secret_sha256=sha256(secret),
            capabilities=chosen,
            created_at=now,
            expires_at=now + (valid or TOKEN_LONGEST),
        )
        a.record(user, {"token": (None, name)})
        return token, secret


def revoke_token(actor: Actor, uuid: UUID, *, now: datetime) -> None:
    """Revoke a token: one's own, or anybody's in scope for those who manage users. Repeated calls are harmless."""
    with act(actor, "token.revoke", now=now) as a:
        token = ApiToken.objects.select_related("user__home").filter(uuid=uuid).first()
        if token is None:
            raise NotFound(_("Not found."))
        if actor.user is None or token.user_id != actor.user.pk:
            a.permit("user.manage", token.org_path)
        if token.revoked_at is None:
            token.revoked_at = now
            token.save(update_fields=["revoked_at"])
            a.record(token.user, {"token": (token.name, None)})


def make_wall(actor: Actor, *, name: str, organisation: Organisation, user: User, now: datetime) -> tuple[WallDevice, str]:
    """Bind a screen of the duty room; the secret goes into that device's browser once and never leaves it."""
    secret = secrets.token_urlsafe(32)
    with act(actor, "wall.make", now=now) as a:
        a.permit("wall.manage", organisation.path)
        held = set(user.memberships.current().values_list("role", flat=True))
        if held != {"wall"}:
            raise Invalid(Fault("user", _("A wall screen needs a user of its own that holds only the wall role.")))
        device = WallDevice(name=name, organisation=organisation, user=user, secret_sha256=sha256(secret))
        device.save()
        a.record(device, {"name": (None, name)}, org_path=organisation.path)
        return device, secret


def revoke_wall(actor: Actor, uuid: UUID, *, now: datetime) -> None:
    """Unbind a screen; what it shows goes dark at once."""
    with act(actor, "wall.revoke", now=now) as a:
        device = a.get(WallDevice.objects.select_related("user"), "wall.manage", uuid=uuid)
        if device.revoked_at is None:
            device.revoked_at = now
            device.save(update_fields=["revoked_at"])
            for row in UserSession.objects.filter(device=device, ended_at=None):
                SessionStore(row.session_key).delete()
                row.ended_at = now
                row.save(update_fields=["ended_at"])
            _cut_off(a, device.user)
            device.user.save(update_fields=["epoch"])
            a.record(device, {"revoked_at": (None, now)})


# -- inside -----------------------------------------------------------------------------------------------------------


def _users():  # type: ignore[no-untyped-def]
    return User.objects.select_related("home")


def _self(actor: Actor) -> User:
    if actor.user is None:
        raise NotPermitted(_("Only a logged-in person can do this."))
    return actor.user


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise Invalid(*(Fault("password", m) for m in fault.messages)) from None


def _invitation(user: User, purpose: str, valid: timedelta, now: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    Invitation.objects.filter(user=user, used_at=None).update(expires_at=now)
    Invitation.objects.create(user=user, secret_sha256=sha256(secret), purpose=purpose, created_at=now, expires_at=now + valid)
    return secret


def _cut_off(a: Act, user: User) -> None:
    """End everything that was opened before now: the epoch makes older tokens void, the live process closes their streams."""
    user.epoch = a.now
    for row in UserSession.objects.filter(user=user, ended_at=None):
        SessionStore(row.session_key).delete()
    UserSession.objects.filter(user=user, ended_at=None).update(ended_at=a.now)
    a.announce(f"cfg.user.{user.pk}", {"id": user.pk, "epoch": _ms(a.now)})
    a.announce(f"session.revoked.{user.pk}", {"user": user.pk, "at_ms": _ms(a.now)})


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
