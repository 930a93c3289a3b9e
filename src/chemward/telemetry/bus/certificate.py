"""A certificate made here, for sites that have none of their own: encrypted, but known only to whoever was given the file."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID_DAYS = 3650
RENEW_BEFORE_DAYS = 30


@dataclass(frozen=True)
class CertificateFiles:
    """PEM files. certificate: also what devices must trust."""

    certificate: Path
    key: Path


def own_certificate(folder: Path, names: Sequence[str] = (), *, now: datetime.datetime | None = None) -> CertificateFiles:
    """The certificate under `folder`, made or renewed when it is missing or ends within 30 days.

    names: host names and addresses it must be good for, besides localhost and this machine's name.
    """
    now = now or datetime.datetime.now(datetime.UTC)
    files = CertificateFiles(folder / "certificate.pem", folder / "key.pem")
    if not _is_good(files, now):
        folder.mkdir(parents=True, exist_ok=True)
        _make(files, names, now)
    return files


def _is_good(files: CertificateFiles, now: datetime.datetime) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    return certificate.not_valid_after_utc - now > datetime.timedelta(days=RENEW_BEFORE_DAYS)


def _make(files: CertificateFiles, names: Sequence[str], now: datetime.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Chemward")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(_alternative_names(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    descriptor = os.open(files.key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as f:
        f.write(private)
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _alternative_names(names: Sequence[str]) -> list[x509.GeneralName]:
    wanted = dict.fromkeys(["localhost", "127.0.0.1", socket.gethostname(), *names])
    return [_general_name(name) for name in wanted if name and name not in ("0.0.0.0", "::")]  # noqa: S104  # compared, not bound


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
