"""Fields: chains, lists, records, templates, and what is done to a value."""

from collections.abc import Callable

import pytest

from schemas.page import Page
from schemas.reading import Reading
from scrapers.extraction.scraper import Scraper

Read = Callable[..., Reading]


def test_the_first_of_a_chain_that_gives_a_value_counts(read: Read) -> None:
    rules = "fields: {name: {any: [{css: h1}, {opengraph: 'og:title'}, {const: unnamed}]}}"

    assert read(rules, "<h1>Lamp</h1>").items == [{"name": "Lamp"}]
    assert read(rules, "<h1> </h1><meta property='og:title' content='Og'>").items == [{"name": "Og"}]
    assert read(rules, "<p>").items == [{"name": "unnamed"}]


def test_a_value_that_cannot_be_converted_leaves_it_to_the_next_of_the_chain(read: Read) -> None:
    rules = """
items: {css: li}
fields:
  price: {any: [{css: b}, {css: i}], convert: number, type: numeric}
  sizes: {any: [{css: u}, {css: s}], list: true, convert: number, type: numeric}
"""
    body = "<li><b>ask us</b><i>7</i><u>1</u><u>x</u><s>2</s><li><b>8</b><i>7</i><li><b>ask</b><i>us</i>"

    reading = read(rules, body)

    assert [item["price"] for item in reading.items] == [7, 8, "ask"]
    assert reading.items[0]["sizes"] == [2]
    assert {number: [problem.value for problem in found] for number, found in reading.problems.items()} == {2: ["ask"]}


def test_members_of_a_chain_have_conversions_and_templates_of_their_own(read: Read) -> None:
    rules = """
items: {css: li}
fields:
  year: {css: i}
  day:
    any:
      - {css: b, convert: {date: {format: "%d/%m/%Y"}}}
      - {template: "${item.year}-01-01"}
      - {css: u, map: {"today": "2026-01-01"}, convert: date}
    convert: date
    type: date
"""
    body = "<li><b>3/2/2026</b><li><b>2026-02-04</b><i>2026</i><li><u>today</u>"

    assert [str(item["day"]) for item in read(rules, body).items] == ["2026-02-03", "2026-01-01", "2026-01-01"]


def test_a_constant_beside_a_selector_says_that_it_finds_something(read: Read) -> None:
    rules = """
items: {css: li}
fields:
  status: {any: [{re: "(?i)cancell?ed", const: CANCELLED}, {css: a, const: LINKED}, {const: PLANNED}]}
  flag: {xpath: "contains(., 'x')", const: true, type: boolean}
"""
    items = read(rules, "<li>Cancelled: talk<li><a></a>talk x<li>talk").items

    assert [item["status"] for item in items] == ["CANCELLED", "LINKED", "PLANNED"]
    assert [item["flag"] for item in items] == [None, True, None]


def test_members_of_a_chain_inherit_from(read: Read) -> None:
    rules = "items: {css: li}\nfields: {shop: {from: page, any: [{css: h9}, {css: h1}]}}"

    assert read(rules, "<h1>Shop</h1><li>1").items == [{"shop": "Shop"}]


def test_a_regular_expression_beside_a_chain_is_applied_to_what_the_chain_gives(read: Read) -> None:
    rules = "fields: {n: {any: [{css: h1}, {css: h2}], re: '[0-9]+'}}"

    assert read(rules, "<h1>no</h1><h2>no. 7</h2>").items == [{"n": "7"}]


def test_records_are_relative_to_what_the_selector_gave(read: Read) -> None:
    rules = """
fields:
  offers:
    css: li
    list: true
    fields:
      name: {css: b}
      price: {css: "::attr(data-price)", type: numeric, convert: number}
"""
    reading = read(rules, "<li data-price=1,50><b>A</b><li data-price=2><b>B</b><li>")

    assert [(one["name"], str(one["price"])) for one in reading.items[0]["offers"]] == [("A", "1.50"), ("B", "2")]


def test_one_record_is_the_first_match_and_null_without_one(read: Read) -> None:
    rules = "fields: {id: {xpath: 'count(/*)'}, maker: {css: .maker, fields: {name: {css: b}, town: {css: i}}}}"

    assert read(rules, "<p class=maker><b>A</b></p><p class=maker><b>B</b>").items[0]["maker"] == {
        "name": "A",
        "town": None,
    }
    assert read(rules, "<p>").items[0]["maker"] is None


def test_a_record_without_a_selector_takes_its_fields_from_the_item(read: Read) -> None:
    rules = "items: {jmes: rows}\nfields: {place: {fields: {lat: {jmes: a, type: float}, lon: {jmes: b, type: float}}}}"

    assert read(rules, '{"rows": [{"a": 1.5, "b": 2}]}', "application/json").items == [
        {"place": {"lat": 1.5, "lon": 2}}
    ]


