"""`${…}`: the only template syntax of source files.

`${params.x}`, `${item.x}` and `${cursor}` are filled when a request is made; `${secret.x}` stays a placeholder until it
is sent. `$${` is a literal `${`. A value that itself holds `${` is data: it is escaped, so that no page can ask for a
secret.
"""

import datetime
import decimal
import functools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

__all__ = [
    "TemplateError",
    "fill",
    "fill_query",
    "fill_secrets",
    "fill_secrets_body",
    "fill_secrets_url",
    "fill_url",
    "fill_value",
    "inert_url",
    "placeholders",
]

_PLACEHOLDER = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
_OPENING = re.compile(r"\$(?=\{|%7[Bb])")
_HOST_TEXT = re.compile(r"[A-Za-z0-9._-]+(:[0-9]+)?")
Part = str | tuple[str, ...]


class TemplateError(ValueError):
    """A placeholder has no value to stand for.

    Attributes:
      placeholder: as written between the braces.
      missing: the name exists and its value is null, rather than a mistake in the template.
    """

    def __init__(self, placeholder: str, message: str, *, missing: bool = False) -> None:
        super().__init__(f"${{{placeholder}}}: {message}")
        self.placeholder, self.missing = placeholder, missing


@functools.lru_cache(4096)
def parts_of(text: str) -> tuple[Part, ...]:
    """A template in its literal texts and its placeholders, these as tuples of their dotted path."""
    parts: list[Part] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        parts.append(text[end : found.start()])
        parts.append("${" if found[1] is None else tuple(found[1].strip().split(".")))
        end = found.end()
    return tuple(part for part in (*parts, text[end:]) if part)


def placeholders(text: str) -> list[str]:
    """The dotted names in a template, in order.

    >>> placeholders("https://x.test/${item.sku}?k=${secret.key}&v=$${no}")
    ['item.sku', 'secret.key']
    """
    return [".".join(part) for part in parts_of(text) if isinstance(part, tuple)]


def fill(text: str, **names: Any) -> str:
    """The text with its placeholders filled; secrets stay placeholders, `${` in a value is escaped.

    >>> fill("${item.sku}: $${x}", item={"sku": "A1"})
    'A1: $${x}'
    """
    if "${" not in text:
        return text
    filled, run = "", ""
    for part in parts_of(text):
        if isinstance(part, tuple) and part[0] == "secret":
            filled, run = filled + _inert(run) + _written(part), ""
        else:  # escaped as one text: two values side by side must not make a placeholder between them
            run += part if isinstance(part, str) else _text_of(part, names)
    return filled + _inert(run)


def fill_value(value: Any, **names: Any) -> Any:
    """Data with the texts in it filled; a text that is one placeholder and nothing else becomes the value itself.

    >>> fill_value({"id": "${item.n}", "q": "no. ${item.n}"}, item={"n": 7})
    {'id': 7, 'q': 'no. 7'}
    """
    if isinstance(value, str):
        parts = parts_of(value) if "${" in value else ()
        if len(parts) == 1 and isinstance(parts[0], tuple) and parts[0][0] != "secret":
            return _escape_all(look_up(parts[0], names))
        return fill(value, **names)
    if isinstance(value, Mapping):
        return {key: fill_value(part, **names) for key, part in value.items()}
    if isinstance(value, list):
        return [fill_value(part, **names) for part in value]
    return value


def fill_url(text: str, **names: Any) -> str:
    """A URL with its placeholders filled, each value percent-encoded for the part of the URL that it stands in.

    In a path `/` stays; in a host only what a host may hold is taken; a value that the URL begins with is a URL itself,
    and one that follows the host and begins with `/` is a path with its query. Secrets stay placeholders.

    >>> fill_url("https://x.test/${item.a}?q=${item.b}", item={"a": "b c/d?", "b": "1&2/3"})
    'https://x.test/b%20c/d%3F?q=1%262%2F3'
    """
    if "${" not in text:
        return text
    url = ""
    for part in parts_of(text):
        if isinstance(part, str):
            url += inert_url(part)
        elif part[0] == "secret":
            url += _written(part)
        else:
            url += _encode(_text_of(part, names), before=url, name=".".join(part))
    return url


