"""Imposing, lifting and exempting from restrictions; the check that acts make."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from chemward.apps.core.acts import Act, Actor, act
from chemward.apps.core.errors import Fault, Invalid, NotFound, NotPermitted, Restricted, WrongState
from chemward.apps.followup import queries, rules
from chemward.apps.followup.actions.common import announce, authority_of, need, organisation_at
from chemward.apps.followup.models import Exemption, Restriction, Subject, Verdict
from chemward.apps.followup.models.base import about


def impose(
    actor: Actor,
    org_path: str,
    verbs: Sequence[str],
    *,
    title: str,
    reason: str,
    now: datetime,
    subject: Subject | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    is_inherited: bool = True,
    clause: str = "",
    verdict: Verdict | None = None,
    key: str | None = None,
) -> Restriction:
    """Forbid acts to an organisation (and all below it), or to one thing of it. With a key it is idempotent."""
    words, name = need("reason", reason, _("Say why.")), need("title", title, _("Give it a name."))
    begins = valid_from or now
    _check(verbs, begins, valid_until)
    if key and (known := Restriction.objects.filter(key=key, lifted_at=None).first()):
        return known
    with act(actor, "restriction.impose", now=now) as a:
        a.permit("restriction.impose", org_path)
        if key:
            # The key belongs to the restriction in force; what was lifted gives it up.
            Restriction.objects.filter(key=key).exclude(lifted_at=None).update(key=None)
        row = Restriction(
            organisation=organisation_at(org_path),
            **about(subject),
            verbs=sorted(set(verbs)),
            title=name[:200],
            reason=words,
            clause=clause,
            verdict=verdict,
            key=key,
            is_inherited=is_inherited,
            imposed_by=actor.user,
            imposed_by_name=actor.name[:120],
            authority_path=authority_of(actor, "restriction.impose", org_path) or rules.parent_path(org_path),
            valid_from=begins,
            valid_until=valid_until,
            source="hand" if actor.user else "platform",
        )
        row.save()
        a.record(row, {"verbs": (None, row.verbs), "valid_until": (None, valid_until)}, reason=words)
        announce(a, "restriction", "impose", row, verbs=row.verbs)
        return row


def lift(actor: Actor, uuid: UUID, reason: str, *, now: datetime) -> Restriction:
    """End a restriction. Only from the place of the authority that imposed it, or from above."""
    words = need("reason", reason, _("Say why."))
    with act(actor, "restriction.lift", now=now) as a:
        row = _standing(a, "restriction.lift", uuid)
        row.lifted_at, row.lifted_by, row.lifted_why = now, actor.user, words
        row.save()
        a.record(row, {"lifted_at": (None, now)}, reason=words)
        announce(a, "restriction", "lift", row)
        return row


def exempt(
    actor: Actor, uuid: UUID, org_path: str, verbs: Sequence[str], reason: str, *, valid_until: datetime | None, now: datetime
) -> Exemption:
    """Let one organisation under a restriction do some of the verbs all the same. Repeated for the same verbs it returns the one in force."""
    words = need("reason", reason, _("Say why."))
    with act(actor, "restriction.exempt", now=now) as a:
        row = _standing(a, "restriction.exempt", uuid)
        if not org_path.startswith(row.org_path):
            raise Invalid(Fault("organisation", _("This organisation is not under the restriction.")))
        if strangers := [v for v in verbs if not rules.matches(row.verbs, v)]:
            raise Invalid(Fault("verbs", _("Not restricted here: %(verbs)s") % {"verbs": ", ".join(strangers)}))
        _check(verbs, now, valid_until)
        same = row.exemptions.filter(org_path=org_path, revoked_at=None, valid_until=valid_until)
        for known in same:
            if known.verbs == sorted(set(verbs)):
                return known
        given = Exemption(
            organisation=organisation_at(org_path),
            restriction=row,
            verbs=sorted(set(verbs)),
            reason=words,
            granted_by=actor.user,
            valid_from=now,
            valid_until=valid_until,
        )
        given.save()
        a.record(given, {"verbs": (None, given.verbs), "valid_until": (None, valid_until)}, reason=words)
        announce(a, "restriction", "exempt", row, organisation=org_path, verbs=given.verbs)
        return given


def revoke(actor: Actor, uuid: UUID, reason: str, *, now: datetime) -> Exemption:
    """End an exemption."""
    words = need("reason", reason, _("Say why."))
    with act(actor, "restriction.exempt", now=now) as a:
        given = Exemption.objects.select_related("restriction").filter(uuid=uuid).first()
        if given is None:
            raise NotFound(_("Not found."))
        _standing(a, "restriction.exempt", given.restriction.uuid)
        if given.revoked_at is not None:
            raise WrongState(_("This exemption has been revoked already."))
        given.revoked_at = now
        given.save()
        a.record(given, {"revoked_at": (None, now)}, reason=words, verb="restriction.revoke")
        return given


def check(org_path: str, verb: str, *, now: datetime, subject: Subject | None = None) -> None:
    """For acts: Restricted when somebody above has forbidden this verb here, naming who, why, by which clause and until when."""
    for row in queries.restrictions_on(org_path, verb, now=now, subject=subject):
        until = f"{row.valid_until:%Y-%m-%d}" if row.valid_until else _("further notice")
        message = _("Restricted by %(who)s until %(until)s: %(title)s. %(reason)s") % {
            "who": row.imposed_by_name,
            "until": until,
            "title": row.title,
            "reason": row.reason,
        }
        raise Restricted(f"{message} {row.clause}".strip(), remedy=_("Ask the authority for an exemption."))


def _standing(a: Act, capability: str, uuid: UUID) -> Restriction:
    row = Restriction.objects.select_related("organisation").filter(uuid=uuid).first()
    if row is None or not (a.actor.scope.sees(row.org_path) or a.actor.scope.sees(row.authority_path)):
        raise NotFound(_("Not found."))
    if not a.actor.scope.allows(capability, row.authority_path):
        raise NotPermitted(_("Only the authority that imposed it, or one above, may do this."), remedy=_("Ask it."))
    if row.lifted_at is not None:
        raise WrongState(_("This restriction has been lifted already."))
    return row


def _check(verbs: Sequence[str], begins: datetime, ends: datetime | None) -> None:
    faults = []
    if not verbs:
        faults.append(Fault("verbs", _("Say what may not be done."), _("Name at least one act.")))
    if ends is not None and ends <= begins:
        faults.append(Fault("valid_until", _("It ends before it begins."), _("Choose a later moment or leave it empty.")))
    if faults:
        raise Invalid(*faults)
