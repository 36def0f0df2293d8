from pipelines.golden_cases import case_name, differences
from schemas.request import Request


def lines(expected: object, actual: object) -> list[str]:
    return list(differences(expected, actual))


def test_equal_things_do_not_differ():
    assert lines({"rows": [{"a": 1}]}, {"rows": [{"a": 1}]}) == []


def test_a_changed_field_is_one_line_with_both_values():
    assert lines({"rows": [{"a": 1, "b": "x"}]}, {"rows": [{"a": 2, "b": "x"}]}) == ["rows[0].a: expected 1, got 2"]


def test_one_row_more_at_the_top_is_one_difference():
    rows = [{"a": number} for number in range(50)]

    assert lines({"rows": rows}, {"rows": [{"a": -1}, *rows]}) == ['rows[0]: not expected, got {"a": -1}']


def test_a_row_that_is_gone_is_one_difference():
    rows = [{"a": number} for number in range(50)]

    assert lines({"rows": rows}, {"rows": [*rows[:7], *rows[8:]]}) == ['rows[7]: expected {"a": 7}, and there is none']


def test_a_field_that_comes_or_goes_differs_from_null():
    assert lines({"a": 1}, {"b": 2}) == ["a: expected 1, got null", "b: expected null, got 2"]


def test_a_case_is_named_after_its_page():
    request = Request("shop", "http://shop.test/c/Table-Lamps?page=2", "try", page_type="listing")

    assert case_name(request) == "listing-c-table-lamps-page-2"
    assert case_name(Request("shop", "http://shop.test/", "try")) == "first-page"
