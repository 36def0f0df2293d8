"""Sources with proxies, in the browser: everything goes through them, pages that cannot say which one failed."""

from collections.abc import Iterator
from typing import Any

import pytest

from scrapers.browsing.executable import BrowserMissing, find_browser
from tests.scrapers.fetching.proxied_session_test import PASSWORD, SECRETS, dead_port, through
from tests.scrapers.forward_proxy import ForwardProxy, forwarding

try:
    find_browser()
except BrowserMissing as missing:
    pytest.skip(f"needs: Chromium ({missing})", allow_module_level=True)

PAGE = """<script>fetch('/data.json').then(answer => answer.text()).then(text => {
const b = document.createElement('b'); b.textContent = text; document.body.append(b)})</script>"""
BROWSER: dict[str, Any] = {"fetch": {"mode": "browser", "ready": {"css": "b"}, "timeout_secs": 60}}


@pytest.fixture
def site(server: Any) -> Any:
    server.on_all(server.page(PAGE))
    server.on("/data.json", server.page("data"))
    return server


@pytest.fixture
def proxy(site: Any) -> Iterator[ForwardProxy]:
    with forwarding(site.port, f"ann:{PASSWORD}") as running:
        yield running


def test_a_page_and_what_it_fetches_go_through_the_proxy(crawl: Any, site: Any, proxy: Any) -> None:
    source = through(proxy.port, user="ann:${secret.p}", **BROWSER)
    done = crawl(["/a", "/b"], source=source, secrets=SECRETS.__getitem__)
    assert done.reasons == {"pages": 2}
    assert done.items == ["data", "data"]
    assert {"http://shop.test/a", "http://shop.test/b", "http://shop.test/data.json"} <= set(proxy.urls)
    assert all("proxy-authorization" not in hit.headers for hit in site.hits)
    assert PASSWORD not in repr(done.scraped)


def test_where_a_proxy_fails_the_browser_uses_the_other_one(crawl: Any, site: Any) -> None:
    with forwarding(site.port) as good:
        done = crawl(["/a", "/b"], source=through(dead_port(), good.port, **BROWSER))
        assert done.reasons == {"pages": 2}
        assert "http://shop.test/a" in good.urls


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_wrong_password_is_a_failed_connection_and_no_page(crawl: Any, site: Any, proxy: Any, scheme: str) -> None:
    polite = {"delay_secs": 0, "robots": {"ignore": True, "because": "test"}}
    source = through(proxy.port, user="ann:${secret.p}", politeness=polite, **BROWSER)
    letter = crawl([f"{scheme}://shop.test/a"], source=source, secrets={"p": "another-password"}.__getitem__).letters[
        "/a"
    ]
    assert letter.reason == "connection"
    assert "the proxy p0.test:3128" in letter.message
    assert "it answered 407 for shop.test:" in letter.message
    assert "another-password" not in repr(letter)
    assert site.hits == []


def test_a_page_cannot_reach_a_private_address_through_the_proxy(crawl: Any, site: Any, proxy: Any) -> None:
    site.on("/a", site.page("<b>a</b><img src=http://10.0.0.1/x.png><script>fetch('http://192.168.0.1/y')</script>"))
    source = through(proxy.port, user="ann:${secret.p}", **BROWSER)
    done = crawl(["/a", "http://10.0.0.1/"], source=source, secrets=SECRETS.__getitem__)
    assert done.reasons == {"pages": 1, "address_refused": 1}
    assert all("shop.test" in line for line in proxy.asked)
