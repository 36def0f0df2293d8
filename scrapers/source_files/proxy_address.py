"""A proxy as `proxy` names it: `http://user:${secret.password}@proxy.example:3128`."""

import dataclasses
import re

from scrapers.source_files.template import placeholders

__all__ = ["ProxyAddress", "parse_proxy"]

_PROXY = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://((?P<credentials>.*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[\w-]+(\.[\w-]+)*\.?)(:(?P<port>[0-9]+))?/?"
)
_EXPECTED = "expected http://HOST:PORT or http://USER:${secret.NAME}@HOST:PORT"


@dataclasses.dataclass(frozen=True, slots=True)
class ProxyAddress:
    """Where a proxy is, and what it is told.

    Attributes:
      host: without brackets.
      credentials: `USER:${secret.NAME}`, percent-encoded but for the placeholders; empty for none.
    """

    host: str
    port: int
    credentials: str

    @property
    def name(self) -> str:
        """Host and port, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_proxy(text: str) -> ProxyAddress:
    """Reads a proxy. Raises ValueError, whose text never holds the password.

    >>> parse_proxy("http://ann:${secret.p}@proxy.example:3128")
    ProxyAddress(host='proxy.example', port=3128, credentials='ann:${secret.p}')
    """
    parts = _PROXY.fullmatch(text)
    if parts is None:
        raise ValueError(_EXPECTED)
    if (scheme := parts["scheme"].lower()) != "http":
        raise ValueError(f"{scheme}: proxies are not yet built; {_EXPECTED}")
    if parts["port"] is None:
        raise ValueError(f"the port is missing: {_EXPECTED}")
    if not 0 < int(parts["port"]) < 65_536:
        raise ValueError(f"{parts['port']} is no port: {_EXPECTED}")
    credentials = parts["credentials"] or ""
    _, colon, password = credentials.partition(":")
    if colon and password and not any(name.startswith("secret.") for name in placeholders(password)):
        raise ValueError("a password does not belong in a file: write ${secret.NAME}, and set SCRAPELINE_SECRET_NAME")
    return ProxyAddress(parts["host"].strip("[]"), int(parts["port"]), credentials)
