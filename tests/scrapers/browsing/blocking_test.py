"""What a tab does not load."""

from collections.abc import Callable
from typing import Any

from scrapers.browsing.order import RenderOrder
from scrapers.browsing.tab import Tab
from scrapers.source_files.model_browser import Ready

PAGE = """<link rel=stylesheet href=/style.css><img src=/a.png><img src=/b.JPG?size=9><img src=/thumb?id=7>
<script src=/ads/show.js></script><script src=/own.js></script><script>fetch('/api?picture=a.png').then(
() => document.body.append(document.createElement('h1')), () => 0)</script>"""


def asked_for(run: Any, server: Any, tab: Tab, path: str = "/") -> set[str]:
    server.on(path, server.page(PAGE))
    run(tab.render(RenderOrder(f"http://127.0.0.1:{server.port}{path}", ready=Ready(css="h1", still_ms=300))))
    return set(server.paths()) - {"/favicon.ico"}


def test_kinds_are_known_by_the_extension_of_the_path(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(layout=True, block=("images", "stylesheets"))
    assert asked_for(run, server, tab) == {"/", "/thumb?id=7", "/ads/show.js", "/own.js", "/api?picture=a.png"}


def test_patterns_are_found_anywhere_in_a_url(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(layout=True, block_urls=("/ads/", "127.0.0.1:*.JPG", "thumb*=7"))
    assert asked_for(run, server, tab) == {"/", "/style.css", "/a.png", "/own.js", "/api?picture=a.png"}


def test_what_is_asked_for_itself_is_always_loaded(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    assert "/a.png/" in asked_for(run, server, open_tab(block=("images",), block_urls=("a.png/",)), "/a.png/")
