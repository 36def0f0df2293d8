"""All hosts of the demo on one port."""

from aiohttp import web

from demo.site.answers import answer, frame
from demo.site.books import books
from demo.site.broken import broken
from demo.site.club import club
from demo.site.events import events, tickets
from demo.site.gallery import gallery
from demo.site.league import league
from demo.site.records import records
from demo.site.shop import price_api, shop
from demo.site.weather import weather

__all__ = ["HOSTS", "build_app", "start"]

HOSTS = {
    "www.lamps.example": shop,
    "api.lamps.example": price_api,
    "api.books.example": books,
    "www.events.example": events,
    "tickets.example": tickets,
    "stats.league.example": league,
    "www.broken.example": broken,
    "www.gallery.example": gallery,
    "www.records.example": records,
    "www.weather.example": weather,
    "members.club.example": club,
}


def build_app(*, redesigned: bool = False) -> web.Application:
    """The hosts told apart by the Host header; any other host gets a list of them.

    Args:
      redesigned: the lamp shop has another markup, which its source file does not know.
    """
    app = web.Application()
    for host, build in HOSTS.items():
        app.add_domain(host, shop(redesigned=True) if redesigned and build is shop else build())
    app.router.add_get("/", _other_host)
    return app


async def _other_host(request: web.Request) -> web.Response:
    names = "".join(f"<li>{host}</li>" for host in HOSTS)
    return answer(request, frame("Demo", f"<main><p>This port serves these hosts:</p><ul>{names}</ul></main>"))


async def start(port: int = 0, *, redesigned: bool = False) -> tuple[web.AppRunner, int]:
    """Listens on loopback. Port 0 takes a free one; the second value is the port taken."""
    runner = web.AppRunner(build_app(redesigned=redesigned), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    return runner, runner.addresses[0][1]
