import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Scrapeline = Callable[..., Result]


def test_the_first_seed_is_tried_with_every_fields_selector(folder: Path, scrapeline: Scrapeline, shop: Any):
    result = scrapeline("try", "shop", *shop.resolve)

    assert result.exit_code == 0
    assert "css: ::attr(data-sku)" in result.stdout
    assert "verdict ok: 4 rows of shop.products, 0 refused, 0 follow-ups" in result.stdout
    assert "... and 1 items more; --all shows them" in result.stdout


def test_a_second_try_reads_the_kept_page_and_fresh_fetches_again(folder: Path, scrapeline: Scrapeline, shop: Any):
    scrapeline("try", "shop", *shop.resolve)
    again = scrapeline("try", "shop", *shop.resolve)
    assert shop.asked.count("/lamps") == 1
    assert "kept in .scrapeline" in again.stdout

    scrapeline("try", "shop", "--fresh", *shop.resolve)
    assert shop.asked.count("/lamps") == 2


def test_what_is_kept_is_ignored_by_git(folder: Path, scrapeline: Scrapeline, shop: Any):
    scrapeline("try", "shop", *shop.resolve)

    assert (folder / ".scrapeline" / ".gitignore").read_text() == "*\n"


def test_a_refused_row_says_field_rule_and_value_and_exits_1(folder: Path, scrapeline: Scrapeline, shop: Any):
    result = scrapeline("try", "shop", "http://shop.test/bad", *shop.resolve)

    assert result.exit_code == 1
    assert "item 1 is refused" in result.stdout
    refusal = result.stdout.split("item 1 is refused")[1]
    assert "price" in refusal
    assert "on request" in refusal
    assert "3 rows of shop.products, 1 refused" in result.stdout


def test_a_page_without_items_exits_1_and_says_so(folder: Path, scrapeline: Scrapeline, shop: Any):
    result = scrapeline("try", "shop", "http://shop.test/empty", *shop.resolve)

    assert result.exit_code == 1
    assert "Nothing was found" in result.stdout


def test_a_page_that_cannot_be_fetched_exits_1_with_its_reason(folder: Path, scrapeline: Scrapeline, shop: Any):
    result = scrapeline("try", "shop", "http://shop.test/nowhere", *shop.resolve)

    assert result.exit_code == 1
    assert "http_4xx" in result.stderr


def test_without_resolve_a_loopback_address_is_refused(folder: Path, scrapeline: Scrapeline, shop: Any):
    port = shop.server.server_address[1]
    result = scrapeline("try", "shop", f"http://127.0.0.1:{port}/lamps")

    assert result.exit_code == 1
    assert "address_refused" in result.stderr
    assert shop.asked == []


def test_json_holds_everything_for_programs(folder: Path, scrapeline: Scrapeline, shop: Any):
    report = json.loads(scrapeline("try", "shop", "http://shop.test/bad", "--json", *shop.resolve).stdout)

    assert report["verdict"] == "ok"
    assert report["rows"][0] == {"sku": "A1", "title": "Arc", "price": 10}
    assert report["refused"][0]["item"] == 1
    assert report["refused"][0]["problems"][0]["field"] == "price"
    assert {"item": 0, "field": "title", "selector": "css: h3", "value": "Arc"} in report["fields"]
    assert report["page"]["status"] == 200


def test_rows_go_to_a_file_of_the_kind_its_name_says(folder: Path, scrapeline: Scrapeline, shop: Any):
    scrapeline("try", "shop", "-o", "rows.jsonl", *shop.resolve)
    scrapeline("try", "shop", "-o", "rows.csv", *shop.resolve)

    assert json.loads(Path("rows.jsonl").read_text().splitlines()[1])["title"] == "Bell"
    assert list(csv.DictReader(Path("rows.csv").read_text().splitlines()))[1] == {
        "sku": "B2",
        "title": "Bell",
        "price": "20.5",
    }


CARRYING = """\
source: shop
table: shop.products
seeds: {urls: ["http://shop.test/lamps"]}
pages:
  listing:
    items: {css: article.card}
    fields:
      sku: {css: "::attr(data-sku)", required: true}
    follow: {to: detail, url: {css: "h3 a::attr(href)"}, carry: item}
  detail:
    fields:
      description: {css: "#desc"}
"""


def test_an_unknown_page_type_is_a_usage_error_with_the_nearest(folder: Path, scrapeline: Scrapeline):
    (folder / "sources" / "shop.yaml").write_text(CARRYING)

    result = scrapeline("try", "shop", "http://shop.test/p/A1", "--page-type", "detial")

    assert result.exit_code == 2
    assert "did you mean detail?" in result.stderr


def test_what_a_page_led_to_is_tried_with_the_item_it_carries(folder: Path, scrapeline: Scrapeline, shop: Any):
    (folder / "sources" / "shop.yaml").write_text(CARRYING)
    listing = scrapeline("try", "shop", *shop.resolve)
    assert "detail  GET http://shop.test/p/A1, carries its item" in listing.stdout

    report = json.loads(scrapeline("try", "shop", "http://shop.test/p/A1", "--json", *shop.resolve).stdout)

    assert report["rows"] == [{"sku": "A1", "description": "Bright."}]


def test_a_source_with_mistakes_exits_2_before_anything_is_fetched(folder: Path, scrapeline: Scrapeline, shop: Any):
    (folder / "sources" / "shop.yaml").write_text("source: shop\nfeilds: {}\n")

    result = scrapeline("try", "shop", *shop.resolve)

    assert result.exit_code == 2
    assert "shop.yaml:2" in result.stderr
    assert shop.asked == []
