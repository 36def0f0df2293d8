"""www.records.example: a shop for second-hand records, moving from a server that makes its pages to scripts that do.

Listings and most record pages are complete as they come. The page of every sixth record is already the new kind: a
shell whose script asks an API for the record and fills it in.
"""

import asyncio
import json
import random
from typing import Any

from aiohttp import web

from demo.site.answers import answer, frame, json_answer, robots, script, text_of

__all__ = ["EMPTY_SHELLS", "RECORDS", "record", "records"]

RECORDS = 48
A_PAGE = 16
API_SECS = 0.03
_BANDS = ["Plastic Rooftops", "Die Nachtzüge", "Café Olé", "The Long Weekend", "Ida & the Ferry"]
_NAMES = ["Blue Hours", "Kilometre Zero", "Static", "Every Other Sunday", "Paper Moons"]
_GRADES = ["M", "NM", "VG+", "VG", "G"]


def is_shell(number: int) -> bool:
    """Whether the shop has moved this record's page already."""
    return number % 6 == 4


EMPTY_SHELLS = sum(map(is_shell, range(RECORDS)))


def records() -> web.Application:
    app = web.Application()
    app.router.add_get("/robots.txt", robots("User-agent: *\nDisallow: /basket\n"))
    app.router.add_get("/records", _listing)
    app.router.add_get("/record/{number:[0-9]+}", _page)
    app.router.add_get("/api/record/{number:[0-9]+}", _api)
    app.router.add_get("/static/record.js", script("record"))
    return app


def record(number: int) -> dict[str, Any]:
    """Record `number`, as the API gives it."""
    chance = random.Random(f"record:{number}")  # noqa: S311  demo data
    return {
        "id": f"R{number:03}",
        "title": f"{chance.choice(_BANDS)} – {chance.choice(_NAMES)}",
        "price": f"{chance.randrange(400, 9900) / 100:.2f}",
        "grade": chance.choice(_GRADES),
        "tracks": [f"Side {side}, {chance.choice(_NAMES)}" for side in "AB" for _ in range(chance.randrange(3, 6))],
    }


async def _listing(request: web.Request) -> web.Response:
    page = int(request.query.get("page", "1"))
    numbers = range((page - 1) * A_PAGE, min(page * A_PAGE, RECORDS))
    lines = "".join(
        f'<li data-id="{record(number)["id"]}"><a href="/record/{number}">{text_of(record(number)["title"])}</a></li>'
        for number in numbers
    )
    following = f'<a rel="next" href="?page={page + 1}">Next</a>' if page * A_PAGE < RECORDS else ""
    return answer(request, frame("Records", f'<main><ul class="records">{lines}</ul>{following}</main>'))


async def _page(request: web.Request) -> web.Response:
    number = int(request.match_info["number"])
    if number >= RECORDS:
        return answer(request, frame("Not found", "<main><h1>404</h1></main>"), status=404)
    if is_shell(number):
        shell = f"""<main id="app" data-api="/api/record/{number}"><p class="spinner">Loading &hellip;</p></main>
<script src="/static/record.js"></script>"""
        return answer(request, frame("Records", shell))
    shown = record(number)
    tracks = "".join(f"<li>{text_of(track)}</li>" for track in shown["tracks"])
    body = f"""<main id="app"><h1>{text_of(shown["title"])}</h1><p class="price">{shown["price"]} EUR</p>
<p class="grade">{shown["grade"]}</p><ol class="tracks">{tracks}</ol></main>
<script>window.__shown = {json.dumps(shown["id"])};</script>"""
    return answer(request, frame(shown["title"], body))


async def _api(request: web.Request) -> web.Response:
    await asyncio.sleep(API_SECS)
    return json_answer(request, record(int(request.match_info["number"])))
