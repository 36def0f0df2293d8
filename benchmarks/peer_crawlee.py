"""A peer: crawlee's PlaywrightCrawler, newline JSON. In its environment: `peer_crawlee.py BASE PAGES OUT BROWSER`.

Its settings are the fast ones: requests in memory, no sessions, what is not needed blocked by the browser itself, as
many pages at once as ours, and the rows taken out inside the page, in one call, as text.
"""

import asyncio
import logging
import sys
from typing import Any

import orjson
from crawlee import ConcurrencySettings
from crawlee.browsers import BrowserPool
from crawlee.crawlers import PlaywrightCrawler
from crawlee.storage_clients import MemoryStorageClient

TABS = 4
BLOCKED = ["*.png", "*.jpg", "*.css", "*.ttf", "*.woff2"]
ROWS = """() => JSON.stringify(Array.from(document.querySelectorAll("article.card"), card => {
  const one = css => card.querySelector(css), link = one("h2.title a"), price = one("p.price");
  return {sku: card.dataset.sku, title: link.textContent, price: +one(".amount").textContent,
    currency: price.dataset.currency, rating: +one(".stars").dataset.rating,
    reviews: parseInt(one(".reviews").textContent), in_stock: one(".stock").classList.contains("yes"),
    url: link.getAttribute("href")};
}))"""


def crawler_with(browser: str) -> PlaywrightCrawler:
    """A crawler without a sandbox, as the other peer has none."""
    launch = {"executable_path": browser, "chromium_sandbox": False}
    return PlaywrightCrawler(
        browser_pool=BrowserPool.with_default_plugin(
            browser_type="chromium", headless=True, browser_launch_options=launch
        ),
        goto_options={"wait_until": "domcontentloaded"},
        storage_client=MemoryStorageClient(),
        concurrency_settings=ConcurrencySettings(min_concurrency=TABS, max_concurrency=TABS, desired_concurrency=TABS),
        configure_logging=False,
        use_session_pool=False,
        retry_on_blocked=False,
    )


async def crawl(base: str, pages: int, out: str, browser: str) -> None:
    """Every listing page once."""
    crawler = crawler_with(browser)
    with open(out, "wb") as file:  # noqa: ASYNC230  a few KB now and then

        async def block(context: Any) -> None:
            await context.block_requests(url_patterns=BLOCKED)

        async def read(context: Any) -> None:
            await context.page.wait_for_selector("article.card", state="attached")
            rows = orjson.loads(await context.page.evaluate(ROWS))
            file.write(b"".join(orjson.dumps(one) + b"\n" for one in rows))

        crawler.pre_navigation_hook(block)
        crawler.router.default_handler(read)
        await crawler.run([f"{base}/list/{number}" for number in range(pages)])


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(crawl(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]))
