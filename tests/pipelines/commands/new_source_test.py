import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pipelines.commands.new_source import name_from

Scrapeline = Callable[..., Result]


def test_a_listing_becomes_a_source_file_that_loads_and_gives_rows(folder: Path, scrapeline: Scrapeline, shop: Any):
    result = scrapeline("new", "http://shop.test/lamps", "--name", "lamps", *shop.resolve)

    assert result.exit_code == 0
    assert "wrote sources/lamps.yaml: 4 rows of 4 fields" in result.stderr
    assert scrapeline("sources", "check", "lamps").exit_code == 0
    report = json.loads(scrapeline("try", "lamps", "--json", *shop.resolve).stdout)
    assert report["rows"][1] == {"sku": "B2", "url": "http://shop.test/p/B2", "title": "Bell", "price": 20.5}
    assert report["follow_ups"] == [{"to": "", "method": "GET", "url": "http://shop.test/lamps?page=2"}]


def test_every_line_says_where_it_came_from(folder: Path, scrapeline: Scrapeline, shop: Any):
    said = scrapeline("new", "http://shop.test/lamps", "-o", "-", *shop.resolve).stdout

    assert "items: {css: article.card}  # 4 on that page" in said
    assert '# 4 of 4, e.g. "£10.00"' in said
    assert "max_pages: 50}  # a link marked rel=next" in said


def test_a_file_is_never_written_over_without_force(folder: Path, scrapeline: Scrapeline, shop: Any):
    refused = scrapeline("new", "http://shop.test/lamps", *shop.resolve)
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert shop.asked == []
    assert "article.card" in (folder / "sources" / "shop.yaml").read_text()

    assert scrapeline("new", "http://shop.test/lamps", "--force", *shop.resolve).exit_code == 0
    assert "Proposed by" in (folder / "sources" / "shop.yaml").read_text()


def test_a_saved_page_needs_no_network(folder: Path, scrapeline: Scrapeline):
    things = [{"id": number, "name": f"n{number}", "price": number + 0.5} for number in range(5)]
    Path("answer.json").write_text(json.dumps({"data": things, "meta": {"next_cursor": "abc"}}))

    result = scrapeline("new", "https://api.test/v1/things", "--file", "answer.json", "-o", "-")

    assert result.exit_code == 0
    assert "items: {jmes: data}" in result.stdout
    assert "key: [id]" in result.stdout
    assert "next: {cursor: {jmes: meta.next_cursor}, param: cursor, max_pages: 50}" in result.stdout


def test_the_kind_of_reading_can_be_chosen(folder: Path, scrapeline: Scrapeline, shop: Any):
    result = scrapeline("new", "http://shop.test/lamps", "--kind", "page", "-o", "-", *shop.resolve)

    assert result.exit_code == 0
    assert "items:" not in result.stdout
    assert "title: {css: h1}" in result.stdout


def test_a_page_that_cannot_be_had_says_why_and_what_else_to_do(folder: Path, scrapeline: Scrapeline, shop: Any):
    result = scrapeline("new", "http://shop.test/gone", "--name", "gone", *shop.resolve)

    assert result.exit_code == 1
    assert "http_4xx" in result.stderr
    assert "--file" in result.stderr
    assert not (folder / "sources" / "gone.yaml").exists()


def test_loopback_is_refused_without_resolve(folder: Path, scrapeline: Scrapeline, shop: Any):
    port = shop.server.server_address[1]
    result = scrapeline("new", f"http://127.0.0.1:{port}/lamps", "--name", "x")

    assert result.exit_code == 1
    assert "address_refused" in result.stderr


@pytest.mark.parametrize("url", ["shop.test/lamps", "ftp://shop.test/", "http://"])
def test_what_is_no_web_address_is_a_usage_error(folder: Path, scrapeline: Scrapeline, url: str):
    assert scrapeline("new", url).exit_code == 2


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.books.toscrape.com/x", "books_toscrape"),
        ("http://localhost:8000/", "localhost"),
        ("http://127.0.0.1/", "site_127_0_0"),
        ("https://my-shop.example/", "my_shop"),
    ],
)
def test_the_name_comes_from_the_host(url: str, name: str):
    assert name_from(url) == name


def test_an_address_without_its_scheme_is_told_with_a_name_too(folder: Path, scrapeline: Scrapeline):
    result = scrapeline("new", "shop.test/lamps", "--name", "lamps")

    assert result.exit_code == 2
    assert "begins with http:// or https://" in result.stderr


def test_a_block_page_is_proposed_to_nobody(folder: Path, scrapeline: Scrapeline):
    Path("blocked.html").write_text("<title>Just a moment...</title><body>Checking your browser</body>")

    result = scrapeline("new", "https://wall.test/", "--file", "blocked.html", "-o", "-")

    assert result.exit_code == 1
    assert "it is a block page" in result.stderr
