import json
from typing import Any

import pytest

RECIPE = {
    "@type": "Recipe",
    "name": "Pumpkin &amp; apple soup",
    "image": [{"@type": "ImageObject", "url": "/soup.jpg"}],
    "author": {"@id": "#emma"},
    "recipeIngredient": ["1 pumpkin ((about 1 kg))", "▢ 2 apples", ""],
    "recipeInstructions": [
        {
            "@type": "HowToSection",
            "name": "Soup",
            "itemListElement": [{"@type": "HowToStep", "text": "Cook.", "name": "Cook"}],
        },
        {"@type": "HowToStep", "name": "Step 2", "text": "<p>Eat.</p>"},
    ],
    "prepTime": "PT20M",
    "cookTime": "P0DT1H5M",
    "aggregateRating": {"@type": "AggregateRating", "ratingValue": "4,8", "reviewCount": "1,204"},
}
EMMA = {"@type": "Person", "@id": "#emma", "name": "Emma Bee"}


def page(*blocks: Any, head: str = "") -> str:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(block)}</script>' for block in blocks)
    return f"<html lang=en><head>{head}{scripts}</head><body><h1>Soup</h1>"


def test_a_recipe_in_jsonld(read_rows):
    [row] = read_rows("recipes", page({"@graph": [RECIPE, EMMA]}), "https://food.test/soup")
    assert row == {
        "url": "https://food.test/soup",
        "title": "Pumpkin & apple soup",
        "description": None,
        "image": "https://food.test/soup.jpg",
        "author": "Emma Bee",
        "ingredients": ["1 pumpkin (about 1 kg)", "2 apples"],
        "instructions_list": ["Soup", "Cook.", "Eat."],
        "prep_time": 20.0,
        "cook_time": 65.0,
        "total_time": 85.0,
        "ratings": 4.8,
        "ratings_count": 1204,
        "yields": None,
        "category": [],
        "cuisine": [],
        "language": "en",
    }


def test_a_recipe_in_microdata_takes_what_is_missing_from_open_graph(read_rows):
    html = """<head><meta property="og:description" content="Warm."><link rel=canonical href="/soup"></head>
    <article itemscope itemtype=http://schema.org/Recipe><h1 itemprop=name>Soup</h1>
    <span itemprop=author itemscope itemtype=http://schema.org/Person><b itemprop=name>Emma</b></span>
    <time itemprop=totalTime datetime=PT1H30M>90 min</time>
    <ul><li itemprop=ingredients>1 pumpkin<li itemprop=ingredients>
    2 apples</ul><div itemprop=recipeInstructions><ol><li>Cook.<li>Eat.</ol></div></article>"""
    [row] = read_rows("recipes", html, "https://food.test/soup?from=feed")
    assert row["url"] == "https://food.test/soup"
    assert (row["author"], row["description"], row["total_time"]) == ("Emma", "Warm.", 90.0)
    assert row["ingredients"] == ["1 pumpkin", "2 apples"]
    assert row["instructions_list"] == ["Cook.", "Eat."]


def test_one_recipe_described_twice_is_one_row(read_rows):
    [row] = read_rows(
        "recipes", page({"@type": "Recipe", "name": "Soup", "image": "/a.jpg"}, {**RECIPE, "name": "Soup"}, EMMA)
    )
    assert (row["image"], row["author"]) == ("https://site.test/a.jpg", "Emma Bee")
    assert len(row["ingredients"]) == 2


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Emma", "Emma"),
        (["Emma", "Bo"], "Emma"),
        ([{"@type": "Person", "name": "Emma"}], "Emma"),
        ({"@type": "Organization", "name": ["Kitchen"]}, "Kitchen"),
        ({"@type": "Person", "name": ""}, None),
        ({"@id": "#nobody"}, None),
        (None, None),
    ],
)
def test_authors_of_every_shape(read_rows, author, expected):
    [row] = read_rows("recipes", page({**RECIPE, "author": author}))
    assert row["author"] == expected


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"totalTime": "PT1H"}, 60),
        ({"totalTime": "PT0M", "prepTime": "PT5M"}, 5),
        ({"totalTime": "about a day", "cookTime": "1 hour 5 mins"}, 65),
        ({"totalTime": None}, None),
    ],
)
def test_total_times_are_computed_where_the_page_has_none(read_rows, times, expected):
    [row] = read_rows("recipes", page({"@type": "Recipe", "name": "Soup", **times}))
    assert row["total_time"] == expected


@pytest.mark.parametrize(
    "html",
    [
        page(
            {"@type": "NewsArticle", "headline": "Soup", "author": EMMA},
            head='<meta property="og:title" content="Soup">',
        ),
        page({"@type": "Recipe"}),
        page({"@type": "Recipe", "name": " "}),
        "",
    ],
)
def test_a_page_without_a_recipe_gives_nothing(read_rows, html):
    assert read_rows("recipes", html) == []
