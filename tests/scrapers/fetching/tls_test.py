"""https: certificates are checked for the name that was asked for, though the address is pinned."""

import datetime
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from schemas.request import Request


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate with its key, for one name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + made.public_bytes(serialization.Encoding.PEM)
    path = folder / "server.pem"
    path.write_bytes(pem)
    return path


@pytest.fixture
def secure(server: Any, tmp_path: Path) -> Iterator[Any]:
    """A server for https://secure.test."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path, "secure.test"))
    running = type(server)(ssl=context)
    running.on("/", running.page("<b>safe</b>"))
    yield running
    running.close()


def fetch(crawl: Any, secure: Any, url: str) -> Any:
    resolve = [f"*:443:127.0.0.1:{secure.port}"]
    return crawl.open({"resolve": resolve}).fetch(Request("shop", url, "e" * 24))


def test_a_page_over_tls_from_a_pinned_address(
    crawl: Any, secure: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    scraped = fetch(crawl, secure, "https://secure.test/")
    assert (scraped.items, scraped.letter) == ([{"title": "safe"}], None)


def test_a_certificate_that_nobody_trusts_is_a_letter_at_once(crawl: Any, secure: Any) -> None:
    letter = fetch(crawl, secure, "https://secure.test/").letter
    assert (letter.reason, letter.attempts) == ("connection", 1)
    assert "certificate" in letter.message.lower()


def test_a_certificate_for_another_name_is_a_letter(
    crawl: Any, secure: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    letter = fetch(crawl, secure, "https://other.test/").letter
    assert letter.reason == "connection"
    assert "certificate" in letter.message.lower()
