"""Secrets that are typed into pages: only into those of hosts that the source names, and out of every message."""

import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlsplit

from schemas.reasons import Dead
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.permission import is_named
from scrapers.fetching.source_rules import SourceRules
from scrapers.hosts import host_of, registrable_domain
from scrapers.source_files.template import TemplateError, fill, fill_secrets, fill_secrets_url

__all__ = ["TypedSecrets"]


class TypedSecrets:
    """Fills the texts of a source's log-in.

    Args:
      url: of the log-in; what it holds of `${secret.x}` is not filled in here.
      secret: the value of a secret by its name; raises KeyError when there is none.
      here: where the tab is when a text is typed: a redirect may have led it elsewhere.
    """

    def __init__(self, rules: SourceRules, url: str, secret: Callable[[str], str], here: Callable[[], str]) -> None:
        self._rules, self._url, self._secret, self._here = rules, url, secret, here
        self._used: dict[str, str] = {}

    def fill_url(self, url: str) -> str:
        """The log-in's own URL. Raises AttemptFailed."""
        return fill_secrets_url(url, self._value)

    def fill(self, text: str) -> str:
        """What is typed. Raises AttemptFailed: there is no such value, or this page must not have it."""
        try:
            return fill_secrets(fill(text), self._typed)
        except TemplateError as error:
            raise AttemptFailed(Dead.LOGIN_REQUIRED, f"a step's text cannot be filled: {error}") from None

    def hide(self, text: str) -> str:
        """A text without the values that were filled in so far."""
        if not self._used:
            return text
        longest_first = sorted(self._used, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), lambda found: self._used[found[0]], text)

    def _typed(self, name: str) -> str:
        url = self._here()
        host, source = host_of(url), self._rules.source
        if urlsplit(self._url).scheme == "https" and not url.startswith("https:"):
            raise AttemptFailed(Dead.ADDRESS_REFUSED, f"the log-in page of {host} came without TLS")
        domains = {registrable_domain(host_of(self._url)), *self._rules.named_domains}
        if registrable_domain(host) not in domains and not is_named(host, source.allow_hosts or []):
            message = f"the log-in led to {host}; secrets go only to domains of the source and to its `allow_hosts`"
            raise AttemptFailed(Dead.ADDRESS_REFUSED, message)
        return self._value(name)

    def _value(self, name: str) -> str:
        try:
            value = self._secret(name)
        except (KeyError, OSError, ValueError):
            message = f"the secret {name!r} is not set (SCRAPELINE_SECRET_{name.upper()} in the environment)"
            raise AttemptFailed(Dead.LOGIN_REQUIRED, message) from None
        spellings = (value, quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value)[1:-1])
        self._used |= dict.fromkeys(filter(None, spellings), f"${{secret.{name}}}")
        return value
