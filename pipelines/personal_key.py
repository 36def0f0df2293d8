"""The key of columns that are `personal: hash`."""

import hashlib

from scrapers.fetching.settings import environment_secret

__all__ = ["personal_hash_key"]


def personal_hash_key() -> bytes:
    """Made of the secret PERSONAL_HASH_KEY; empty without one: such values can then be guessed."""
    try:
        return hashlib.sha256(environment_secret("personal_hash_key").encode()).digest()
    except KeyError:
        return b""
