"""api.books.example: a JSON API that hands out its collection by cursor."""

import base64
import random
from typing import Any

from aiohttp import web

from demo.site.answers import json_answer, robots

__all__ = ["BOOKS", "book", "books"]

BOOKS = 150
MOST_A_PAGE = 50
_AUTHORS = ["Božena Němcová", "Jorge Luis Borges", "Ursula K. Le Guin", "Wisława Szymborska", "紫式部", "Chinua Achebe"]
_NOUNS = ["River", "Clock", "Garden", "Island", "Mirror", "Orchard", "Lighthouse"]
_SUBJECTS = ["fiction", "poetry", "history", "travel", "essays"]


def books() -> web.Application:
    app = web.Application()
    app.router.add_get("/robots.txt", robots("User-agent: *\nAllow: /v1/\nCrawl-delay: 0\n"))
    app.router.add_get("/v1/books", _page)
    return app


def book(number: int) -> dict[str, Any]:
    """Book `number` as the API shows it: nested, with nulls and empty lists."""
    chance = random.Random(f"book:{number}")  # noqa: S311  demo data
    authors = chance.sample(_AUTHORS, chance.choice([1, 1, 1, 2]))
    return {
        "id": f"b{number:04}",
        "title": f"The {chance.choice(_NOUNS)} of the {chance.choice(_NOUNS)}, volume {number}",
        "authors": [{"name": name, "role": "author"} for name in authors],
        "published": f"{chance.randrange(1850, 2026)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
        "pages": chance.choice([None, *range(90, 900, 90)]),
        "isbn": f"978{chance.randrange(10**9, 10**10)}",
        "subjects": chance.sample(_SUBJECTS, chance.randrange(0, 3)),
        "lending": {
            "copies": chance.randrange(0, 9),
            "waiting": chance.randrange(0, 3),
            "digital": chance.random() < 0.4,
        },
    }


async def _page(request: web.Request) -> web.Response:
    """The cursor is opaque, as cursors are: base64 of a place in the collection; absent on the last page."""
    limit = min(int(request.query.get("limit", "25")), MOST_A_PAGE)
    cursor = request.query.get("cursor")
    try:
        start = int(base64.urlsafe_b64decode(cursor)[len("after:") :]) if cursor else 0
    except ValueError:
        return json_answer(request, {"error": {"code": "bad_cursor", "message": "The cursor is not one of ours."}}, 400)
    end = min(start + limit, BOOKS)
    following = base64.urlsafe_b64encode(f"after:{end}".encode()).decode() if end < BOOKS else None
    meta = {"total": BOOKS, "count": end - start, "next_cursor": following}
    return json_answer(request, {"data": [book(number) for number in range(start, end)], "meta": meta})
