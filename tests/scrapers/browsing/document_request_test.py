"""What a page's own request is sent with, and what is not sent with the others."""

from collections.abc import Callable
from typing import Any

from scrapers.browsing.order import Rendered, RenderOrder
from scrapers.browsing.tab import Tab
from scrapers.source_files.model_browser import Ready

KEY = (("X-Key", "s3cret"), ("Cookie", "seen=1"))


def render(run: Any, tab: Tab, port: int, path: str, **order: Any) -> Rendered:
    got: Rendered = run(tab.render(RenderOrder(f"http://127.0.0.1:{port}{path}", ready=Ready(css="html"), **order)))
    return got


def hit(server: Any, path: str) -> Any:
    return next(one for one in server.hits if one.path == path)


def test_headers_go_with_the_document_and_with_nothing_else(
    run: Any, server: Any, open_tab: Callable[..., Tab]
) -> None:
    server.on("/", server.page("<h1>a</h1><script src=/own.js></script><iframe src=/frame></iframe>"))
    tab = open_tab()
    run(tab.render(RenderOrder(f"http://127.0.0.1:{server.port}/", headers=KEY)))
    assert hit(server, "/").headers["x-key"] == "s3cret"
    assert hit(server, "/").headers["cookie"] == "seen=1"
    assert "x-key" not in hit(server, "/own.js").headers
    assert "x-key" not in hit(server, "/frame").headers
    render(run, tab, server.port, "/next")
    assert "x-key" not in hit(server, "/next").headers


def test_a_redirect_keeps_headers_within_the_origin_only(
    run: Any, server: Any, other_server: Any, open_tab: Callable[..., Tab]
) -> None:
    server.on("/", server.page(status=307, Location="/here"))
    server.on("/here", server.page(status=307, Location=f"http://127.0.0.1:{other_server.port}/there"))
    render(run, open_tab(), server.port, "/", headers=KEY, method="POST", body=b"a=1")
    assert hit(server, "/here").headers["x-key"] == "s3cret"
    assert "x-key" not in hit(other_server, "/there").headers
    assert "cookie" not in hit(other_server, "/there").headers


def test_method_and_body_are_sent(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    server.on("/", server.page("<h1>found</h1>"))
    body, headers = '{"query": "ä"}'.encode(), (("Content-Type", "application/json"),)
    assert render(run, open_tab(), server.port, "/", method="POST", body=body, headers=headers).status == 200
    seen = hit(server, "/")
    assert (seen.method, seen.body, seen.headers["content-type"]) == ("POST", body, "application/json")
