"""The shop as a browser meets it: shells that a script fills with cards from an API, and what such pages load besides.

A page comes to 40 KB: the shell's 6 and the API's 34 as elements; 10 images, 2 style sheets, 2 scripts and a font.
"""

import functools
import random
import struct
import zlib
from pathlib import Path
from typing import Any

from benchmarks.shop import CARDS, blurb, product

__all__ = ["API_SECS", "IMAGES", "SHELL_EVERY", "api_json", "assets", "image", "is_shell", "shell_html"]

API_SECS = 0.05
"""What the API takes to answer."""
SHELL_EVERY = 10
"""Of the shop that `auto` is measured on, one page in so many is a shell."""
IMAGES = 16

_HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Listing {0}</title>'
    '<link rel="stylesheet" href="/assets/base.css"><link rel="stylesheet" href="/assets/theme.css">'
    '<script src="/assets/lib.js"></script></head><body><header><nav>'
    + "".join(f'<a class="nav" href="/js/list/{number}">Category {number}</a>' for number in range(20))
    + "</nav></header>"
)
_MAIN = '<main class="grid" id="app" data-api="/api/{1}/{0}"></main><noscript>{2}</noscript>'
_FOOT = '<footer><p>Example shop</p></footer><script src="/assets/app.js"></script></body></html>'


def is_shell(page: int) -> bool:
    """Whether this page of the mixed shop needs its script; spread without a pattern that could be learnt.

    >>> sum(map(is_shell, range(1000)))
    100
    """
    block, place = divmod(page, SHELL_EVERY)
    return place == product(block).reviews % SHELL_EVERY


def shell_html(page: int, api: str = "list") -> str:
    """A listing page before its script has run."""
    return (_HEAD + _MAIN + _FOOT).format(page, api, " ".join(blurb(page + part) for part in range(4)))


def api_json(page: int) -> dict[str, Any]:
    """What the API says of a listing page."""
    numbers = range(page * CARDS, (page + 1) * CARDS)
    return {"page": page, "items": [{**product(number)._asdict(), "blurb": blurb(number)} for number in numbers]}


@functools.cache
def assets() -> dict[str, tuple[str, bytes]]:
    """Name -> content type and body."""
    return {
        "base.css": ("text/css", (_BASE + _rules("b", 120)).encode()),
        "theme.css": ("text/css", _rules("t", 150).encode()),
        "lib.js": ("text/javascript", _library().encode()),
        "page.js": ("text/javascript", _library()[:8000].rpartition("\n")[0].encode()),
        "app.js": ("text/javascript", (Path(__file__).parent / "cards.js").read_bytes()),
        "font.ttf": ("font/ttf", _font()),
    }


_BASE = """@font-face { font-family: Bench; src: url(/assets/font.ttf) }
body { font-family: Bench, sans-serif; margin: 0 }
.grid { display: grid; grid-template-columns: repeat(5, 1fr); gap: 12px }
.card { border: 1px solid #ccc; padding: 8px; box-shadow: 0 1px 3px #aaa }
"""


def _rules(prefix: str, count: int) -> str:
    choose = random.Random(prefix)  # noqa: S311  the same in every process
    return "".join(
        f".{prefix}{number} .x{number % 7} > p:nth-child({number % 5 + 1}) "
        f"{{ margin: {number % 9}px; color: #{choose.randrange(16**6):06x}; padding: {number % 4}px }}\n"
        for number in range(count)
    )


def _library() -> str:
    """A library of which a page uses little: 400 functions, each run once."""
    lines = [
        f"Lib.f{number} = (a, b) => {{ let s = 0; for (let i = 0; i < a; i++) s += b * i % {number + 3}; return s; }};"
        for number in range(400)
    ]
    use = "Lib.sum = 0;\nfor (let i = 0; i < 400; i++) Lib.sum += Lib['f' + i](50, 3);"
    return "\n".join(["window.Lib = {};", *lines, use])


def _font() -> bytes:
    """A font of this machine, if it has one: what it holds only matters to a browser that loads fonts."""
    found = sorted(Path("/usr/share/fonts").rglob("*.ttf"))
    return next((path.read_bytes() for path in found if path.stat().st_size > 30_000), bytes(40_000))


@functools.lru_cache(IMAGES)
def image(number: int) -> bytes:
    """One of a few images of some KB, noisy, so that decoding costs something."""
    side, choose = 96, random.Random(number)  # noqa: S311  the same in every process
    pixels = b"".join(
        b"\0" + bytes(choose.randrange(256) if choose.random() < 0.7 else 7 for _ in range(side)) for _ in range(side)
    )
    chunks = [
        _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 3, 0, 0, 0)),
        _chunk(b"PLTE", choose.randbytes(768)),
        _chunk(b"IDAT", zlib.compress(pixels, 6)),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
