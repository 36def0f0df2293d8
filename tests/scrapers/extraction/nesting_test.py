"""Items that lie in items."""

from collections.abc import Callable

import pytest

from schemas.reading import Reading
from scrapers.extraction.html_tree import NestedTooDeeply

RULES = "items: {{{finder}: {path}}}\nfields: {{name: {{css: b}}}}"


@pytest.mark.parametrize(("finder", "path"), [("css", "div"), ("xpath", "//div")])
def test_thousands_of_items_in_each_other_are_refused(read: Callable[..., Reading], finder: str, path: str) -> None:
    with pytest.raises(NestedTooDeeply, match="does the selector fit"):
        read(RULES.format(finder=finder, path=path), "<div>" * 5_000 + "<b>x")


def test_some_items_in_items_and_many_beside_each_other_are_read(read: Callable[..., Reading]) -> None:
    rules = RULES.format(finder="css", path="div")

    assert len(read(rules, "<div>" * 90 + "<b>x").items) == 90
    assert len(read(rules, "<section>" * 200 + "<div><b>x</b></div>" * 2_000).items) == 2_000