def test_json_lists_are_matches_and_one_value_only_for_a_field_of_type_json(read: Read) -> None:
    rules = """
fields:
  first: {jmes: tags}
  all: {jmes: tags, list: true}
  raw: {jmes: tags, type: json}
  n: {jmes: n, type: integer}
"""

    reading = read(rules, '{"tags": ["a", "", "b"], "n": 0}', "application/json")

    assert reading.items == [{"first": "a", "all": ["a", "b"], "raw": ["a", "", "b"], "n": 0}]


def test_html_inside_json_and_json_inside_html(read: Read) -> None:
    rules = "items: {jmes: rows}\nfields: {name: {jmes: body, css: b}, id: {jmes: id}}"

    assert read(rules, '{"rows": [{"id": "1", "body": "<p><b>Lamp</b>"}]}', "application/json").items == [
        {"name": "Lamp", "id": "1"}
    ]


def test_map_knows_texts_with_any_spacing_and_json_values(read: Read) -> None:
    rules = """
fields:
  stock: {jmes: stock, map: {"In stock": true, "Sold out": false, "-": null}, type: boolean}
  flag: {jmes: flag, map: {"true": "yes", "1": "one"}}
"""
    body = '{{"stock": "{}", "flag": {}}}'

    assert read(rules, body.format(" In  stock ", "true"), "application/json").items == [{"stock": True, "flag": "yes"}]
    assert read(rules, body.format("-", "1"), "application/json").items == [{"stock": None, "flag": "one"}]
    assert read(rules, body.format("maybe", "2"), "application/json").items == [{"stock": "maybe", "flag": 2}]


def test_a_value_that_cannot_be_converted_stays_and_is_a_problem(read: Read) -> None:
    rules = """
items: {css: li}
fields:
  price: {css: b, convert: number, type: numeric}
  offers: {css: i, list: true, fields: {n: {css: u, convert: number, type: numeric}}}
"""

    reading = read(rules, "<li><b>7</b><li><b>ask us</b><i><u>1</u></i><i><u>x</u></i>")

    assert [item["price"] for item in reading.items][1] == "ask us"
    assert [(problem.field, problem.rule, problem.value) for problem in reading.problems[1]] == [
        ("price", "convert", "ask us"),
        ("offers[1].n", "convert", "x"),
    ]
    assert 0 not in reading.problems


def test_a_default_stands_in_for_nothing_and_is_never_shared(read: Read) -> None:
    rules = "items: {css: li}\nfields: {id: {css: b}, tags: {css: i, list: true, default: [none]}}"

    first, second = read(rules, "<li><b>1</b><li><b>2</b>").items

    assert first["tags"] == second["tags"] == ["none"]
    assert first["tags"] is not second["tags"]


def test_templates_see_the_params_of_the_request(
    make_scraper: Callable[..., Scraper], page_of: Callable[..., Page]
) -> None:
    seeds = "seeds: {urls: ['https://${params.shop}.example/'], params: {shop: [x]}}"
    scraper = make_scraper(seeds + "\nfields: {sku: {css: b}, id: {template: '${params.shop}-${item.sku}'}}")

    assert scraper.read(page_of("<b>A</b>", params={"shop": "x"})).items == [{"sku": "A", "id": "x-A"}]


def test_a_template_with_a_missing_value_is_null(read: Read) -> None:
    rules = "fields: {sku: {css: b}, colour: {css: i}, full: {template: '${item.sku}/${item.colour}'}}"

    assert read(rules, "<b>A</b><i>red</i>").items[0]["full"] == "A/red"
    assert read(rules, "<b>A</b>").items[0]["full"] is None


def test_a_template_with_a_value_that_could_not_be_converted_is_null_and_the_other_items_go_on(read: Read) -> None:
    rules = """
items: {css: li}
fields:
  day: {css: b, convert: [join, {date: {format: "%Y-%m-%d"}}], type: date}
  id: {template: "on ${item.day}"}
"""
    reading = read(rules, "<li><b>2026-01-02</b><li><b>soon</b>")

    assert [item["id"] for item in reading.items] == ["on 2026-01-02", None]
    assert [problem.field for problem in reading.problems[1]] == ["day"]


def test_converters_know_the_page(read: Read) -> None:
    rules = "fields: {link: {css: 'a::attr(href)', convert: url}}"

    assert read(rules, "<base href='/other/'><a href=x>").items == [{"link": "https://shop.example/other/x"}]


def test_functions_beside_the_source_convert_and_join_takes_all_matches(
    make_scraper: Callable[..., Scraper], page_of: Callable[..., Page]
) -> None:
    rules = "fields: {name: {css: h1, convert: own.shout}, tags: {css: li, convert: {join: '|'}}}"
    scraper = make_scraper(rules, own="def shout(value):\n    return value.upper()\n")

    assert scraper.read(page_of("<h1>lamp</h1><li>a<li>b")).items == [{"name": "LAMP", "tags": "a|b"}]


def test_a_rule_that_cannot_be_used_is_said_when_it_is_compiled(make_scraper: Callable[..., Scraper]) -> None:
    with pytest.raises(Exception, match="nonsense"):
        make_scraper("fields: {x: {css: b, convert: nonsense}}")
