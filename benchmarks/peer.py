"""The peer: Scrapy with parsel, newline JSON. Run by its own environment: `python peer.py BASE PAGES OUT [BROWSER]`.

Its settings are the fast ones: no robots.txt, no cookies, no delay, as many requests at once as ours. With a BROWSER
the pages go through scrapy-playwright, whose fast settings are: what is not needed aborted, the browser's own headers.
"""

import sys
from collections.abc import AsyncIterator
from typing import Any

import orjson
import scrapy
from scrapy.crawler import CrawlerProcess

CONCURRENCY, TABS = 16, 4
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

UNNEEDED = {"image", "font", "stylesheet", "media"}
HANDLER = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"


def browser_settings(path: str) -> dict[str, Any]:
    """What scrapy-playwright adds."""
    return {
        "CONCURRENT_REQUESTS": TABS,
        "CONCURRENT_REQUESTS_PER_DOMAIN": TABS,
        "DOWNLOAD_HANDLERS": {"http": HANDLER, "https": HANDLER},
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {"executable_path": path},
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": TABS,
        "PLAYWRIGHT_ABORT_REQUEST": lambda request: request.resource_type in UNNEEDED,
        "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": None,
    }


def in_a_browser() -> dict[str, Any]:
    """What a request says so that a browser opens it, and waits for the cards."""
    from scrapy_playwright.page import PageMethod

    ready = PageMethod("wait_for_selector", "article.card", state="attached")
    goto = {"wait_until": "domcontentloaded"}
    return {"playwright": True, "playwright_page_goto_kwargs": goto, "playwright_page_methods": [ready]}


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

    def __init__(self, base: str, pages: int, out: str, browser: str) -> None:
        super().__init__()
        self.base, self.pages, self.browser = base, pages, browser
        self.file = open(out, "wb")  # noqa: SIM115  closed with the spider

    async def start(self) -> AsyncIterator[Any]:
        for number in range(self.pages):
            meta = in_a_browser() if self.browser else None
            yield scrapy.Request(f"{self.base}/list/{number}", meta=meta)

    def parse(self, response: Any) -> None:
        rows = [row(card) for card in response.css("article.card")]
        self.file.write(b"".join(orjson.dumps(one) + b"\n" for one in rows))

    def closed(self, _reason: str) -> None:
        self.file.close()


if __name__ == "__main__":
    browser = sys.argv[4] if len(sys.argv) > 4 else ""
    process = CrawlerProcess(SETTINGS | (browser_settings(browser) if browser else {}))
    process.crawl(Listings, base=sys.argv[1], pages=int(sys.argv[2]), out=sys.argv[3], browser=browser)
    process.start()
