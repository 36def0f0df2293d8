"""A Chromium as production starts it, behind proxies, with a trap on loopback."""

import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.async_api import BrowserContext

from scrapers.browsing.guard_proxy import GuardProxy
from scrapers.fetching.address_guard import Guard, LookupFailed
from tests.scrapers.browsing.leaks.loopback import Site, Trap

NOWHERE = "http://127.0.0.1:9"  # as in production: for what belongs to no source
HOSTS = ("shop.test", "shop.localhost")


async def look_up(host: str, port: int) -> list[str]:
    """Names of others: some lead where they should not."""
    if host.startswith("rebound"):
        return ["127.0.0.1"]
    raise LookupFailed(f"{host}: no such name")


def certificate(folder: Path) -> ssl.SSLContext:
    """TLS with a certificate that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTS[0])])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "site.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


class Setting:
    """Everything that a test of this folder needs.

    Attributes:
      trap: what may not be reached.
    """

    def __init__(self, trap: Trap, resolve: list[str], browser: Any) -> None:
        self.trap, self._resolve, self._browser = trap, resolve, browser

    def target(self, rest: str = "", scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.trap.port}/{rest}"

    @contextlib.asynccontextmanager
    async def context(self, resolve: list[str] | None = None) -> AsyncIterator[tuple[GuardProxy, BrowserContext]]:
        """A context behind a proxy of its own; the site's hosts are mapped unless others are given."""
        proxy = GuardProxy(Guard(self._resolve if resolve is None else resolve, look_up=look_up))
        server = f"http://127.0.0.1:{await proxy.start()}"
        context = await self._browser.new_context(proxy={"server": server}, ignore_https_errors=True)
        try:
            yield proxy, context
        finally:
            await context.close()
            proxy.close()

    async def without_proxy(self) -> BrowserContext:
        """A context that has only what the browser was started with."""
        context: BrowserContext = await self._browser.new_context(ignore_https_errors=True)
        return context


@pytest.fixture(scope="module")
def setting(run: Any, start: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    """A browser, the site and the trap; nothing may have been caught at the end."""
    trap = Trap()
    ports: dict[str, int] = {}
    run(trap.start())
    for scheme, tls in (("http", None), ("https", certificate(tmp_path_factory.mktemp("tls")))):

        def made(scheme: str = scheme) -> Site:
            return Site(trap, scheme)

        server = run(run.aio.create_server(made, "127.0.0.1", 0, ssl=tls))
        ports[scheme] = server.sockets[0].getsockname()[1]
    resolve = [f"{host}:{named}:127.0.0.1:{ports[s]}" for host in HOSTS for named, s in ((80, "http"), (443, "https"))]
    chromium = start(proxy=NOWHERE)
    yield Setting(trap, resolve, chromium.browser)
    assert trap.caught == []
