import json
import time

from scrapers.extraction import jsonld


def page(*blocks: object) -> str:
    texts = (block if isinstance(block, str) else json.dumps(block) for block in blocks)
    return "<html><head>" + "".join(f'<script type="application/ld+json">{text}</script>' for text in texts) + "</head>"


def names(html: str, *types: str) -> list[object]:
    return [node.get("name") for node in jsonld.find(html, types)]


def test_a_type_matches_as_a_word_a_list_and_an_address():
    html = page(
        {"@type": "Recipe", "name": "a"},
        {"@type": ["NewsArticle", "Recipe"], "name": "b"},
        {"@type": "http://schema.org/Recipe", "name": "c"},
        {"@type": "Person", "name": "d"},
    )
    assert names(html, "Recipe") == ["a", "b", "c"]
    assert names(html, "https://schema.org/Person", "Recipe") == ["a", "b", "c", "d"]


def test_objects_inside_others_are_found_in_page_order():
    html = page(
        {"@graph": [{"@type": "WebPage", "mainEntity": {"@type": "Recipe", "name": "a"}}]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": {"@type": "Recipe", "name": "b"}}]},
    )
    assert names(html, "Recipe") == ["a", "b"]


def test_what_lies_inside_a_found_object_is_not_found_again():
    html = page({"@type": "Event", "name": "festival", "subEvent": [{"@type": "Event", "name": "concert"}]})
    assert names(html, "Event") == ["festival"]


def test_references_are_followed_through_the_graph_and_across_blocks():
    html = page(
        {"@graph": [{"@type": "Article", "name": "a", "author": {"@id": "#emma"}, "publisher": {"@id": "#press"}}]},
        {"@type": "Person", "@id": "#emma", "name": "Emma", "worksFor": {"@id": "#press"}},
        {"@type": "Organization", "@id": "#press", "name": "Press"},
    )
    [article] = jsonld.find(html, ["Article"])
    assert article["author"]["name"] == "Emma"
    assert article["author"]["worksFor"]["name"] == "Press"
    assert article["publisher"]["name"] == "Press"


def test_a_reference_that_names_nothing_stays_as_it_is():
    [article] = jsonld.find(page({"@type": "Article", "name": "a", "author": {"@id": "#nobody"}}), ["Article"])
    assert article["author"] == {"@id": "#nobody"}


def test_references_in_a_circle_end():
    html = page(
        {
            "@graph": [
                {"@type": "Article", "@id": "#a", "name": "a", "isPartOf": {"@id": "#w"}},
                {"@type": "WebPage", "@id": "#w", "name": "w", "mainEntity": {"@id": "#a"}},
            ]
        }
    )
    [article] = jsonld.find(html, ["Article"])
    assert article["isPartOf"]["name"] == "w"
    assert article["isPartOf"]["mainEntity"] == {"@id": "#a"}
    json.dumps(article)


def test_what_two_blocks_say_of_one_thing_is_put_together():
    html = page({"@type": "Recipe", "@id": "#r", "name": "a"}, {"@type": "Recipe", "@id": "#r", "recipeYield": "4"})
    assert jsonld.find(html, ["Recipe"]) == [{"@type": "Recipe", "@id": "#r", "name": "a", "recipeYield": "4"}]


def test_a_page_and_its_article_may_share_an_id_and_stay_two_things():
    html = page({"@type": "WebPage", "@id": "/x", "name": "page"}, {"@type": "Article", "@id": "/x", "headline": "h"})
    [article] = jsonld.find(html, ["Article"])
    assert "name" not in article


def test_a_bare_reference_is_no_object():
    assert jsonld.find(page({"@type": "WebPage", "mainEntity": {"@type": "Recipe", "@id": "#r"}}), ["Recipe"]) == []


def test_a_block_that_is_there_twice_counts_once():
    block = {"@type": "Recipe", "name": "a"}
    assert names(page(block, block), "Recipe") == ["a"]


def test_a_value_object_is_its_value():
    [node] = jsonld.find(page({"@type": "Recipe", "name": {"@value": "Soupe", "@language": "fr"}}), ["Recipe"])
    assert node["name"] == "Soupe"


def test_a_broken_block_leaves_the_others_alone():
    assert names(page("{not json at all", {"@type": "Recipe", "name": "a"}), "Recipe") == ["a"]


def test_type_attributes_are_read_generously():
    html = '<script type="APPLICATION/LD+JSON; charset=utf-8">{"@type": "Recipe", "name": "a",}</script>'
    assert names(html, "Recipe") == ["a"]


def test_hostile_graphs_end_in_bounded_time():
    crowd = [
        {"@type": "Person", "@id": f"#{n}", "name": "x", "knows": [{"@id": f"#{m}"} for m in range(30)]}
        for n in range(30)
    ]
    started = time.monotonic()
    jsonld.find(page({"@graph": crowd}), ["Person"])
    deep = '{"@type":"A","x":' * 5000 + "1" + "}" * 5000
    jsonld.find(page(deep, "[" * 100_000), ["B"])
    assert time.monotonic() - started < 30
