"""What is kept of a page that failed."""

from collections.abc import Callable
from typing import Any

import pytest

from scrapers.browsing.failures import NotReady
from scrapers.browsing.order import RenderOrder
from scrapers.browsing.tab import Tab
from scrapers.source_files.model_browser import Ready


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine is no fault."""
    for name in ("_HTML_SECS", "_PICTURE_SECS"):
        monkeypatch.setattr(f"scrapers.browsing.photograph.{name}", 30.0)


@pytest.mark.parametrize("layout", [True, False])
def test_a_page_that_is_not_ready_is_photographed_and_the_tab_goes_on(
    run: Any, server: Any, open_tab: Callable[..., Tab], layout: bool
) -> None:
    server.on(
        "/", server.page("<body style='background: repeating-linear-gradient(red, blue 9px)'><h1>as far as it is</h1>")
    )
    tab = open_tab(layout)
    order = RenderOrder(f"http://127.0.0.1:{server.port}/", ready=Ready(css="h2"), timeout_secs=3)
    with pytest.raises(NotReady):
        run(tab.render(order))
    html, picture = run(tab.photograph())
    assert b"as far as it is" in html
    assert picture.startswith(b"\xff\xd8\xff")
    assert len(picture) > 20_000  # a white one has a tenth


def test_a_tab_without_a_page_can_be_photographed(run: Any, open_tab: Callable[..., Tab]) -> None:
    html, picture = run(open_tab().photograph())
    assert html.startswith(b"<html>")
    assert picture
