"""Whole proposals: each is loaded and run on its own page, as `scrapeline new` does."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from schemas.page import Page
from schemas.request import Request
from scrapers.proposal.propose import propose
from scrapers.proposal.verify import Verified, verify
from scrapers.source_files.load import load_sources

URL = "https://site.example/list"


def page(body: str, content_type: str = "text/html; charset=utf-8", url: str = URL) -> Page:
    return Page(Request("new", url, "new"), 200, url, (("Content-Type", content_type),), body.encode(), 1.7e9)


def proposal(body: str, content_type: str = "text/html; charset=utf-8", url: str = URL) -> Verified:
    given = page(body, content_type, url)
    found = (verify(candidate, given, "site", []) for candidate in propose(given))
    return next(each for each in found if each is not None)


def jsonld(thing: Any) -> str:
    script = f"<script type='application/ld+json'>{json.dumps(thing)}</script>"
    return f"<html><head>{script}</head><body><p>text</p></body></html>"


RECIPE = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Soup",
    "recipeIngredient": ["water", "salt"],
    "author": {"@type": "Person", "name": "Emma"},
    "datePublished": "2026-01-02",
}
CARDS = "".join(
    f"<div class='card'><h3><a href='/p/{n}'>Lamp {n}</a></h3><p class='price'>€{n}.50</p></div>" for n in range(8)
)


def test_json_ld_makes_one_row_with_the_pages_address_as_key():
    found = proposal(jsonld(RECIPE))

    assert found.candidate.kind == "jsonld"
    assert found.candidate.key == ["url"]
    (row,) = found.rows
    assert row["url"] == URL
    assert row["recipe_ingredient"] == ["water", "salt"]
    assert row["author"] == "Emma"


def test_a_pages_own_description_wins_over_the_cards_beside_it():
    found = proposal(jsonld(RECIPE).replace("<p>text</p>", CARDS))

    assert found.candidate.kind == "jsonld"


def test_the_sites_own_organization_does_not():
    organization = {
        "@type": "Organization",
        "name": "Us",
        "url": "https://site.example/",
        "logo": "/l.png",
        "email": "a@b.example",
    }

    found = proposal(jsonld(organization).replace("<p>text</p>", CARDS))

    assert found.candidate.kind == "cards"
    assert [row["title"] for row in found.rows[:2]] == ["Lamp 0", "Lamp 1"]
    assert found.candidate.key == ["url"]


def test_a_table_with_stacked_headings_is_read_by_column():
    rows = "".join(
        f"<tr><td><a href='/x/{n}'>P{n}</a></td><td>{n}</td><td>{n * 2}</td><td>{n / 2}</td></tr>" for n in range(1, 9)
    )
    table = (
        "<table id='totals'><thead><tr><th rowspan='2'>Player</th><th colspan='2'>Goals</th><th rowspan='2'>%</th></tr>"
        f"<tr><th>Made</th><th>Tried</th></tr></thead><tbody>{rows}</tbody></table>"
    )

    found = proposal(f"<html><body>{table}</body></html>")

    assert found.candidate.items == {"table": {"css": "table#totals"}}
    assert found.rows[0] == {"player": "P1", "made": 1, "tried": 2, "pct": 0.5, "url": "https://site.example/x/1"}


def test_a_table_inside_a_comment_is_found_where_it_hides():
    rows = "".join(f"<tr><td>a{n}</td><td>{n}</td></tr>" for n in range(5))
    table = f"<table id='t'><tr><th>Name</th><th>Count</th></tr>{rows}</table>"

    found = proposal(f"<html><body><p>x</p><!-- {table} --></body></html>")

    assert found.candidate.items == {"table": {"css": "table#t"}, "in": "comments"}
    assert found.rows[1] == {"name": "a1", "count": 1}


def test_microdata_is_read_where_there_is_no_json_ld():
    body = (
        "<html><body><div itemscope itemtype='https://schema.org/Product'><h1 itemprop='name'>Arc</h1>"
        "<span itemprop='sku'>007</span><div itemprop='offers' itemscope itemtype='https://schema.org/Offer'>"
        "<span itemprop='price' content='12.50'>12,50</span></div></div></body></html>"
    )

    found = proposal(body)

    assert found.candidate.kind == "microdata"
    assert found.rows[0]["sku"] == "007"
    assert str(found.rows[0]["price"]) in ("12.5", "12.50")


def test_a_json_answer_gives_the_list_inside_and_the_address_of_the_next():
    answer = {
        "meta": {"next": "https://site.example/list?after=3"},
        "data": {"books": [{"id": n, "title": f"T{n}"} for n in range(4)]},
    }

    found = proposal(json.dumps(answer), "application/json")

    assert found.candidate.items == {"jmes": "data.books"}
    assert found.candidate.next_rule == {"jmes": "meta.next"}
    assert found.rows[3] == {"id": 3, "title": "T3"}
    assert found.candidate.key == ["id"]


def test_a_bare_list_is_a_json_answer_too():
    found = proposal(json.dumps([{"id": 1, "n": "a"}, {"id": 2, "n": "b"}]), "application/json")

    assert len(found.rows) == 2


def test_a_page_of_which_nothing_else_is_known_is_one_item():
    found = proposal(
        "<html><head><title>T</title><meta property='og:title' content='Open'>"
        "<meta property='og:image' content='/i.png'>"
        "</head><body><h1>Head</h1><p>Text</p></body></html>"
    )

    assert found.candidate.kind == "page"
    assert found.rows == [{"url": URL, "title": "Open", "image": "https://site.example/i.png"}]


def test_a_type_that_the_page_itself_contradicts_is_not_proposed():
    things = [{"id": n, "day": "2026-01-01" if n else "2026-13-99"} for n in range(4)]

    found = proposal(json.dumps(things), "application/json")

    assert len(found.rows) == 4
    assert found.rows[0]["day"] == "2026-13-99"


def test_what_few_items_have_is_named_in_a_comment_only():
    things = [{"id": n, **({"rare": "x"} if n == 0 else {})} for n in range(20)]

    found = proposal(json.dumps(things), "application/json")

    assert "# rare: {jmes: rare}  # only 1 of 20" in found.text
    assert "rare" not in found.rows[0]


@pytest.mark.parametrize(
    "text",
    [
        'say "hi" # no comment',
        "back\\slash",
        "tab\tand\u2028line",
        "\u0085\u007f",
        "${item.sku}",
        "'; drop",
        "yes",
        "ключ: значение",
    ],
)
def test_whatever_stands_on_the_page_the_file_is_sound_yaml(text: str, tmp_path: Path):
    things = [{"id": n, text: text, "plain": text} for n in range(3)]

    found = proposal(json.dumps(things), "application/json", url="https://site.example/list?q=${params.x}&r=#a")

    assert YAML(typ="safe").load(found.text)["source"] == "site"
    (tmp_path / "site.yaml").write_text(found.text, "utf-8")
    assert len(load_sources(tmp_path)) == 1
    assert len(found.rows) == 3


@pytest.mark.parametrize(
    "body", ["", "<", "{", "[]", "{}", "null", "<html></html>", "\0\1\2", "[1, 2]", '[{"": 1}]', "<table></table>"]
)
def test_an_empty_or_broken_page_gives_no_row_and_no_error(body: str):
    given = page(body)

    for candidate in propose(given):
        verify(candidate, given, "site", [])


def test_a_page_made_in_the_browser_is_read_from_its_script():
    things = [{"title": f"T{n}", "author": {"name": f"A{n}"}, "price": n + 0.5, "stock": n} for n in range(5)]
    script = f"<script>var other = {{debug: true, level: 3}}; var data = {json.dumps(things)}; render(data);</script>"

    found = proposal(f"<html><body><h1>Shop</h1><div id='app'></div>{script}</body></html>")

    assert found.candidate.items == {"from": "script", "jmes": "[?title && author.name]"}
    assert found.rows[4] == {"title": "T4", "author_name": "A4", "price": 4.5, "stock": 4}


def test_a_line_of_sums_is_left_out_when_it_spoils_the_types():
    rows = "".join(f"<tr><td><a href='/x/{n}'>P{n}</a></td><td>{n}</td></tr>" for n in range(9))
    table = f"<table id='t'><tr><th>Name</th><th>Games</th></tr>{rows}<tr><td>Average</td><td>n/a</td></tr></table>"

    found = proposal(f"<html><body>{table}</body></html>")

    assert found.candidate.items == {"table": {"css": "table#t"}, "where": {"css": "a[href]"}}
    assert [row["games"] for row in found.rows] == list(range(9))


def test_texts_that_a_plugin_escaped_inside_its_script_are_proposed_as_texts():
    found = proposal(jsonld({**RECIPE, "description": "It&#039;s so juicy &amp; tender"}))

    assert "description: {jmes: description, convert: text}" in found.text
    assert found.rows[0]["description"] == "It's so juicy & tender"
