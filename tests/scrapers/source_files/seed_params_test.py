"""Parameters of seed templates: lists, ranges, dates, files; counted without being laid out."""

import datetime
from pathlib import Path

import pytest

from scrapers.source_files.seed_params import ParamError, overridden, parse_params, values_of

MONDAY = datetime.datetime(2026, 3, 2, 3, 0, tzinfo=datetime.UTC).timestamp()


def values(rule: object, folder: Path = Path(), tick: float = MONDAY) -> list[object]:
    return list(values_of(rule, folder, tick))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("one", ["one"]),
        (7, [7]),
        ([1, "b", True], [1, "b", True]),
        ("1..4", [1, 2, 3, 4]),
        ("4..1", [4, 3, 2, 1]),
        ("-1..1", [-1, 0, 1]),
        ("0..20..10", [0, 10, 20]),
        ("0..25..10", [0, 10, 20]),
        ("008..011", ["008", "009", "010", "011"]),
        ("A..D", ["A", "B", "C", "D"]),
        ("x..z", ["x", "y", "z"]),
        (["1..2", "x"], [1, 2, "x"]),
    ],
)
def test_lists_and_ranges(rule, expected):
    assert values(rule) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"dates": "-2 days..today"}, ["2026-02-28", "2026-03-01", "2026-03-02"]),
        ({"dates": "yesterday..tomorrow", "format": "%d%m"}, ["0103", "0203", "0303"]),
        ({"dates": "today"}, ["2026-03-02"]),
        ({"dates": "2024-02-28..2024-03-01"}, ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ({"dates": "-2 weeks..today", "step": "week"}, ["2026-02-16", "2026-02-23", "2026-03-02"]),
        (
            {"dates": "2026-01-31..2026-04-30", "step": "month"},
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"],
        ),
        ({"dates": "-2 years..today", "step": "1 year", "format": "%Y"}, ["2024", "2025", "2026"]),
        ({"dates": "today..yesterday"}, []),
        ({"dates": ["2026-01-01", "today"]}, ["2026-01-01", "2026-03-02"]),
    ],
)
def test_dates_refer_to_the_tick(rule, expected):
    assert values(rule) == expected


def test_today_is_that_of_the_zone():
    assert values({"dates": "today", "zone": "America/New_York"}) == ["2026-03-01"]
    assert values({"dates": "today", "zone": "Asia/Tokyo"}) == ["2026-03-02"]


def test_a_file_gives_its_lines(tmp_path: Path):
    (tmp_path / "skus.txt").write_text("# ours\nA1\n\n  B2  \n")

    assert values({"file": "skus.txt"}, tmp_path) == ["A1", "B2"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"dates": "7 days ago..today"}, "`7 days ago` is no date: expected 2026-01-31, today, yesterday or `-7 days`"),
        ({"dates": "today", "zone": "Berlin"}, "'Berlin' is no time zone"),
        ({"dates": "today", "tz": "UTC"}, "`tz` is unknown here: dates, zone, format and step are known"),
        ({"dates": "today..tomorrow", "step": "hour"}, "`hour` is no step"),
        ({"from": 1}, "expected a list, a range"),
        ([{"a": 1}], "a value must be a text, a number, true or false"),
        ("z..a", "`z..a` is no range of letters"),
        ("1..5..0", "the step of a range must not be 0"),
        ({"file": "none.txt"}, "the file none.txt cannot be read"),
    ],
)
def test_what_is_no_rule_is_said(rule, message):
    with pytest.raises(ParamError) as error:
        values(rule)

    assert message in str(error.value)


def test_a_huge_range_is_indexed_and_not_laid_out():
    huge = values_of("1..10000000000", Path(), 0)

    assert len(huge) == 10_000_000_000
    assert huge[9_999_999_999] == 10_000_000_000


def test_overrides_keep_the_kind_of_the_rule():
    assert parse_params(["page=1..3", "city=Oslo", "city=Bergen"]) == {"page": "1..3", "city": "Oslo,Bergen"}
    assert values(overridden("1..50", "2..3,9,007")) == [2, 3, 9, "007"]
    assert values(overridden({"dates": "today", "format": "%d.%m."}, "2026-01-01..2026-01-02")) == ["01.01.", "02.01."]
    with pytest.raises(ValueError, match="'page' is not NAME=VALUE"):
        parse_params(["page"])
