"""www.gallery.example: a museum's works on a page that grows as one scrolls, and in one that keeps only what is seen.

The documents are shells. A script asks an API for the works, 24 at a time, whenever it sees the end of the list.
`/shelves` shows the same works as large lists do: rows that left the screen are taken out of the document.
"""

import asyncio
import random
from typing import Any

from aiohttp import web

from demo.site.answers import answer, frame, json_answer, robots, script

__all__ = ["WORKS", "gallery", "work"]

WORKS = 132
A_PAGE = 24
API_SECS = 0.03
_ARTISTS = ["Toyen", "Hilma af Klint", "Josef Čapek", "Berthe Morisot", "葛飾応為", "Amrita Sher-Gil", "Unknown"]
_MEDIA = ["oil on canvas", "tempera", "woodcut", "gouache & ink", "bronze"]
_THINGS = ["Bridge", "Orchard", "Sleeper", "Harbour", "Two Figures", "Interior", "Winter"]

_STYLE = """<style>
.works { display: grid; grid-template-columns: repeat(4, 1fr); gap: 16px }
.work { height: 320px; border: 1px solid #ddd } .skeleton { opacity: .3 }
.shelves { position: relative; list-style: none } .shelves li { position: absolute; height: 72px; left: 0; right: 0 }
</style>"""


def gallery() -> web.Application:
    app = web.Application()
    app.router.add_get("/robots.txt", robots("User-agent: *\nAllow: /\n"))
    app.router.add_get("/works", _works)
    app.router.add_get("/shelves", _shelves)
    app.router.add_get("/api/works", _api)
    app.router.add_get("/static/works.js", script("works"))
    app.router.add_get("/static/shelves.js", script("shelves"))
    return app


def work(number: int) -> dict[str, Any]:
    """Work `number` as the API gives it; every eleventh is undated."""
    chance = random.Random(f"work:{number}")  # noqa: S311  demo data
    return {
        "id": f"G{number:04}",
        "title": f"{chance.choice(_THINGS)}, no. {number}",
        "artist": chance.choice(_ARTISTS),
        "medium": chance.choice(_MEDIA),
        "year": None if number % 11 == 5 else chance.randrange(1780, 1990),
    }


async def _works(request: web.Request) -> web.Response:
    body = """<main><h1>Works</h1><section class="works"></section><p class="end">Loading &hellip;</p></main>
<script src="/static/works.js"></script>"""
    return answer(request, frame("Gallery", body, head=_STYLE))


async def _shelves(request: web.Request) -> web.Response:
    body = """<main><h1>On the shelves</h1><ul class="shelves"></ul></main>
<script src="/static/shelves.js"></script>"""
    return answer(request, frame("Gallery", body, head=_STYLE))


async def _api(request: web.Request) -> web.Response:
    await asyncio.sleep(API_SECS)
    start = int(request.query.get("offset", "0"))
    end = min(start + A_PAGE, WORKS)
    made = [work(number) for number in range(start, end)]
    return json_answer(request, {"works": made, "next": end if end < WORKS else None})
