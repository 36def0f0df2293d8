"""What goes over the wire for one request: secrets filled in, and taken out again where it is led elsewhere."""

import dataclasses
from collections.abc import Callable
from urllib.parse import quote

import ada_url

from schemas.reasons import Dead
from schemas.request import Request, canonical_url
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.redirects import method_after, origin_of
from scrapers.fetching.source_rules import SourceRules
from scrapers.source_files.template import fill_secrets, fill_secrets_body, fill_secrets_url

__all__ = ["Hop", "first_hop", "next_hop", "secret_of"]

MIN_SECRET_CHARACTERS = 4
_UNTRUSTED = (
    "a page led to this host, and the request holds a secret: secrets go only to domains that the source file names "
    "in its seeds, in a `follow` URL or in `allow_hosts`"
)
_MARK = "${"  # of a placeholder, or escaped as `$${`
_PRIVATE = frozenset({"authorization", "cookie", "proxy-authorization"})
_OF_THE_BODY = frozenset({"content-type", "content-length", "content-encoding", "content-language", "content-location"})

Headers = tuple[tuple[str, str], ...]


@dataclasses.dataclass(slots=True)
class Hop:
    """One request of a chain of redirects, as sent.

    Attributes:
      secrets: value -> its placeholder, of all that were filled in.
      private: lower-case names of headers that hold one.
      secret_body: whether the body holds one.
      cookie: what earlier hops of the chain have set for this one.
    """

    method: str
    url: str
    headers: Headers
    body: bytes | None
    secrets: dict[str, str] = dataclasses.field(default_factory=dict)
    private: frozenset[str] = _PRIVATE
    secret_body: bool = False
    cookie: str = ""

    def sent_headers(self) -> Headers:
        """The headers with the chain's cookie."""
        if not self.cookie:
            return self.headers
        own = [value for name, value in self.headers if name.lower() == "cookie"]
        others = tuple(pair for pair in self.headers if pair[0].lower() != "cookie")
        return (*others, ("Cookie", "; ".join([*own, self.cookie])))

    def hide(self, text: str) -> str:
        """A text with every secret value replaced by its placeholder."""
        for value, placeholder in self.secrets.items():
            if len(value) >= MIN_SECRET_CHARACTERS:  # a shorter one would be taken out of words that are none
                text = text.replace(value, placeholder)
        return text


def _merged(own: Headers, rules: SourceRules, page_type: str) -> Headers:
    """The source's headers under the request's own."""
    if not own:
        return rules.headers(page_type)
    named = {name.lower() for name, _ in own}
    return (*(pair for pair in rules.headers(page_type) if pair[0].lower() not in named), *own)


def first_hop(request: Request, rules: SourceRules, secret: Callable[[str], str]) -> Hop:
    """What a request sends. Raises AttemptFailed: `login_required` when a secret is not to be had, `address_refused`
    when a page led to a host that the source file does not name."""
    headers = _merged(request.headers, rules, request.page_type)
    body = request.body
    in_headers = any(_MARK in value for _, value in request.headers)
    in_body = body is not None and _MARK.encode() in body
    if not in_headers and not in_body and _MARK not in request.url:
        return Hop(request.method, canonical_url(request.url), headers, body)
    used: dict[str, str] = {}
    return _with_secrets(request, headers, body, used, secret_of(request, rules, secret, used), in_body)


def secret_of(
    request: Request, rules: SourceRules, secret: Callable[[str], str], used: dict[str, str]
) -> Callable[[str], str]:
    """Gives secrets to a request, and notes in `used` each value that it gave and its placeholder.

    What it returns raises AttemptFailed: `login_required` when a secret is not to be had, `address_refused` when a page
    led to a host that the source file does not name.
    """

    def remembered(name: str) -> str:
        if not rules.trusts(request):
            raise AttemptFailed(Dead.ADDRESS_REFUSED, _UNTRUSTED)
        try:
            value = secret(name)
        except (KeyError, OSError, ValueError) as error:
            message = f"the secret {name!r} is not set (SCRAPELINE_SECRET_{name.upper()} in the environment)"
            raise AttemptFailed(Dead.LOGIN_REQUIRED, message) from error
        used[value] = used[quote(value, safe="")] = f"${{secret.{name}}}"
        return value

    return remembered


def _with_secrets(
    request: Request,
    headers: Headers,
    body: bytes | None,
    used: dict[str, str],
    remembered: Callable[[str], str],
    in_body: bool,
) -> Hop:
    private = {name.lower() for name, value in headers if _MARK in value} | _PRIVATE
    url = fill_secrets_url(request.url, remembered)
    filled = tuple((name, fill_secrets(value, remembered)) for name, value in headers)
    if in_body and body is not None:
        kind = next((value for name, value in filled if name.lower() == "content-type"), "")
        text = fill_secrets_body(body.decode(errors="surrogateescape"), kind, remembered)
        body = text.encode(errors="surrogateescape")
    try:
        parsed = ada_url.URL(url)
    except ValueError as error:
        raise AttemptFailed(Dead.BAD_CONTENT, "the URL is none once its secrets are filled in") from error
    parsed.hash = ""
    return Hop(request.method, parsed.href, filled, body, used, frozenset(private), in_body)


def next_hop(hop: Hop, status: int, target: str) -> Hop:
    """What follows a redirect; to another origin nothing private goes along.

    Raises:
      AttemptFailed: the body is private, and would have to go along.
    """
    method = method_after(status, hop.method)
    headers, body = hop.headers, hop.body
    if method != hop.method:
        body = None
        headers = tuple(pair for pair in headers if pair[0].lower() not in _OF_THE_BODY)
    if origin_of(target) != origin_of(hop.url):
        if hop.secret_body and body is not None:
            raise AttemptFailed(Dead.ADDRESS_REFUSED, f"a redirect would carry a secret to {origin_of(target)}")
        headers = tuple(pair for pair in headers if pair[0].lower() not in hop.private)
    return dataclasses.replace(hop, method=method, url=target, headers=headers, body=body)
