"""`https://user:password@host/`: what is asked for by name and kept in many places must hold no password."""

import re

__all__ = ["SEND_A_HEADER", "has_password"]

SEND_A_HEADER = (
    "a password in a URL would stand in rows, letters and archive: "
    'send `request: {headers: {Authorization: "Basic ${secret.NAME}"}}` instead'
)
_PASSWORD = re.compile(r"[^:/]*://[^/?#@]*:[^/?#@]+@")


def has_password(url: str) -> bool:
    """Whether a URL's authority has a password (RFC 3986, 3.2.1).

    >>> has_password("https://me:pw@shop.example/"), has_password("https://me@shop.example/a:b@c")
    (True, False)
    """
    return _PASSWORD.match(url) is not None
