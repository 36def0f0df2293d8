from typing import Any

from scrapers.proposal.json_fields import object_fields


def rules(*objects: dict[str, Any], schema_org: bool = False) -> dict[str, dict[str, Any]]:
    return {field.name: field.rule for field in object_fields(objects, schema_org=schema_org)}


def test_scalars_have_the_type_of_their_values():
    found = rules({"id": 1, "price": 1.5, "name": "x", "on": True, "at": "2026-11-22T10:00:00Z", "gone": None})

    assert found == {
        "id": {"jmes": "id", "type": "integer"},
        "price": {"jmes": "price", "type": "float"},
        "name": {"jmes": "name"},
        "on": {"jmes": "on", "type": "boolean"},
        "at": {"jmes": "at", "convert": "datetime", "type": "timestamp"},
    }


def test_nested_objects_are_flattened_once_and_lists_of_objects_stay_json():
    found = rules({"owner": {"login": "a", "more": {"deep": 1}}, "tags": ["x"], "variants": [{"size": 1}]})

    assert found["owner_login"] == {"jmes": "owner.login"}
    assert found["owner_more"] == {"jmes": "owner.more", "type": "json"}
    assert found["tags"] == {"jmes": "tags", "list": True}
    assert found["variants"] == {"jmes": "variants", "type": "json"}


def test_integers_and_fractions_together_are_fractions():
    assert rules({"p": 1}, {"p": 1.5})["p"]["type"] == "float"


def test_keys_that_are_no_identifiers_are_quoted():
    assert rules({"next-page": "x"})["next_page"] == {"jmes": '"next-page"'}


def test_a_schema_org_object_stands_for_its_name_and_a_step_for_its_text():
    recipe = {
        "@type": "Recipe",
        "author": {"@type": "Person", "name": "Emma", "url": "/emma"},
        "image": {"@type": "ImageObject", "url": "/i.jpg"},
        "recipeInstructions": [{"@type": "HowToStep", "name": "1", "text": "Mix"}],
        "aggregateRating": {"@type": "AggregateRating", "ratingValue": "4", "ratingCount": "7"},
        "offers": [{"@type": "Offer", "price": "12.50", "priceCurrency": "EUR"}],
        "isPartOf": {"@type": "WebPage", "name": "page"},
    }

    assert rules(recipe, schema_org=True) == {
        "author": {"jmes": "author.name"},
        "image": {"jmes": "image.url"},
        "recipe_instructions": {"jmes": "recipeInstructions[].text", "list": True},
        "rating_value": {"jmes": "aggregateRating.ratingValue", "type": "float"},
        "rating_count": {"jmes": "aggregateRating.ratingCount", "type": "integer"},
        "price": {"jmes": "offers[0].price", "convert": "price", "type": "numeric"},
        "price_currency": {"jmes": "offers[0].priceCurrency"},
    }


def test_a_property_in_two_shapes_becomes_a_fallback_chain():
    found = rules(
        {"@type": "A", "by": "Emma"}, {"@type": "A", "by": {"@type": "Person", "name": "Jane"}}, schema_org=True
    )

    assert found["by"] == {"any": [{"jmes": "by"}, {"jmes": "by.name"}]}