def fill_query(text: str, **names: Any) -> str:
    """One name or value of a query or a form, percent-encoded; secrets stay placeholders."""
    return fill_url(f"?{text}", **names)[1:] if "${" in text else quote(text, safe="")


def fill_secrets(text: str, secret: Callable[[str], str]) -> str:
    """What is sent: secrets put in, escapes undone. Any other placeholder stays as it is.

    >>> fill_secrets("Bearer ${secret.token} $${x}", {"token": "t"}.__getitem__)
    'Bearer t ${x}'
    """
    if "${" not in text:
        return text
    return "".join(part if isinstance(part, str) else _secret_or_same(part, secret) for part in parts_of(text))


def fill_secrets_url(url: str, secret: Callable[[str], str]) -> str:
    """A URL with its secrets put in, percent-encoded."""
    return fill_secrets(url, lambda name: quote(secret(name), safe="")) if "${" in url else url


def fill_secrets_body(body: str, content_type: str, secret: Callable[[str], str]) -> str:
    """A body with its secrets put in, encoded as its content type asks: JSON strings escaped, forms percent-encoded.

    >>> fill_secrets_body('{"k": "${secret.k}"}', "application/json", {"k": 'a"b'}.__getitem__)
    '{"k": "a\\\\"b"}'
    """
    if "json" in content_type:
        return fill_secrets(body, lambda name: json.dumps(secret(name), ensure_ascii=False)[1:-1])
    if "urlencoded" in content_type:
        return fill_secrets(body, lambda name: quote(secret(name), safe=""))
    return fill_secrets(body, secret)


def inert_url(url: str) -> str:
    """A URL that came from a page, so that nothing in it reads as a placeholder, nor does once it is canonicalised."""
    return _OPENING.sub("%24", url) if "$" in url else url


def look_up(path: tuple[str, ...], names: Mapping[str, Any]) -> Any:
    """The value at a dotted path; numbers index lists. Raises TemplateError when a name on the way does not exist."""
    value: Any = names
    for depth, part in enumerate(path):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif value is None:
            raise TemplateError(".".join(path), f"`{'.'.join(path[:depth])}` is null here", missing=True)
        else:
            known = ", ".join(map(str, value)) if isinstance(value, Mapping) else ""
            raise TemplateError(".".join(path), f"there is no `{part}` here; known: {known or 'nothing'}")
    return value


def _text_of(path: tuple[str, ...], names: Mapping[str, Any]) -> str:
    value = look_up(path, names)
    if value is None and path != ("cursor",):
        raise TemplateError(".".join(path), "is null here", missing=True)
    return _as_text(value, ".".join(path))


def _written(path: tuple[str, ...]) -> str:
    return f"${{{'.'.join(path)}}}"


def _as_text(value: Any, name: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | decimal.Decimal):
        return str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    raise TemplateError(name, f"is a {type(value).__name__}, where a text or number is needed")


def _encode(value: str, *, before: str, name: str) -> str:
    if not before:
        return inert_url(value)
    if value.isalnum() and value.isascii():
        return value
    if "#" in before or "?" in before:
        return quote(value, safe="")
    _scheme, found, rest = before.partition("://")
    if not found or "/" in rest:
        return quote(value, safe="/:@!'()*,;=+~-._&")
    if value.startswith("/"):
        return inert_url(value)
    if _HOST_TEXT.fullmatch(value):
        return value
    raise TemplateError(name, f"{value[:40]!r} cannot stand in a host name")


def _secret_or_same(path: tuple[str, ...], secret: Callable[[str], str]) -> str:
    return secret(".".join(path[1:])) if path[0] == "secret" else _written(path)


def _inert(text: str) -> str:
    return text.replace("${", "$${") if "${" in text else text


def _escape_all(value: Any) -> Any:
    if isinstance(value, str):
        return _inert(value)
    if isinstance(value, Mapping):
        return {_inert(str(key)): _escape_all(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_escape_all(part) for part in value]
    return value
