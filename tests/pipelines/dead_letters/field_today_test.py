"""The rule that a bad field has today."""

from pathlib import Path

import pytest

from pipelines.dead_letters.advice import advice
from pipelines.dead_letters.field_today import field_today
from schemas.reasons import Dead
from scrapers.source_files.load import load_sources

SOURCE = """\
source: shop
table: shop.items
key: [sku]
seeds: {urls: ["http://shop.test/"]}
pages:
  listing:
    items: {css: li}
    fields:
      sku: {css: b, required: true}
      offers:
        css: .offer
        list: true
        fields:
          price: {css: i, type: numeric}
    follow: {to: detail, url: {css: "a::attr(href)"}, carry: item}
  detail:
    fields:
      colour: {any: [{css: .colour}, {const: none}]}
"""


@pytest.mark.parametrize(
    ("page_type", "field", "rule", "line"),
    [
        ("listing", "sku", "sku: {css: b, required: true}", 9),
        ("listing", "offers[2].price", "price: {css: i, type: numeric}", 14),
        ("detail", "colour", "colour: {any: [css: .colour, const: none]}", 18),
        ("detail", "sku", "sku: {css: b, required: true}", 9),
    ],
)
def test_the_rule_of_a_field_and_where_it_stands(
    tmp_path: Path, page_type: str, field: str, rule: str, line: int
) -> None:
    (tmp_path / "shop.yaml").write_text(SOURCE)
    loaded = load_sources(tmp_path)["shop"]

    today = field_today(loaded, page_type, field)

    assert today is not None
    assert today.rule.replace("{css: .colour}", "css: .colour").replace("{const: none}", "const: none") == rule
    assert today.place == f"shop.yaml:{line}"


def test_a_field_that_there_is_not_has_none(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SOURCE)

    assert field_today(load_sources(tmp_path)["shop"], "listing", "weight") is None


def test_every_reason_has_its_advice() -> None:
    assert all(advice(reason) for reason in Dead)
    assert advice("a reason of a version to come") == ""
