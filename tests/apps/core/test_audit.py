"""The sealed audit chain finds a changed, missing, reordered or cut-off row."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F

from chemward.apps.core import audit
from chemward.apps.core.acts import act
from chemward.apps.core.models import AuditEntry, AuditHead
from chemward.telemetry.installation import Installation

pytestmark = pytest.mark.django_db


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.fixture
def sealed(installation, tree, actor_of, now):
    """Nine acts, sealed in three goes."""
    actor = actor_of("platform_administrator")
    for n in range(9):
        with act(actor, "organisation.change", now=now + timedelta(seconds=n)) as a:
            a.record(tree.chlor, {"order": (n, n + 1)})
        if n % 3 == 2:
            assert audit.seal(installation, now=now + timedelta(seconds=n)) == 3
    return list(AuditEntry.objects.order_by("position"))


def kinds(installation, now) -> set[str]:
    return {f.kind for f in audit.verify(installation, now=now)}


def test_an_untouched_chain_has_no_fault(sealed, installation, now):
    assert audit.verify(installation, now=now) == []


def test_a_changed_row_is_found(sealed, installation, now):
    AuditEntry.objects.filter(pk=sealed[4].pk).update(actor="somebody else")
    faults = audit.verify(installation, now=now)
    assert [(f.kind, f.entry) for f in faults] == [("changed", sealed[4].pk)]


def test_a_changed_row_whose_digest_was_changed_with_it_is_found(sealed, installation, now):
    row = sealed[4]
    row.actor = "somebody else"
    row.digest = row.content_digest()
    row.save()
    assert "reordered" in kinds(installation, now)


def test_a_chain_rewritten_to_the_end_is_found_by_the_signed_head(sealed, installation, now):
    chain = sealed[3].chain
    sealed[4].actor = "somebody else"
    for row in sealed[4:]:
        row.digest = row.content_digest()
        row.chain = chain = audit.link(chain, row)
        row.save()
    assert kinds(installation, now) == {"forged"}


def test_a_missing_row_is_found(sealed, installation, now):
    AuditEntry.objects.filter(pk=sealed[4].pk).delete()
    assert [(f.kind, f.position) for f in audit.verify(installation, now=now)] == [("missing", 5)]


def test_two_rows_that_changed_places_are_found(sealed, installation, now):
    AuditEntry.objects.filter(pk=sealed[3].pk).update(position=99)
    AuditEntry.objects.filter(pk=sealed[4].pk).update(position=F("position") - 1)
    AuditEntry.objects.filter(pk=sealed[3].pk).update(position=5)
    assert "reordered" in kinds(installation, now)


def test_a_cut_off_end_is_found_even_when_its_heads_went_with_it(sealed, installation, now):
    AuditEntry.objects.filter(position__gt=6).delete()
    AuditHead.objects.filter(position__gt=6).delete()
    assert kinds(installation, now) == {"missing"}


def test_a_row_that_nobody_sealed_is_found_after_a_minute(sealed, installation, tree, actor_of, now):
    with act(actor_of("platform_administrator"), "x", now=now) as a:
        a.record(tree.chlor)
    assert kinds(installation, now + timedelta(seconds=30)) == set()
    assert kinds(installation, now + timedelta(seconds=90)) == {"unsealed"}


def test_sealing_twice_seals_nothing_more(sealed, installation, now):
    assert audit.seal(installation, now=now) == 0
    assert AuditHead.objects.count() == 3


def test_a_chain_that_is_sealed_on_while_it_is_verified_has_no_fault(sealed, installation, tree, actor_of, now, monkeypatch):
    with act(actor_of("platform_administrator"), "organisation.change", now=now + timedelta(seconds=10)) as a:
        a.record(tree.chlor, {"order": (9, 10)})
    genuine = audit._is_signed

    def seal_meanwhile(*arguments):
        audit.seal(installation, now=now + timedelta(seconds=11))
        return genuine(*arguments)

    monkeypatch.setattr(audit, "_is_signed", seal_meanwhile)
    assert audit.verify(installation, now=now + timedelta(seconds=12)) == []
    assert not AuditEntry.objects.filter(position=None).exists()


def test_a_lost_head_file_is_found(sealed, installation, now):
    (installation.data / audit.HEAD_FILE).unlink()
    assert kinds(installation, now + timedelta(seconds=90)) == {"missing"}
