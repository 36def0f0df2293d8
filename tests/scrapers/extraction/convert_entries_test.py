import pytest

from scrapers.extraction.convert import ConvertContext, converter


def entries(value: object, spec: object = "entries") -> object:
    return converter(spec)(value, ConvertContext())


SECTIONS = [
    {
        "@type": "HowToSection",
        "name": "Dough",
        "itemListElement": [
            {"@type": "HowToStep", "name": "Mix", "text": "Stir all\nof it."},
            {"@type": "HowToStep", "name": "Rest it...", "text": "Rest it for an hour."},
        ],
    },
    {"@type": "HowToStep", "name": "Step 3", "text": "Bake &amp; eat."},
]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("all", ["Dough", "Mix", "Stir all of it.", "Rest it for an hour.", "Bake & eat."]),
        ("sections", ["Dough", "Stir all of it.", "Rest it for an hour.", "Bake & eat."]),
        ("none", ["Stir all of it.", "Rest it for an hour.", "Bake & eat."]),
    ],
)
def test_sections_and_steps_are_flattened_and_names_kept_as_asked(names, expected):
    assert entries(SECTIONS, {"entries": {"names": names}}) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Cut.\nCook.", ["Cut.", "Cook."]),
        (["<p>Cut.</p>\n, <p>Cook.</p>"], ["Cut.", "Cook."]),
        (["Cut\nit.", "Cook."], ["Cut it.", "Cook."]),
        ([["a", "b"], ["c"]], ["a", "b", "c"]),
        ({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": {"text": "a"}}, "b"]}, ["a", "b"]),
        ([{"@type": "HowToStep", "itemListElement": [{"@type": "HowToDirection", "text": "a"}]}, "b"], ["a", "b"]),
        ([{"@type": "HowToStep", "name": "only a name"}, 5, None], ["only a name"]),
        ([], []),
    ],
)
def test_whatever_pages_give_is_a_list_of_texts(value, expected):
    assert entries(value) == expected


def test_a_list_inside_itself_many_times_ends():
    value: list[object] = ["x"]
    for _ in range(100):
        value = [value, "y"]
    assert "y" in entries(value)  # type: ignore[operator]
