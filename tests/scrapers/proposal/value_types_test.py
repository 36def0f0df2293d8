import pytest

from scrapers.proposal.value_types import guess_text


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["$1,299.00", "$5"], "numeric"),
        (["12,50 €", "7 €"], "numeric"),
        (["12", "-3"], "integer"),
        ([".512", "1.000", "0"], "float"),
        (["2026-11-22T10:00:00+01:00"], "timestamp"),
        (["2026-11-22 10:00"], "datetime"),
    ],
)
def test_values_that_agree_have_a_type(values: list[str], kind: str):
    assert guess_text(values)["type"] == kind


@pytest.mark.parametrize(
    "values",
    [
        ["007"],
        ["12", "n/a"],
        ["1234567890123456789012"],
        ["from $5 to $9 for every order that you place this week"],
        ["22/11/2026"],
        ["5 items"],
        [],
    ],
)
def test_others_stay_text(values: list[str]):
    assert guess_text(values) == {}
