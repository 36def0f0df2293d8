"""What one item is: elements, JSON values, structured data, table rows."""

from collections.abc import Callable

import pytest

from schemas.reading import Reading
from scrapers.extraction.html_tables import UnknownColumn

Read = Callable[..., Reading]
TABLE = """
<table id=totals><thead><tr><th>Player<th colspan=2>Goals<tr><th><th>Made<th>Tried</thead>
<tbody><tr data-row=1><td><a href=/p/emma>Emma</a><td>3<td>7<tr><td>Total<td>3<td>7</tbody></table>
"""


def test_items_are_relative_to_themselves(read: Read) -> None:
    rules = "items: {css: li}\nfields: {name: {css: b}, first: {xpath: './/b'}, up: {xpath: 'string(../@id)'}}"

    assert read(rules, "<ul id=x><li><b>1</b><li><b>2</b></ul>").items == [
        {"name": "1", "first": "1", "up": "x"},
        {"name": "2", "first": "2", "up": "x"},
    ]


def test_items_by_xpath_take_css_fields_and_the_other_way_round(read: Read) -> None:
    assert read("items: {xpath: '//li'}\nfields: {name: {css: b}}", "<li><b>1</b><li>").items == [
        {"name": "1"},
        {"name": None},
    ]


def test_json_items(read: Read) -> None:
    rules = "items: {jmes: data.rows}\nfields: {name: {jmes: name}, deep: {jmes: 'a[0].b', type: integer}}"

    assert read(
        rules, '{"data": {"rows": [{"name": "x", "a": [{"b": 1}]}, {"name": ""}]}}', "application/json"
    ).items == [
        {"name": "x", "deep": 1},
        {"name": None, "deep": None},
    ]


def test_json_ld_items_are_json(read: Read) -> None:
    body = """<script type="application/ld+json">{"@graph": [
      {"@type": "MusicEvent", "name": "Concert", "location": {"@id": "#hall"}},
      {"@id": "#hall", "@type": "Place", "name": "Hall"}, {"@type": "Event", "name": "Fair"}]}</script>"""
    rules = "items: {jsonld: [Event, MusicEvent]}\nfields: {name: {jmes: name}, place: {jmes: location.name}}"

    assert read(rules, body).items == [{"name": "Concert", "place": "Hall"}, {"name": "Fair", "place": None}]


def test_matches_of_a_regular_expression_are_items_that_are_texts(read: Read) -> None:
    rules = r"""
items: {css: .dates, re: '[A-Z][a-z]+ [0-9]+', where: {re: '^(?!Room)'}}
fields:
  day: {from: item, convert: {date: {find: start}}, type: date}
  month: {re: '^\w+'}
  title: {from: page, css: h1}
"""
    items = read(rules, "<h1>Board</h1><p class=dates>We meet May 8, June 12 and July <b>10</b> in Room 7.</p>").items

    assert [(str(item["day"]), item["month"], item["title"]) for item in items] == [
        ("2023-05-08", "May", "Board"),
        ("2023-06-12", "June", "Board"),
        ("2023-07-10", "July", "Board"),
    ]


def test_lines_of_a_text_are_items(read: Read) -> None:
    rules = r"items: {re: '(?m)^\w+,\d+$'}" + "\nfields: {name: {re: '^[^,]+'}, n: {re: '[^,]+$', type: integer}}"

    assert read(rules, "name,n\nA,1\nB,22\n", "text/plain").items == [{"name": "A", "n": "1"}, {"name": "B", "n": "22"}]


def test_where_asks_what_a_regular_expression_finds(read: Read) -> None:
    rules = "items: {css: li, where: {css: b, re: '[0-9]'}}\nfields: {name: {css: b}}"

    assert read(rules, "<li><b>1</b><li><b>two</b><li>3<li><b></b>").items == [{"name": "1"}]


def test_where_keeps_items_for_which_it_gives_something(read: Read) -> None:
    rules = "items: {css: li, where: {css: img}}\nfields: {name: {css: b}}"

    assert read(rules, "<li><b>1</b><li><img><b>2</b>").items == [{"name": "2"}]


@pytest.mark.parametrize("body", [TABLE, f"<!-- <div>{TABLE}</div> -->"])
def test_rows_of_a_table_by_stacked_columns_in_the_page_and_in_comments(read: Read, body: str) -> None:
    rules = """
items: {table: {css: "table#totals"}, in: comments, where: {css: "[data-row]"}}
fields:
  player: {column: Player}
  tried: {column: "Goals / Tried", type: integer}
  link: {column: Player, css: "a::attr(href)"}
  number: {css: "::attr(data-row)"}
  cell: {xpath: "td[2]"}
"""
    assert read(rules, body).items == [{"player": "Emma", "tried": "7", "link": "/p/emma", "number": "1", "cell": "3"}]


def test_an_unknown_column_is_an_error_that_lists_those_found(read: Read) -> None:
    with pytest.raises(UnknownColumn, match=r"Goals / Missed.*`Player`.*`Goals / Made`"):
        read("items: {table: {css: table}}\nfields: {x: {column: Goals / Missed}}", TABLE)


def test_without_items_the_page_is_one_item_unless_no_field_gave_anything(read: Read) -> None:
    rules = "fields: {name: {css: h1}, tags: {css: li, list: true}}"

    assert read(rules, "<h1>Lamp</h1>").items == [{"name": "Lamp", "tags": []}]
    assert read(rules, "<p>nothing").items == []


def test_xml_items_with_prefixes_and_a_default_namespace(read: Read) -> None:
    feed = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:m="http://m"><entry><m:title>wrong</m:title>
      <title>One <b>bold</b></title><link href="/1"/></entry><entry><title><![CDATA[a & b]]></title></entry></feed>"""
    rules = "items: {css: entry}\nfields: {title: {css: title}, link: {css: 'link::attr(href)'}, m: {xpath: 'm:title'}}"

    assert read(rules, feed, "application/atom+xml").items == [
        {"title": "One bold", "link": "/1", "m": "wrong"},
        {"title": "a & b", "link": None, "m": None},
    ]


def test_structured_data_inside_an_item_is_the_items(read: Read) -> None:
    rules = "items: {css: li}\nfields: {name: {microdata: Product, jmes: name}}"
    one = '<li><p itemscope itemtype="https://schema.org/Product"><b itemprop=name>{}</b></p>'

    assert read(rules, one.format("A") + one.format("B")).items == [{"name": "A"}, {"name": "B"}]
