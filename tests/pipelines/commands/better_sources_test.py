"""`scrapeline try` and `new` say where a rendered page has its data from."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Scrapeline = Callable[..., Result]
PAGE = "http://shop.test/fetched"
READY = "ready: {css: article.card}"
pytestmark = pytest.mark.timeout(300)


def fetch(folder: Path, rules: str) -> None:
    """Gives the shop these rules."""
    source = folder / "sources" / "shop.yaml"
    source.write_text(source.read_text() + f"fetch: {rules}\n")


def test_try_names_the_answer_that_holds_the_items(folder: Path, scrapeline: Scrapeline, shop: Any):
    fetch(folder, f"{{mode: browser, {READY}}}")

    result = scrapeline("try", "shop", PAGE, *shop.resolve)

    assert result.exit_code == 0, result.output
    told = " ".join(result.stdout.split())
    assert "this page loads its data from http://shop.test/api/lamps: scrape that instead (4 objects in `data`;" in told
    kept = json.loads(scrapeline("try", "shop", PAGE, "--json", *shop.resolve).stdout)
    assert [(each["url"], each["jmes"]) for each in kept["data_sources"]] == [("http://shop.test/api/lamps", "data")]


def test_a_source_that_reads_the_answers_is_told_nothing_and_keeps_them_in_its_test_case(
    folder: Path, scrapeline: Scrapeline, shop: Any
):
    fetch(folder, f"{{mode: browser, {READY}}}")
    scrapeline("try", "shop", PAGE, "--save", "plain", *shop.resolve)
    assert not list((folder / "sources" / "tests" / "shop" / "plain").glob("captured-*"))
    source = folder / "sources" / "shop.yaml"
    text = source.read_text().replace("items: {css: article.card}", "items: {from: xhr, jmes: data}")
    text = text.replace('css: "::attr(data-sku)"', "jmes: sku").replace("css: h3", "jmes: title")
    source.write_text(text.replace("css: .price", "jmes: price"))

    result = scrapeline("try", "shop", PAGE, "--fresh", "--save", "answers", "--json", *shop.resolve)

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert [row["title"] for row in told["rows"]] == ["Arc", "Bell", "Cone", "Dome"]
    assert told["data_sources"] == []
    assert len(list((folder / "sources" / "tests" / "shop" / "answers").glob("captured-*"))) == 1
    said = " ".join(scrapeline("try", "shop", PAGE, *shop.resolve).stdout.split())
    assert "`from: xhr` looks in http://shop.test/api/lamps (0." in said
    said = " ".join(scrapeline("try", "shop", "http://shop.test/app", *shop.resolve).stdout.split())
    assert "`from: xhr` finds nothing: the page fetched no JSON" in said
    assert scrapeline("test", "shop").exit_code == 1  # the first case has no answers: its rows are gone


def test_new_renders_a_page_and_proposes_to_do_without(folder: Path, scrapeline: Scrapeline, shop: Any):
    refused = scrapeline("new", PAGE, "--name", "lamps", "--kind", "cards", *shop.resolve)
    assert refused.exit_code == 1
    assert "--browser renders it" in refused.stderr

    result = scrapeline("new", PAGE, "--name", "lamps", "--browser", *shop.resolve)

    assert result.exit_code == 0, result.output
    told = " ".join(result.stderr.split())
    assert "this page loads its data from http://shop.test/api/lamps: scrape that instead (4 objects in `data`;" in told
    assert "scrapeline new http://shop.test/api/lamps" in told
    assert "fetch: {mode: browser}" in (folder / "sources" / "lamps.yaml").read_text()
    assert scrapeline("sources", "check", "lamps").exit_code == 0
