"""Events for sources whose pages a browser makes, beside others."""

from typing import Any

import psutil
import pytest

from scrapers.browsing.executable import BrowserMissing, find_browser

try:
    find_browser()
except BrowserMissing as missing:
    pytest.skip(f"needs: Chromium ({missing})", allow_module_level=True)

pytestmark = pytest.mark.timeout(240)
SCRIPT = """<script>setTimeout(() => {{ const b = document.createElement('b'); b.id = '{0}'; b.textContent = 'x';
document.body.append(b) }}, 30)</script>"""
BROWSER = {"fetch": {"mode": "browser", "ready": {"css": "b"}}}


def test_pages_that_a_browser_makes_become_rows(streaming: Any, site: Any, write_source: Any, wait_until: Any) -> None:
    def page(wanted: str) -> str:
        return f"<b id='{wanted}'>x</b>" if wanted.startswith("plain.") else SCRIPT.format(wanted)

    write_source("shop", pages=3, hosts=("shop.test",), **BROWSER)
    write_source("auto", pages=3, hosts=("auto.test",), fetch={"mode": "auto", "ready": {"css": "b"}})
    write_source("plain", pages=3, hosts=("plain.test",))
    before = {one.pid for one in psutil.Process().children(recursive=True)}
    stop = streaming.serve(site(page), tabs=2)
    streaming.put("shop", "plain")
    streaming.put("auto")
    streaming.put("shop", urls=["http://shop.test/p/9"])
    streaming.wait_for(3)
    stop()

    pages = [*(f"shop.test/p/{number}" for number in (1, 2, 3, 9)), *(f"auto.test/p/{number}" for number in (1, 2, 3))]
    assert streaming.skus() == sorted([*pages, *(f"plain.test/p/{number}" for number in (1, 2, 3))])
    rendered = sorted((one["source"], one["pages_rendered"]) for one in streaming.run.records("executions"))
    assert rendered == [("auto", 3), ("plain", 0), ("shop", 1), ("shop", 3)]
    wait_until(lambda: {one.pid for one in psutil.Process().children(recursive=True)} <= before)


def test_a_page_that_is_never_ready_keeps_nobody_and_ends_at_its_limit(
    streaming: Any, site: Any, write_source: Any
) -> None:
    write_source("never", pages=1, hosts=("never.test",), fetch={**BROWSER["fetch"], "timeout_secs": 3, "retries": 0})
    write_source("shop", pages=2, **BROWSER)
    stop = streaming.serve(site(lambda wanted: "" if "never" in wanted else SCRIPT.format(wanted)), tabs=2)
    streaming.put("never")
    streaming.put("shop")
    streaming.wait_for(2)
    stop()
    assert streaming.skus() == ["shop.test/p/1", "shop.test/p/2"]
    [letter] = streaming.run.records("dead_letters")
    assert (letter["source"], letter["stage"]) == ("never", "scrape")
    told = {one["scraper_name"]: one["status"] for one in streaming.told()}
    assert told == {"never": "failed", "shop": "success"}
