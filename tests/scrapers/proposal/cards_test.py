from typing import Any

from selectolax.lexbor import LexborHTMLParser

from scrapers.proposal.candidate import Candidate
from scrapers.proposal.cards import propose_cards

NAV = "<nav><ul>" + "".join(f"<li><a href='/c/{n}'>Category {n}</a></li>" for n in range(40)) + "</ul></nav>"


def best(html: str) -> Candidate:
    return propose_cards(LexborHTMLParser(f"<html><body>{html}</body></html>"))[0]


def rules(html: str) -> dict[str, dict[str, Any]]:
    return {field.name: field.rule for field in best(html).fields}


def repeated(card: str, count: int = 6) -> str:
    return "".join(card.replace("#", str(number)) for number in range(count))


SHOP = repeated(
    "<li class='col-xs-6'><article class='product_pod'>"
    "<a href='/p/#'><img class='thumbnail' src='/i/#.jpg' alt='L# name'></a>"
    "<p class='star-rating N#x'></p><h3><a href='/p/#' title='L# name'>L# ...</a></h3>"
    "<p class='price_color'>£#.50</p><p class='instock availability'>In stock</p><button>Add #</button></article></li>"
)


def test_the_card_is_chosen_and_not_the_grid_cell_nor_the_menu():
    candidate = best(NAV + f"<ol class='row'>{SHOP}</ol>")

    assert candidate.items == {"css": "article.product_pod"}
    assert candidate.count == 6
    assert candidate.noun == "products"


def test_fields_have_readable_names_types_and_short_selectors():
    assert rules(SHOP) == {
        "url": {"css": "h3 > a::attr(href)", "convert": "url"},
        "image": {"css": ".thumbnail::attr(src)", "convert": "url"},
        "title": {"css": "a::attr(title)"},
        "price": {"css": ".price_color", "convert": "price", "type": "numeric"},
        "availability": {
            "css": ".instock",
        },
        "rating": {"css": ".star-rating::attr(class)", "re": r"star-rating\s+(\w+)"},
    }


def test_lists_inside_a_card_are_lists():
    cards = "".join(
        f"<div class='quote'><span class='text'>Words {n}</span>"
        f"<span>by <small class='author'>Author {n}</small></span>"
        f"<ul class='tags'>{''.join(f'<li>t{n}{m}</li>' for m in range(n % 3 + 1))}</ul></div>"
        for n in range(6)
    )

    found = rules(cards)

    assert found["tags"] == {"css": "li", "list": True}
    assert found["author"] == {"css": ".author"}
    assert "text" in found
    assert len(found) == 3  # the wrapper that only adds "by" is no field


def test_unnamed_cells_are_told_apart_by_place():
    rows = repeated("<tr class='listing'><td>Name #</td><td>2026-11-0#</td><td><a href='/a/#'>Agenda</a></td></tr>")

    found = rules(f"<table id='archive'>{rows}</table>")

    assert found["text"] == {"css": "td:nth-of-type(1)"}
    assert {"css": "td:nth-of-type(2)", "convert": "date", "type": "date"} in found.values()
    assert found["agenda_url"]["convert"] == "url"


def test_a_label_names_what_stands_beside_it():
    cards = repeated(
        "<div class='job'><h2>Job #</h2><dl><dt>Start date</dt><dd>May #</dd><dt>Pay:</dt><dd>1#00</dd></dl></div>"
    )

    found = rules(cards)

    assert set(found) == {"title", "start_date", "pay"}


def test_generated_and_state_classes_are_not_relied_on():
    cards = "".join(
        f"<div class='css-1a2b3c post-{n} {'odd' if n % 2 else 'even'} card'><h3>T {n}</h3><a href='/{n}'>Go</a></div>"
        for n in range(6)
    )

    assert best(cards).items == {"css": "div.card"}


def test_what_few_cards_have_is_left_out():
    cards = repeated("<div class='card'><h3>T #</h3><p class='note'></p></div>", 8).replace(
        "<p class='note'></p>", "<p class='note'>only here</p>", 1
    )

    assert set(rules(cards)) == {"title"}


def test_a_page_where_nothing_repeats_has_no_cards():
    assert propose_cards(LexborHTMLParser("<html><body><h1>One</h1><p>Text</p></body></html>")) == []


def test_a_page_without_body_or_a_huge_one_is_no_error():
    assert propose_cards(LexborHTMLParser("")) == []
    assert propose_cards(LexborHTMLParser("<div>" * 5000 + "deep")) == []
