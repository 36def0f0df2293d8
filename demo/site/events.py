"""www.events.example and tickets.example: events described by JSON-LD, found through sitemaps.

The JSON-LD is as sites write it: one graph whose objects refer to each other by @id, types in lists, HTML entities, a
comma too many here and a comment around it there. Every sixth event is on the ticket seller's host.
"""

import datetime as dt
import gzip
import json
import random
from typing import Any

from aiohttp import web

from demo.site.answers import answer, frame, robots, text_of

__all__ = ["EVENTS", "events", "tickets"]

EVENTS = 60
AT_TICKETS = 6
ZONE = dt.timezone(dt.timedelta(hours=2))
_KINDS = ["MusicEvent", "TheaterEvent", "ExhibitionEvent", "Event"]
_VENUES = [("v1", "Lucerna", "Vodičkova 36"), ("v2", "Café V lese", "Krymská 12"), ("v3", "Old Town Hall", "Square 1")]
_NAMES = ["The Quiet Gears", "Orchestra of Small Things", "Jana & the Lamps", "Compañía Azul", "Trio Nocturne"]
_HOSTS = {False: "www.events.example", True: "tickets.example"}


def events() -> web.Application:
    app = web.Application()
    app.router.add_get(
        "/robots.txt", robots("Sitemap: http://www.events.example/sitemap.xml\nUser-agent: *\nDisallow: /admin\n")
    )
    app.router.add_get("/sitemap.xml", _sitemap_index)
    app.router.add_get("/sitemap-events.xml.gz", _sitemap)
    app.router.add_get("/event/{number:[0-9]+}", _event)
    app.router.add_get("/about", _about)
    return app


def tickets() -> web.Application:
    """A host without a robots.txt: 404 allows everything."""
    app = web.Application()
    app.router.add_get("/event/{number:[0-9]+}", _event)
    return app


def _url(number: int) -> str:
    return f"http://{_HOSTS[number % AT_TICKETS == 0]}/event/{number}"


async def _about(request: web.Request) -> web.Response:
    return answer(request, frame("What's on", "<main><h1>About us</h1><p>We list what's on.</p></main>"))


async def _sitemap_index(request: web.Request) -> web.Response:
    text = """<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <sitemap><loc>http://www.events.example/sitemap-events.xml.gz</loc><lastmod>2026-05-01</lastmod></sitemap>
</sitemapindex>"""
    return answer(request, text, "application/xml")


async def _sitemap(request: web.Request) -> web.Response:
    """A gzip file, not a gzipped answer: the client has to unpack it."""
    lines = [
        f"<url><loc>{_url(number)}</loc><lastmod>2026-04-30T10:00:00+02:00</lastmod></url>" for number in range(EVENTS)
    ]
    lines.append("<url><loc>http://www.events.example/about</loc></url>")
    urlset = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(lines)}</urlset>'
    return web.Response(body=gzip.compress(urlset.encode(), mtime=0), content_type="application/gzip")


def _graph(number: int) -> dict[str, Any]:
    chance = random.Random(f"event:{number}")  # noqa: S311  demo data
    kind, (venue, place, street) = chance.choice(_KINDS), chance.choice(_VENUES)
    performers = chance.sample(_NAMES, chance.choice([1, 1, 2]))
    start = dt.datetime(2026, 6, 1, 19, 30, tzinfo=ZONE) + dt.timedelta(days=number, minutes=30 * chance.randrange(4))
    event = {
        "@type": [kind] if number % 2 else kind,
        "@id": f"{_url(number)}#event",
        "name": f"{performers[0]} &amp; friends" if number % 5 == 0 else f"{performers[0]} – evening {number}",
        "startDate": start.isoformat(),
        "endDate": (start + dt.timedelta(hours=2)).isoformat() if number % 3 else None,
        "eventStatus": f"https://schema.org/{'EventCancelled' if number % 20 == 7 else 'EventScheduled'}",
        "location": {"@id": f"#{venue}"},
        "organizer": {"@id": "#org"},
        "performer": [{"@id": f"#p{place}"} for place in range(len(performers))],
        "offers": [{"@type": "Offer", "price": f"{chance.randrange(9, 80)},50", "priceCurrency": "CZK"}]
        if number % 4
        else [],
    }
    address = {"@type": "PostalAddress", "streetAddress": street, "addressLocality": "Praha", "addressCountry": "CZ"}
    others = [
        {"@type": "WebPage", "@id": _url(number), "name": "What's on"},
        {"@type": "Place", "@id": f"#{venue}", "name": place, "address": address},
        {"@type": "Organization", "@id": "#org", "name": "Město kultury, o.p.s.", "url": "http://www.events.example/"},
        *({"@type": "PerformingGroup", "@id": f"#p{place}", "name": name} for place, name in enumerate(performers)),
    ]
    return {"@context": "https://schema.org", "@graph": [*others[:2], event, *others[2:]]}


def _as_written(number: int, graph: dict[str, Any]) -> str:
    """Most sites write JSON; some write nearly JSON."""
    text = json.dumps(graph, ensure_ascii=number % 2 == 0, indent=1)
    if number % 10 == 3:
        text = text.removesuffix("\n}") + ",\n}"
    if number % 10 == 4:
        text = f"<!--\n{text}\n-->"
    if number % 10 == 8:
        text = f"//<![CDATA[\n{text}\n//]]>"
    return text


async def _event(request: web.Request) -> web.Response:
    number = int(request.match_info["number"])
    if number >= EVENTS:
        return answer(request, frame("Not found", "<main><h1>404</h1></main>"), status=404)
    graph = _graph(number)
    name = next(node["name"] for node in graph["@graph"] if "startDate" in node)
    crumbs = {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": []}
    head = f"""<meta property="og:title" content="{text_of(name)}"><meta property="og:type" content="website">
<script type="application/ld+json">{json.dumps(crumbs)}</script>
<script type="application/ld+json">{_as_written(number, graph)}</script>"""
    body = f"<main><h1>{text_of(name)}</h1><p>Tickets at the door.</p></main>"
    return answer(request, frame("What's on", body, head=head, lang="cs"))
