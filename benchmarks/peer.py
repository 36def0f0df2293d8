"""The peer: Scrapy with parsel, newline JSON. Run by its own environment: `python peer.py BASE PAGES OUT`.

Its settings are the fast ones: no robots.txt, no cookies, no delay, as many requests at once as ours.
"""

import sys
from collections.abc import AsyncIterator
from typing import Any

import orjson
import scrapy
from scrapy.crawler import CrawlerProcess

CONCURRENCY = 16
SETTINGS = {
    "LOG_LEVEL": "ERROR",
    "TELNETCONSOLE_ENABLED": False,
    "ROBOTSTXT_OBEY": False,
    "COOKIES_ENABLED": False,
    "RETRY_TIMES": 3,
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS": CONCURRENCY,
    "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
    "AUTOTHROTTLE_ENABLED": False,
    "DNSCACHE_ENABLED": True,
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
}


def row(card: Any) -> dict[str, Any]:
    """The eight fields of one card."""
    return {
        "sku": card.attrib["data-sku"],
        "title": card.css("h2.title a::text").get(),
        "price": float(card.css(".amount::text").get()),
        "currency": card.css("p.price::attr(data-currency)").get(),
        "rating": float(card.css(".stars::attr(data-rating)").get()),
        "reviews": int(card.css(".reviews::text").get().split(" ", 1)[0]),
        "in_stock": "yes" in card.css(".stock::attr(class)").get(),
        "url": card.css("h2.title a::attr(href)").get(),
    }


class Listings(scrapy.Spider):  # type: ignore[misc]
    """Every listing page once."""

    name = "listings"

    def __init__(self, base: str, pages: int, out: str) -> None:
        super().__init__()
        self.base, self.pages = base, pages
        self.file = open(out, "wb")  # noqa: SIM115  closed with the spider

    async def start(self) -> AsyncIterator[Any]:
        for number in range(self.pages):
            yield scrapy.Request(f"{self.base}/list/{number}")

    def parse(self, response: Any) -> None:
        rows = [row(card) for card in response.css("article.card")]
        self.file.write(b"".join(orjson.dumps(one) + b"\n" for one in rows))

    def closed(self, _reason: str) -> None:
        self.file.close()


if __name__ == "__main__":
    process = CrawlerProcess(SETTINGS)
    process.crawl(Listings, base=sys.argv[1], pages=int(sys.argv[2]), out=sys.argv[3])
    process.start()
