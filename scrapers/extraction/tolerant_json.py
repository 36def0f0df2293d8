"""JSON as sites write it: comments, stray commas, raw line breaks, JavaScript's literals, HTML escapes, CDATA."""

import html
import json
import re
from typing import Any

import orjson

__all__ = ["Unreadable", "first_value", "values"]

_DECODER = json.JSONDecoder(strict=False)
_WRAPPING = re.compile(
    r"^[\s;\ufeff]*(?:(?://|/\*)?\s*(?:<!\[CDATA\[|<!--(?=[^>]*[\[{]))\s*(?:\*/)?)?|(?:(?://|/\*)?\s*(?:\]\]>|-->)\s*(?:\*/)?)?[\s;]*\Z"
)
# A quotation mark inside a string that somebody forgot to escape is not followed by what follows a string.
_END = r"(?=\s*+(?:[,:}\]\)]|//|/\*|\Z))"
_TOKEN = re.compile(
    rf"""(?P<skip>(?:[\s;\ufeff\xa0]|//[^\n]*|<!--[^\[{{]*?-->|/\*(?:[^*]|\*(?!/))*+\*/)++)
    |(?P<string>"(?:[^"\\]|\\.|"(?!{_END}))*+"|'(?:[^'\\]|\\.|'(?!{_END}))*+'|`(?:[^`\\]|\\.)*+`)
    |(?P<open>[\[{{])|(?P<close>[\]}}])|(?P<colon>:)|(?P<comma>,)
    |(?P<word>[^\s"'`\[\]{{}},:;/()]++)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))|(")', re.DOTALL)
_BEFORE_A_VALUE = frozenset({"[", "{", ":"})
_LONGEST = 1_000_000
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")


class Unreadable(ValueError):
    """No JSON begins here.

    Attributes:
      end: how far the text was read before that was known.
    """

    def __init__(self, message: str, end: int) -> None:
        super().__init__(message)
        self.end = end


def values(text: str) -> list[Any]:
    """Every JSON value in a text that holds nothing else, the first reading that works: strict, lenient, mended.

    Raises:
      ValueError: it cannot be read as JSON.
    """
    try:
        return [orjson.loads(text)]
    except ValueError:
        pass
    text = _WRAPPING.sub("", text)
    for candidate in (text, html.unescape(text)) if "&quot;" in text or "&#34;" in text else (text,):
        try:
            return [_DECODER.decode(candidate)]
        except (ValueError, RecursionError):
            pass
        try:
            return list(_decoded(_mended(candidate, 0)[0]))
        except ValueError:
            pass
    raise ValueError("this is not JSON, nor anything near it")


def first_value(text: str, start: int = 0) -> tuple[Any, int]:
    """The value that begins at `start` (an opening bracket), JSON or a JavaScript literal, and where it ends.

    Raises:
      ValueError: nothing readable begins there (Unreadable: and it took some reading to know).
    """
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        pass
    strict, end = _mended(text, start, only_first=True)
    return _decoded(strict)[0], end


def _decoded(strict: str) -> list[Any]:
    try:
        return list(_DECODER.decode(strict))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _mended(text: str, start: int, *, only_first: bool = False) -> tuple[str, int]:
    """The values from `start` on, rewritten as one strict JSON array, and where reading ended; linear in the text."""
    out, depth, position = ["["], 0, start
    if len(text) - start > _LONGEST:
        raise ValueError(f"longer than {_LONGEST} characters and not strict JSON")
    while position < len(text) and not (only_first and depth == 0 and len(out) > 1):
        token = _TOKEN.match(text, position)
        if token is None:
            raise Unreadable(f"no JSON at character {position}", position)
        position, kind = token.end(), token.lastgroup
        if kind in ("skip", "comma"):  # commas are put where they belong: trailing, doubled and missing ones are common
            continue
        if kind == "colon":
            out.append(":")
        elif kind == "close":
            if depth:  # one too many is a common slip
                depth -= 1
                out.append(token.group())
        elif depth == 0 and kind == "word" and not _is_literal(token.group()):
            raise Unreadable(f"text, not JSON, at character {token.start()}", position)
        else:
            if out[-1] not in _BEFORE_A_VALUE:
                out.append(",")
            depth += kind == "open"
            out.append(_strict(token, text))
    if depth and only_first:
        raise Unreadable("the text ends before the value does", position)
    out.append("]")
    return "".join(out), position


def _strict(token: re.Match[str], text: str) -> str:
    """One token as strict JSON: a key for a word before a colon, null for a word without a meaning in JSON."""
    word = token.group()
    if token.lastgroup == "open":
        return word
    if token.lastgroup == "string":
        return '"' + _ESCAPE.sub(_escape, word[1:-1]) + '"'
    if text[token.end() : token.end() + 20].lstrip()[:1] == ":":
        return json.dumps(word)
    if _is_literal(word):
        return word
    try:
        return str(int(word, 16)) if word[:2] in ("0x", "0X") else repr(float(word)) if word[-1:].isdigit() else "null"
    except ValueError:
        return "null"


def _is_literal(word: str) -> bool:
    return word in ("true", "false", "null") or _NUMBER.fullmatch(word) is not None


def _escape(found: re.Match[str]) -> str:
    valid, hexadecimal, other, quote = found.groups()
    if valid:
        return found.group()
    if hexadecimal:
        return "\\u00" + hexadecimal
    if quote:
        return '\\"'
    if other == "u":
        return "\\\\u"
    return "" if other == "\n" else other
