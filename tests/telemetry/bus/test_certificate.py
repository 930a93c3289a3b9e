"""The certificate made here, for sites that have none."""

import datetime

from cryptography import x509

from chemward.telemetry.bus import certificate


def test_an_own_certificate_is_kept_and_renewed_before_it_ends(tmp_path):
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

    def serial(now):
        files = certificate.own_certificate(tmp_path, ["park.example", "10.1.2.3"], now=now)
        return x509.load_pem_x509_certificate(files.certificate.read_bytes()).serial_number

    first = serial(begin)
    assert serial(begin + datetime.timedelta(days=3000)) == first
    assert serial(begin + datetime.timedelta(days=certificate.VALID_DAYS - 10)) != first
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
