"""`scrapeline try` of pages that a browser makes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Scrapeline = Callable[..., Result]
pytestmark = pytest.mark.timeout(300)


def fetch(folder: Path, rules: str) -> None:
    """Gives the shop these rules."""
    source = folder / "sources" / "shop.yaml"
    source.write_text(source.read_text() + f"fetch: {rules}\n")


def test_auto_says_what_http_lacked_and_that_the_browser_had_it(folder: Path, scrapeline: Scrapeline, shop: Any):
    fetch(folder, "{mode: auto}")

    result = scrapeline("try", "shop", "http://shop.test/app", "--json", *shop.resolve)

    assert result.exit_code == 0, result.output
    page = json.loads(result.stdout)["page"]
    assert (page["rendered"], page["http_lacked"]) == (True, "no items")
    assert page["from"].startswith("over HTTP: no items; rendered by Chromium in ")
    assert page["from"].endswith(" s: complete")

    again = scrapeline("try", "shop", "http://shop.test/app", *shop.resolve)
    assert "rendered by Chromium, kept in .scrapeline" in again.stdout.replace("\n", " ")
    assert "4 rows of shop.products" in again.stdout


@pytest.mark.parametrize(
    ("page", "exit_code", "said"),
    [
        ("/lamps", 0, "over HTTP, fetched in"),
        ("/bad", 1, "price missing on 1 of 4 items; Chromium had no more in"),
        ("/empty", 1, "no items; Chromium had no more in"),
    ],
)
def test_auto_takes_the_page_of_http_when_that_is_enough_or_the_browser_has_no_more(
    folder: Path, scrapeline: Scrapeline, shop: Any, page: str, exit_code: int, said: str
):
    fetch(folder, "{mode: auto}")

    result = scrapeline("try", "shop", f"http://shop.test{page}", "--json", *shop.resolve)

    assert result.exit_code == exit_code, result.output
    told = json.loads(result.stdout)["page"]
    assert said in told["from"]
    assert told["rendered"] is False


def test_what_the_browser_had_of_a_page_that_never_was_ready_is_kept_to_look_at(
    folder: Path, scrapeline: Scrapeline, shop: Any
):
    fetch(folder, "{mode: browser, ready: {css: .never}, timeout_secs: 4, retries: 0}")

    result = scrapeline("try", "shop", "http://shop.test/app", *shop.resolve)

    assert result.exit_code == 1
    assert "not_ready" in result.stderr
    [html] = (folder / ".scrapeline" / "failed").glob("*.html")
    assert "Arc" in html.read_text()
    assert html.with_suffix(".jpg").read_bytes()[:2] == b"\xff\xd8"
    assert f"{html.relative_to(folder)}" in result.stderr
