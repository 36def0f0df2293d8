"""www.broken.example: a shop where nearly everything goes wrong, each page in its own way.

Every page is an ordinary product page underneath, so that one source file reads them all and each failure stands alone.
"""

import asyncio
import gzip
import time

from aiohttp import web

from demo.site.answers import answer, frame, robots
from demo.site.broken_app import add_broken_app

__all__ = ["broken"]

BOMB_BYTES = 200_000_000
HEALS_AFTER_SECS = 1.0
GOOD = """<article class="product" data-sku="{sku}">
<h1>{title}</h1><b class="price">{price}</b><i class="stock">{stock}</i></article>"""

_first_asked: dict[str, float] = {}


def broken() -> web.Application:
    app = web.Application()
    app.router.add_get("/robots.txt", robots("User-agent: *\nDisallow: /private/\n"))
    for path, handler in {
        "/fine": _fine,
        "/broken-utf8": _broken_utf8,
        "/always-500": _always_500,
        "/busy-429": _busy_429,
        "/missing": _missing,
        "/gone": _gone,
        "/redesigned": _redesigned,
        "/every-field-wrong": _every_field_wrong,
        "/blocked": _blocked,
        "/login": _login,
        "/hangs": _hangs,
        "/private/page": _fine,
        "/to-metadata": _to_metadata,
        "/cut": _cut,
        "/bomb": _bomb,
        "/brochure": _brochure,
    }.items():
        app.router.add_get(path, handler)
    add_broken_app(app)
    return app


def _page(sku: str, title: str = "A lamp", price: str = "12.50", stock: str = "3") -> str:
    return frame("Broken", f"<main>{GOOD.format(sku=sku, title=title, price=price, stock=stock)}</main>")


async def _fine(request: web.Request) -> web.Response:
    return answer(request, _page("fine"))


async def _broken_utf8(request: web.Request) -> web.Response:
    """Says UTF-8 and is not quite: still a page."""
    body = _page("broken-utf8", "Caf\N{LATIN SMALL LETTER E WITH ACUTE} lamp").encode("latin-1", "ignore")
    return web.Response(body=body, headers={"Content-Type": "text/html; charset=utf-8"})


async def _always_500(request: web.Request) -> web.Response:
    return answer(request, frame("Error", "<h1>Internal Server Error</h1>"), status=500)


async def _busy_429(request: web.Request) -> web.Response:
    """Too many requests at first, and fine a second later."""
    since = time.monotonic() - _first_asked.setdefault(request.path, time.monotonic())
    if since >= HEALS_AFTER_SECS:
        return answer(request, _page("busy-429"))
    refusal = answer(request, "Slow down", "text/plain", status=429)
    refusal.headers["Retry-After"] = "1"
    return refusal


async def _missing(request: web.Request) -> web.Response:
    return answer(request, frame("Not found", "<h1>We cannot find that page</h1>"), status=404)


async def _gone(request: web.Request) -> web.Response:
    return answer(request, frame("Gone", "<h1>No longer sold</h1>"), status=410)


async def _redesigned(request: web.Request) -> web.Response:
    """The same product after a relaunch: nothing that the selectors look for."""
    body = '<main><div class="pdp-hero" data-id="redesigned"><h2>A lamp</h2><span data-amount=1250></span></div></main>'
    return answer(request, frame("Broken", body))


async def _every_field_wrong(request: web.Request) -> web.Response:
    return answer(request, _page("not a sku!", title="", price="on request", stock="minus two"))


async def _blocked(request: web.Request) -> web.Response:
    """A bot wall's page, with status 200 as they come."""
    body = """<div class="main-wrapper"><h1>www.broken.example</h1><h2>Checking if the site connection is secure</h2>
<div id="challenge-running"></div><noscript>Enable JavaScript and cookies to continue</noscript>
<form id="challenge-form" action="/?__cf_chl_f_tk=abc" method="POST"></form>
<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></div>"""
    return answer(request, frame("Just a moment...", body))


async def _login(request: web.Request) -> web.Response:
    body = """<main><h1>Log in to continue</h1><form id="loginForm" action="/login" method="post">
<input type="text" name="username" autocomplete="username">
<input type="password" name="password" autocomplete="current-password">
<button type="submit">Log in</button></form></main>"""
    return answer(request, frame("Log in", body))


async def _hangs(request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return answer(request, _page("hangs"))


async def _to_metadata(request: web.Request) -> web.Response:
    """Where a cloud machine would hand out its credentials."""
    return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})


async def _cut(request: web.Request) -> web.StreamResponse:
    """Promises a length and hangs up half-way."""
    body = _page("cut").encode()
    response = web.StreamResponse(
        headers={"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
    )
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _bomb(request: web.Request) -> web.Response:
    """200 kB that unpack to 200 MB: one small gzip member again and again, so that packing it takes no time."""
    body = gzip.compress(b" " * 1_000_000) * (BOMB_BYTES // 1_000_000)
    return web.Response(body=body, headers={"Content-Type": "text/html", "Content-Encoding": "gzip"})


async def _brochure(request: web.Request) -> web.Response:
    return web.Response(body=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", content_type="application/pdf")
