import jmespath
import pytest

from scrapers.extraction.jmes_functions import OPTIONS

SUM = "[prep, cook][?@].convert(@, 'duration: minutes') | @ && sum(@)"


@pytest.mark.parametrize(
    ("record", "expected"),
    [({"prep": "PT10M", "cook": "1 hour"}, 70), ({"prep": "PT10M", "cook": "soon"}, 10), ({}, [])],
)
def test_expressions_compute_with_what_a_page_says(record, expected):
    assert jmespath.search(SUM, record, OPTIONS) == expected


def test_an_unknown_converter_is_a_mistake():
    with pytest.raises(ValueError, match="unknown converter"):
        jmespath.search("convert(a, 'prise')", {"a": "1"}, OPTIONS)
