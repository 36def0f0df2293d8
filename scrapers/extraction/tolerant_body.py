"""A JSON body as interfaces send it: with a byte order mark, an XSSI guard, as JSONP, a value a line, or with NaN."""

import json
import re
from collections.abc import Callable
from typing import Any

import orjson

__all__ = ["BadDocument", "load_json"]

_GUARD = re.compile(r"^\s*(?:\)\]\}'?,?|while\s*\(1\);|for\s*\(;;\);|\{\}\s*&&|//[^\n]*\n)\s*")
_CALL = re.compile(r"^\s*(?:/\*.*?\*/\s*)?[\w.$\[\]\"']+\s*\(\s*(.*?)\s*\)\s*;?\s*$", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:u(d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})|(ud[89a-f][0-9a-f]{2})|.)", re.IGNORECASE | re.DOTALL
)


class BadDocument(ValueError):
    """The body is not of the kind that it has to be. The caller's page is a letter with this message."""


def load_json(body: bytes, decode: Callable[[], str]) -> Any:
    """The value in a JSON body. What is cut short or wrong is refused: half an answer is worse than none.

    Args:
      decode: gives the body's text; only called when it is not plain UTF-8 JSON.

    Raises:
      BadDocument: it cannot be read as JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        first_error = error
    text = _ESCAPE.sub(_whole, decode().lstrip("\ufeff"))
    unguarded = _GUARD.sub("", text, count=1)
    call = _CALL.match(unguarded) if unguarded[:1] not in "{[" else None
    for candidate in (unguarded, call[1] if call else "", text):
        for load in (orjson.loads, _load_leniently, _load_lines):
            try:
                return load(candidate)
            except (ValueError, RecursionError):
                continue
    raise BadDocument(f"the body is not JSON: {first_error}")


def _whole(found: re.Match[str]) -> str:
    """Half a surrogate pair is no character: nothing after us could store it."""
    return r"\ufffd" if found[2] else found[0]


def _load_leniently(text: str) -> Any:
    return json.loads(text, strict=False, parse_constant=lambda name: None)


def _load_lines(text: str) -> Any:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        raise ValueError("not one value a line")
    return [orjson.loads(line) for line in lines]
