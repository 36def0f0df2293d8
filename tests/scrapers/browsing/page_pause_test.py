"""While nobody wants a tab its page does nothing; the next page in it is like any other."""

from collections.abc import Callable
from typing import Any

import pytest

from scrapers.browsing.order import RenderOrder
from scrapers.browsing.tab import Tab
from scrapers.source_files.model_browser import Ready

BUSY = "<h1>page</h1><script>setInterval(() => fetch('/tick'), 20)</script>"
SCRIPTED = "<script>document.write('<h2>made by a script</h2>')</script>"


@pytest.fixture
def busy_tab(run: Any, server: Any, open_tab: Callable[..., Tab], wait_until: Callable[..., None]) -> Tab:
    """A tab whose page asks for /tick all the time."""
    server.on("/", server.page(BUSY))
    server.on("/tick", server.page(""))
    server.on("/next", server.page(SCRIPTED))
    tab = open_tab()
    run(tab.render(order(server, "/", "h1")))
    wait_until(lambda: "/tick" in server.paths(), "the page asks for something")
    return tab


def order(server: Any, path: str, css: str) -> RenderOrder:
    return RenderOrder(f"http://127.0.0.1:{server.port}{path}", ready=Ready(css=css))


def is_still(server: Any, wait_until: Callable[..., None]) -> None:
    """Until nothing is asked for any more within what would be many times."""
    seen = [-1]

    def nothing_new() -> bool:
        seen.append(server.paths().count("/tick"))
        return len(seen) > 20 and seen[-20] == seen[-1]

    wait_until(nothing_new, "the page asks for nothing")


async def stop(tab: Tab) -> None:
    tab.pause.stop()


def test_scripts_of_a_stopped_page_do_not_run_and_those_of_the_next_one_do(
    run: Any, server: Any, busy_tab: Tab, wait_until: Callable[..., None]
) -> None:
    run(stop(busy_tab))
    is_still(server, wait_until)
    assert b"made by a script" in run(busy_tab.render(order(server, "/next", "h2"))).html


def test_a_page_that_is_wanted_the_moment_after_its_tab_was_stopped_comes(run: Any, server: Any, busy_tab: Tab) -> None:
    async def stop_and_render() -> bytes:
        busy_tab.pause.stop()
        return (await busy_tab.render(order(server, "/next", "h2"))).html

    for _ in range(5):
        assert b"made by a script" in run(stop_and_render())


def test_a_tab_that_left_its_page_renders_the_next_one(run: Any, server: Any, busy_tab: Tab) -> None:
    run(stop(busy_tab))
    run(busy_tab.pause.leave())
    assert busy_tab.page.url == "about:blank"
    assert b"made by a script" in run(busy_tab.render(order(server, "/next", "h2"))).html
