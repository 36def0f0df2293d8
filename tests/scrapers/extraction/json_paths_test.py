"""Paths that are read without JMESPath's interpreter find what it finds."""

from typing import Any

import jmespath
import pytest

from scrapers.extraction.json_paths import compile_jmes

VALUES: list[Any] = [
    None,
    1,
    "text",
    {},
    {"a": None},
    {"a": {"b": 0}},
    {"a": []},
    [],
    [1, "x", {}],
    [[1, [2]], None, 3, []],
    [None, {"a": 1}],
    [[None]],
]


@pytest.mark.parametrize("expression", ["a", "a.b", "[]", " [] "])
@pytest.mark.parametrize("value", VALUES, ids=str)
def test_short_cuts_find_what_jmespath_finds(expression: str, value: Any) -> None:
    assert compile_jmes(expression)(value) == jmespath.search(expression, value)
