"""www.lamps.example and api.lamps.example: listings with pages, product pages, and a price API that wants a key.

Redesigned, as shops are one night: what was an `h3` in a card is an `h2` in the categories that were done first, and a
brand has another class everywhere.
"""

import json

from aiohttp import web

from demo.site.answers import answer, frame, json_answer, robots, text_of
from demo.site.catalogue import CATEGORIES, Product, in_category, products

__all__ = ["PRICE_KEY", "price_api", "shop"]

PAGE_SIZE = 20
PRICE_KEY = "lamps-for-the-demo"
ROBOTS = """User-agent: *
Disallow: /search
Disallow: /basket
Allow: /

Sitemap: http://www.lamps.example/sitemap.xml
"""


REDESIGNED = web.AppKey("redesigned", bool)
DONE_FIRST = ("pendants", "outdoor")


def shop(*, redesigned: bool = False) -> web.Application:
    app = web.Application()
    app[REDESIGNED] = redesigned
    app.router.add_get("/robots.txt", robots(ROBOTS))
    app.router.add_get("/", _home)
    app.router.add_get("/sitemap.xml", _sitemap)
    app.router.add_get("/c/{category}", _listing)
    app.router.add_get("/p/{sku}", _detail)
    return app


def price_api() -> web.Application:
    app = web.Application()
    app.router.add_get("/v2/prices/{sku}", _price)
    return app


async def _home(request: web.Request) -> web.Response:
    links = "".join(f'<li><a href="/c/{name}">{title}</a></li>' for name, title in CATEGORIES.items())
    return answer(request, frame("Lamps", f"<main><h1>Lamps</h1><ul class=categories>{links}</ul></main>"))


async def _sitemap(request: web.Request) -> web.Response:
    urls = "".join(f"<url><loc>http://www.lamps.example/p/{sku}</loc></url>" for sku in products())
    text = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
    return answer(request, text, "application/xml")


async def _listing(request: web.Request) -> web.Response:
    category = request.match_info["category"]
    if category not in CATEGORIES:
        return answer(request, frame("Not found", "<main><h1>404</h1></main>"), status=404)
    page = int(request.query.get("page", "1"))
    listed = in_category(category)
    cards = "\n".join(_card(product) for product in listed[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
    if request.app[REDESIGNED]:
        cards = _redesigned(cards, category)
    after = f'<a rel="next" href="?page={page + 1}">Next &rsaquo;</a>' if page * PAGE_SIZE < len(listed) else ""
    before = f'<a rel="prev" href="?page={page - 1}">&lsaquo; Previous</a>' if page > 1 else ""
    advert = '<article class="card ad"><h3><a href="/c/outdoor">Summer sale!</a></h3></article>'
    body = f"""<main><nav class=crumbs><a href="/">Lamps</a> &rsaquo; {CATEGORIES[category]}</nav>
<h1>{CATEGORIES[category]} <small>{len(listed)} products</small></h1>
<section class="grid">{cards}{advert}</section>
<nav class="pages">{before} <span>Page {page}</span> {after}</nav></main>"""
    return answer(request, frame(CATEGORIES[category], body))


def _card(product: Product) -> str:
    image = f'<img src="{product.image}" loading="lazy" alt="{text_of(product.title)}">' if product.image else ""
    rating = (
        f'<span class="rating" title="{product.rating} of 5">{"★" * round(product.rating)}</span> ({product.reviews})'
        if product.rating is not None
        else '<span class="rating none">not rated yet</span>'
    )
    tags = "".join(f"<li>{tag}</li>" for tag in product.tags)
    return f"""<article class="card" data-sku="{product.sku}">{image}
  <h3><a href="/p/{product.sku}?from=list">{text_of(product.title)}</a></h3>
  <p class="brand">{text_of(product.brand)}</p>
  <p>{rating}</p><ul class="tags">{tags}</ul>
  <p class="stock {"yes" if product.in_stock else "no"}">{"In stock" if product.in_stock else "Sold out"}</p>
</article>"""


def _redesigned(cards: str, category: str) -> str:
    cards = cards.replace('class="brand"', 'class="maker"')
    return cards.replace("h3>", "h2>") if category in DONE_FIRST else cards


async def _detail(request: web.Request) -> web.Response:
    """Outdoor's pages are windows-1252 and say so in a `<meta>` only: a shop that moved house once."""
    product = products().get(request.match_info["sku"])
    if product is None:
        return answer(request, frame("Not found", "<main><h1>404</h1></main>"), status=404)
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "sku": product.sku,
        "name": product.title,
        "gtin13": product.gtin,
        "brand": {"@type": "Brand", "name": product.brand},
    }
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    paragraphs = f'<div id="desc"><p>{text_of(product.description)}</p></div>' if product.watts != 40 else ""
    body = f"""<main itemscope><h1>{text_of(product.title)}</h1>{paragraphs}
<dl class="specs"><dt>Material</dt><dd>{product.material}</dd><dt>Power</dt><dd>{product.watts}&nbsp;W</dd>
<dt>Height</dt><dd>{product.height_cm:.1f} cm</dd></dl>
<div id="price" data-api="//api.lamps.example/v2/prices/{product.sku}"><noscript>Needs JavaScript</noscript></div>
</main>"""
    if product.category != "outdoor":
        return answer(request, frame(product.title, body, head=head))
    page = frame(product.title, body, head=head, charset="windows-1252")
    return answer(request, page, charset="windows-1252", say_charset=False)


async def _price(request: web.Request) -> web.Response:
    if request.headers.get("X-Key") != PRICE_KEY:
        return json_answer(request, {"error": "X-Key is missing or wrong"}, status=401)
    product = products().get(request.match_info["sku"])
    if product is None:
        return json_answer(request, {"error": "no such product"}, status=404)
    amount = None if product.amount is None else {"amount": product.amount, "currency": "EUR"}
    return json_answer(request, {"data": {"sku": product.sku, "price": amount}})
