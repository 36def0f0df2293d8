"""www.weather.example: readings drawn on a canvas. The page's text has none of them; the JSON that its script gets has.

The API wants a token that stands in the page and differs from page to page, as such APIs do: the page is the way to it.
"""

import asyncio
import datetime as dt
import hashlib
import random
from typing import Any

from aiohttp import web

from demo.site.answers import answer, frame, json_answer, robots, script

__all__ = ["HOURS", "STATIONS", "weather"]

STATIONS = {"praha": "Praha-Karlov", "brno": "Brno-Tuřany", "lysa-hora": "Lysá hora"}
HOURS = 24
API_SECS = 0.03
_DAY = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


def weather() -> web.Application:
    app = web.Application()
    app.router.add_get("/robots.txt", robots("User-agent: *\nAllow: /\n"))
    app.router.add_get("/station/{station}", _station)
    app.router.add_get("/api/v2/readings", _readings)
    app.router.add_get("/api/v2/consent", _consent)
    app.router.add_get("/static/readings.js", script("readings"))
    return app


def _token(station: str) -> str:
    return hashlib.blake2b(f"token:{station}".encode(), digest_size=8).hexdigest()


def _reading(station: str, hour: int) -> dict[str, Any]:
    chance = random.Random(f"{station}:{hour}")  # noqa: S311  demo data
    return {
        "at": (_DAY + dt.timedelta(hours=hour)).isoformat(),
        "air": {"celsius": round(chance.uniform(-4, 21), 1), "humidity": chance.randrange(40, 100)},
        "wind": None if chance.random() < 0.1 else {"speed": round(chance.uniform(0, 14), 1)},
    }


async def _station(request: web.Request) -> web.Response:
    station = request.match_info["station"]
    if station not in STATIONS:
        return answer(request, frame("Not found", "<main><h1>404</h1></main>"), status=404)
    body = f"""<main><h1>{STATIONS[station]}</h1><p class="loading">Loading &hellip;</p>
<canvas width="500" height="120" data-station="{station}" data-token="{_token(station)}"></canvas></main>
<script src="/static/readings.js"></script>"""
    return answer(request, frame(STATIONS[station], body))


async def _readings(request: web.Request) -> web.Response:
    await asyncio.sleep(API_SECS)
    station = request.query.get("station", "")
    if station not in STATIONS or request.headers.get("X-Token") != _token(station):
        return json_answer(request, {"error": "token"}, status=403)
    readings = [_reading(station, hour) for hour in range(HOURS)]
    return json_answer(request, {"station": {"id": station, "name": STATIONS[station]}, "readings": readings})


async def _consent(request: web.Request) -> web.Response:
    return json_answer(request, {"readings": "no: this is the consent banner's answer", "vendors": 312})
