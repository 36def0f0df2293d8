"""A page in a browser is one request to its host, whatever it fetches for itself."""

from typing import Any

import pytest

from scrapers.browsing.executable import BrowserMissing, find_browser

try:
    find_browser()
except BrowserMissing as missing:
    pytest.skip(f"needs: Chromium ({missing})", allow_module_level=True)


def test_a_rendered_page_is_one_request_at_its_host_s_pace(crawl: Any, server: Any) -> None:
    server.on_all(server.page("<b>x</b><script src=/more.js></script><script>fetch('/data.json')</script>"))
    source = {"fetch": {"mode": "browser", "ready": {"css": "b"}}, "politeness": {"delay_secs": 0.1, "concurrency": 1}}

    done = crawl(["/1", "/2", "/3"], source=source)

    assert done.reasons == {"pages": 3}
    use = done.hosts["shop.test"]
    assert (use.requests, use.robots, use.most_at_once, use.short_gaps) == (4, 1, 1, 0)
    assert use.min_gap_secs >= 0.1 - 0.01
    assert len(server.hits) > 4
