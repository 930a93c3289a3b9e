"""The sealed audit chain.

Acts insert plain rows with a content digest. The recorder seals them within a second, in commit order: position n gets
chain(n) = SHA-256(chain(n-1) ‖ digest(n) ‖ id(n)), and the head is signed (Ed25519) with a key that stands outside the database. The newest
head also stands in a file beside the database, so that cutting off the end of the table is found too.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import transaction

from chemward.apps.core.bulk import write_rows
from chemward.apps.core.models import AuditEntry, AuditHead
from chemward.telemetry.installation import Installation

GENESIS = hashlib.sha256(b"chemward audit").hexdigest()
SEAL_GRACE = timedelta(seconds=60)
# Few enough for a short write transaction; the recorder comes back at once while there are more.
SEALED_AT_ONCE = 400
HEAD_FILE = "audit-head.json"


@dataclass(frozen=True)
class AuditFault:
    """One thing that is wrong with the chain."""

    kind: str
    position: int | None
    entry: int | None
    message: str


def link(previous: str, entry: AuditEntry) -> str:
    return hashlib.sha256(f"{previous}|{entry.digest}|{entry.pk}".encode()).hexdigest()


def private_key(installation: Installation) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(installation.secrets()["audit_seed"]))


def head_message(position: int, chain: str, at: datetime) -> bytes:
    return f"{position}|{chain}|{int(at.timestamp() * 1000)}".encode()


def seal(installation: Installation, *, now: datetime, limit: int = SEALED_AT_ONCE) -> int:
    """Seal what is not sealed yet, at most `limit` rows. Returns how many were sealed; 0 writes nothing."""
    if not AuditEntry.objects.filter(position=None).exists():
        return 0
    with transaction.atomic():
        last = AuditEntry.objects.exclude(position=None).order_by("-position").only("position", "chain").first()
        position, chain = (last.position or 0, last.chain) if last else (0, GENESIS)
        entries = list(AuditEntry.objects.filter(position=None).order_by("id").only("pk", "digest")[:limit])
        for entry in entries:
            position += 1
            chain = link(chain, entry)
            entry.position, entry.chain = position, chain
        write_rows(entries, ["position", "chain"])
        at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        signature = private_key(installation).sign(head_message(position, chain, at)).hex()
        AuditHead.objects.create(position=position, chain=chain, at=at, signature=signature)
    _write_head(installation.data / HEAD_FILE, position, chain, at, signature)
    return len(entries)


def verify(installation: Installation, *, now: datetime) -> list[AuditFault]:
    """Every fault of the chain: a changed row, a missing one, a changed order, a cut end, a forged head.

    May run while the recorder seals: what was promised (the head file, then the signed heads) is read before the rows that must keep it.
    """
    public = private_key(installation).public_key()
    kept, faults = _kept_head(installation, public, now)
    heads = {h.position: h for h in AuditHead.objects.all()}
    chain, expected, chain_at_kept = GENESIS, 0, None
    for entry in AuditEntry.objects.exclude(position=None).order_by("position").iterator(chunk_size=2000):
        expected += 1
        position = entry.position or 0
        if position != expected:
            faults.append(AuditFault("missing", expected, None, f"position {expected} is missing before {position}"))
            expected = position
            # Go on from what the next row says its predecessor was: only the gap is reported, not all that follows.
            chain = ""
        if entry.content_digest() != entry.digest:
            faults.append(AuditFault("changed", position, entry.pk, f"entry {entry.pk} was changed after it was written"))
        if chain and link(chain, entry) != entry.chain:
            faults.append(
                AuditFault("reordered", position, entry.pk, f"entry {entry.pk} does not follow position {position - 1}")
            )
        chain = entry.chain
        if kept and kept["position"] == position:
            chain_at_kept = chain
        head = heads.pop(position, None)
        if head and not _is_signed(public, head, entry.chain):
            faults.append(AuditFault("forged", position, entry.pk, f"the signed head at position {position} does not match"))
    faults += [AuditFault("missing", p, None, f"a signed head stands at position {p}, the entry is gone") for p in sorted(heads)]
    faults += _head_file_faults(kept, expected, chain_at_kept)
    late = AuditEntry.objects.filter(position=None, at__lt=now - SEAL_GRACE).order_by("id")[:20]
    faults += [
        AuditFault("unsealed", None, e.pk, f"entry {e.pk} is older than {SEAL_GRACE.seconds} s and not sealed") for e in late
    ]
    return faults


def _is_signed(public: Ed25519PublicKey, head: AuditHead, chain: str) -> bool:
    if head.chain != chain:
        return False
    try:
        public.verify(bytes.fromhex(head.signature), head_message(head.position, head.chain, head.at))
    except (InvalidSignature, ValueError):
        return False
    return True


def _kept_head(
    installation: Installation, public: Ed25519PublicKey, now: datetime
) -> tuple[dict[str, Any] | None, list[AuditFault]]:
    """The head that stands in the file beside the database, if it is sound, and what is wrong with it."""
    try:
        kept = json.loads((installation.data / HEAD_FILE).read_text("utf-8"))
        public.verify(bytes.fromhex(kept["signature"]), f"{kept['position']}|{kept['chain']}|{kept['at_ms']}".encode())
    except FileNotFoundError:
        if not AuditHead.objects.filter(at__lt=now - SEAL_GRACE).exists():
            return None, []  # the first seal ever writes the file a moment after its rows
        return None, [AuditFault("missing", None, None, f"{HEAD_FILE} is missing though rows are sealed")]
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return None, [AuditFault("forged", None, None, f"{HEAD_FILE} is not signed by this installation")]
    return kept, []


def _head_file_faults(kept: dict[str, Any] | None, end: int, chain_at_kept: str | None) -> list[AuditFault]:
    """What the kept head says against the rows, that end at position `end`."""
    if kept is None:
        return []
    position = kept["position"]
    if position > end:
        message = f"the end is cut off: {HEAD_FILE} stands at {position}, the table at {end}"
        return [AuditFault("missing", end + 1, None, message)]
    if chain_at_kept is not None and kept["chain"] != chain_at_kept:
        return [AuditFault("forged", position, None, f"the chain is otherwise than {HEAD_FILE} says")]
    return []


def _write_head(path: Path, position: int, chain: str, at: datetime, signature: str) -> None:
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(
        json.dumps({"position": position, "chain": chain, "at_ms": int(at.timestamp() * 1000), "signature": signature}), "utf-8"
    )
    with contextlib.suppress(OSError):
        os.chmod(temporary, 0o600)
    os.replace(temporary, path)
