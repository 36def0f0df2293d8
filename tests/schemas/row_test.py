"""What a table accepts, what it says of the rest, and the identities of rows."""

import dataclasses
import datetime
import math
from decimal import Decimal
from typing import Any

import pytest

from schemas.reading import FieldProblem
from schemas.row import MAX_ROW_BYTES, Accepted, RowMaker, coverage
from schemas.table import Column, Table

SHOP = Table(
    "shop.products",
    (
        Column("sku", required=True, pattern=r"[A-Z]\d+"),
        Column("title", max=20),
        Column("price", "numeric", min=0),
        Column("rating", "float", max=5),
        Column("reviews", "integer"),
        Column("in_stock", "boolean"),
        Column("kind", enum=("lamp", "chair")),
        Column("tags", repeated=True, max=3),
        Column(
            "offers",
            "record",
            repeated=True,
            columns=(Column("price", "numeric", required=True), Column("seller")),
        ),
        Column("maker", "record", columns=(Column("name"), Column("founded", "date"))),
        Column("extra", "json"),
    ),
    key=("sku",),
)


def accept_one(item: dict[str, Any], table: Table = SHOP, **options: Any) -> Accepted:
    return RowMaker(table, **options).accept([item], {})


def column_value(column: Column, value: Any) -> Any:
    accepted = accept_one({column.name: value}, Table("t", (column,)))
    assert accepted.refused == []
    return accepted.rows[0][column.name]


def only_problem(column: Column, value: Any) -> FieldProblem:
    accepted = accept_one({column.name: value}, Table("t", (column,)))
    [(_, [problem])] = accepted.refused
    return problem


def test_text_becomes_the_columns_type() -> None:
    accepted = accept_one(
        {
            "sku": " A1 ",
            "price": "12.50",
            "rating": "4.5",
            "reviews": "12",
            "in_stock": "yes",
            "tags": ["new", "", None],
            "offers": [{"price": "3", "seller": ""}],
            "maker": {"name": "Ada", "founded": "1999-01-31"},
            "extra": {"any": [1, "thing"]},
        }
    )

    assert accepted.refused == []
    assert accepted.rows == [
        {
            "sku": "A1",
            "title": None,
            "price": Decimal("12.50"),
            "rating": 4.5,
            "reviews": 12,
            "in_stock": True,
            "kind": None,
            "tags": ["new"],
            "offers": [{"price": Decimal(3), "seller": None}],
            "maker": {"name": "Ada", "founded": datetime.date(1999, 1, 31)},
            "extra": {"any": [1, "thing"]},
        }
    ]


def test_every_bad_field_is_named_with_its_rule_and_value() -> None:
    accepted = accept_one(
        {
            "sku": "lamp",
            "title": "x" * 21,
            "price": "-1",
            "rating": "6",
            "reviews": "1.5",
            "in_stock": "perhaps",
            "kind": "table",
            "tags": ["a", "b", "c", "d"],
            "offers": [{"price": ""}, {"seller": "Ada"}, {"price": "dear", "colour": "red"}],
            "maker": {"founded": "last year"},
            "colour": "red",
        }
    )

    assert accepted.rows == []
    [(number, problems)] = accepted.refused
    assert number == 0
    assert {(problem.field, problem.rule, problem.value) for problem in problems} == {
        ("sku", "pattern", "lamp"),
        ("title", "max", "x" * 21),
        ("price", "min", "-1"),
        ("rating", "max", "6"),
        ("reviews", "type", "1.5"),
        ("in_stock", "type", "perhaps"),
        ("kind", "enum", "table"),
        ("tags", "max", "['a', 'b', 'c', 'd']"),
        ("offers[1].price", "required", ""),
        ("offers[2].price", "type", "dear"),
        ("offers[2].colour", "unknown", "red"),
        ("maker.founded", "type", "last year"),
        ("colour", "unknown", "red"),
    }
    assert all(problem.message and "pydantic" not in problem.message for problem in problems)


def test_a_bad_item_leaves_the_others_of_its_page_alone() -> None:
    accepted = RowMaker(SHOP).accept([{"sku": "A1"}, {"sku": ""}, {"sku": "A3"}], {})

    assert [row["sku"] for row in accepted.rows] == ["A1", "A3"]
    assert accepted.numbers == [0, 2]
    assert accepted.refused == [(1, [FieldProblem("sku", "required", "a value is required")])]


def test_an_item_that_is_no_mapping_is_refused() -> None:
    accepted = RowMaker(SHOP).accept(["A1"], {})  # type: ignore[list-item]

    [(_, [problem])] = accepted.refused
    assert (problem.field, problem.rule) == ("", "type")


@pytest.mark.parametrize("number", ["nan", "inf", "-Infinity", math.nan, math.inf])
@pytest.mark.parametrize("kind", ["float", "numeric"])
def test_numbers_are_finite(kind: Any, number: Any) -> None:
    assert only_problem(Column("n", kind), number).rule == "type"


@pytest.mark.parametrize("number", ["1" * 30, "0.1234567891", "1e400"])
def test_too_many_digits_are_a_problem_and_never_rounded(number: str) -> None:
    problem = only_problem(Column("n", "numeric"), number)

    assert problem.rule == "type"
    assert "29 digits" in problem.message


@pytest.mark.parametrize("number", ["1.5", 1.5, "9223372036854775808", 10**20, "1,000"])
def test_integers_are_never_cut_to_fit(number: Any) -> None:
    assert only_problem(Column("n", "integer"), number).rule == "type"


def test_instants_need_a_zone_and_are_kept_in_utc() -> None:
    column = Column("t", "timestamp")

    assert column_value(column, "2026-11-22T19:30:00-05:00") == datetime.datetime(
        2026, 11, 23, 0, 30, tzinfo=datetime.UTC
    )
    problem = only_problem(column, "2026-11-22T19:30:00")
    assert problem.rule == "type"
    assert "zone" in problem.message


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("date", "2026-11-22", datetime.date(2026, 11, 22)),
        ("date", "20261122", datetime.date(2026, 11, 22)),
        ("date", "2026-11-22T00:00:00", datetime.date(2026, 11, 22)),
        ("date", datetime.datetime(2026, 11, 22), datetime.date(2026, 11, 22)),
        ("time", "19:30", datetime.time(19, 30)),
        ("datetime", "2026-11-22 19:30", datetime.datetime(2026, 11, 22, 19, 30)),
        ("timestamp", "2026-11-22T19:30:00.5Z", datetime.datetime(2026, 11, 22, 19, 30, 0, 500_000, datetime.UTC)),
        ("bytes", "ab", b"ab"),
        ("string", 12, "12"),
        ("string", Decimal("1.50"), "1.50"),
        ("boolean", "false", False),
        ("float", "1e3", 1000.0),
        ("integer", "3.0", 3),
    ],
)
def test_iso_text_and_values_are_read(kind: Any, text: Any, value: Any) -> None:
    assert column_value(Column("c", kind), text) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", 1_700_000_000),
        ("date", "1700000000"),
        ("date", "2026-11-22T19:30:00"),
        ("date", "22.11.2026"),
        ("time", "19:30:00Z"),
        ("datetime", "2026-11-22T19:30:00Z"),
        ("timestamp", 1_700_000_000),
        ("timestamp", "0001-01-01T00:00:00+14:00"),
        ("string", True),
        ("string", ["a"]),
        ("string", "\ud800"),
        ("integer", {"a": 1}),
        ("boolean", "2"),
        ("json", "\ud800"),
        ("json", 2**70),
    ],
)
def test_nothing_is_guessed(kind: Any, value: Any) -> None:
    assert only_problem(Column("c", kind), value).rule == "type"


def test_bounds_of_dates_and_enumerations_of_numbers_have_the_columns_type() -> None:
    assert only_problem(Column("d", "date", min="2026-01-01"), "2025-12-31").rule == "min"
    assert column_value(Column("n", "numeric", enum=("1.0", 2)), "1") == 1
    assert only_problem(Column("n", "integer", pattern="[12]"), "3").rule == "pattern"


def test_a_pattern_with_look_ahead_matches_the_whole_text() -> None:
    column = Column("c", pattern=r"(?!x)[a-z]+")

    assert column_value(column, "abc") == "abc"
    assert only_problem(column, "xbc").rule == "pattern"
    assert only_problem(column, "abc\n1").rule == "pattern"


def test_required_lists_hold_something() -> None:
    problem = only_problem(Column("tags", repeated=True, required=True), ["", None])

    assert (problem.rule, problem.message) == ("required", "at least one value is required")


def test_a_single_value_is_a_list_of_one_and_no_value_an_empty_list() -> None:
    column = Column("tags", repeated=True)

    assert column_value(column, "new") == ["new"]
    assert column_value(column, None) == []


def test_a_record_of_nothing_is_null_even_if_it_needs_fields() -> None:
    column = Column("offer", "record", columns=(Column("price", "numeric", required=True),))

    assert column_value(column, {"price": ""}) is None
    assert column_value(column, {}) is None
    assert column_value(dataclasses.replace(column, repeated=True), [{}, {"price": 1}]) == [{"price": 1}]


def test_missing_and_empty_values_give_the_same_row_whatever_else_is_on_the_page() -> None:
    maker = RowMaker(SHOP)

    alone = maker.accept([{"sku": "A1"}], {})
    beside = maker.accept([{"sku": "A1", "title": " ", "maker": {"name": ""}}, {"sku": "bad"}], {})

    assert beside.rows == alone.rows
    assert beside.row_ids == alone.row_ids


def test_a_failed_conversion_refuses_its_item_and_is_said_once() -> None:
    said = FieldProblem("price", "convert", "an amount was expected", "call us")

    accepted = RowMaker(SHOP).accept([{"sku": "A1", "price": "call us"}, {"sku": "A2"}], {0: [said]})

    assert accepted.refused == [(0, [said])]
    assert accepted.numbers == [1]


def test_a_row_without_its_key_is_refused() -> None:
    table = Table("t", (Column("a"), Column("b")), key=("a", "b"))

    accepted = RowMaker(table).accept([{"a": "1", "b": "2"}, {"a": "1"}], {})

    assert accepted.numbers == [0]
    assert accepted.refused == [(1, [FieldProblem("b", "key", "a key column needs a value")])]


def test_row_key_follows_the_key_and_row_id_the_content() -> None:
    maker = RowMaker(SHOP)
    rows = [{"sku": "A1", "price": "2.50"}, {"sku": "A1", "price": "2.5000"}, {"sku": "A1", "price": "3"}]

    accepted = maker.accept(rows, {})

    assert len(set(accepted.row_keys)) == 1
    assert accepted.row_ids[0] == accepted.row_ids[1] != accepted.row_ids[2]
    assert all(len(row_id) == 24 and int(row_id, 16) >= 0 for row_id in accepted.row_ids + accepted.row_keys)
    assert maker.accept(rows, {}) == accepted


def test_without_a_key_a_row_is_its_own_key() -> None:
    accepted = RowMaker(Table("t", (Column("a"),))).accept([{"a": "1"}, {"a": "2"}], {})

    assert accepted.row_keys == accepted.row_ids
    assert len(set(accepted.row_ids)) == 2


def test_unknown_fields_are_kept_on_request_with_their_paths() -> None:
    maker = RowMaker(SHOP, keep_unknown=True)

    accepted = maker.accept([{"sku": "A1", "colour": "red", "offers": [{"price": 1, "vat": 19}]}, {"sku": "A2"}], {})

    assert [row["_unknown"] for row in accepted.rows] == [{"colour": "red", "offers[0].vat": 19}, None]
    assert maker.table.columns[-1] == Column("_unknown", "json", description=maker.table.columns[-1].description)


def test_personal_values_are_hashed_or_left_out_in_rows_problems_and_letters() -> None:
    table = Table(
        "people",
        (
            Column("mail", personal="hash"),
            Column("phone", "integer", personal="drop"),
            Column("home", "record", columns=(Column("city"), Column("street", personal="drop"))),
        ),
        key=("mail",),
    )
    maker = RowMaker(table, hash_key=b"k")
    good = {"mail": "a@b.test", "phone": "1", "home": {"city": "Rome", "street": "Via"}}

    accepted = maker.accept([good, {"mail": "a@b.test", "phone": "none", "nick": "x"}], {})

    hashed = accepted.rows[0]["mail"]
    assert hashed.startswith("blake2b:")
    assert "a@b.test" not in str(accepted)
    assert accepted.rows == [{"mail": hashed, "home": {"city": "Rome"}}]
    [(_, problems)] = accepted.refused
    assert {(problem.field, problem.value) for problem in problems} == {("phone", "[personal]"), ("nick", "x")}
    assert maker.without_personal(good) == {"mail": hashed, "home": {"city": "Rome"}}


def test_a_row_too_large_for_the_warehouse_says_which_column_makes_it_so() -> None:
    problem = only_problem(Column("text"), "x" * (MAX_ROW_BYTES + 1))

    assert (problem.field, problem.rule) == ("text", "row_too_large")
    assert len(problem.value) <= 200


def test_a_value_is_shown_in_200_characters() -> None:
    assert only_problem(Column("n", "integer"), "9" * 1000).value == "9" * 199 + "…"


def test_a_key_that_is_no_column_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="colour"):
        RowMaker(Table("t", (Column("a"),), key=("colour",)))


def test_coverage_counts_the_rows_that_have_something() -> None:
    accepted = RowMaker(SHOP).accept([{"sku": "A1", "tags": ["x"]}, {"sku": "A2", "price": 0}], {})

    counts = coverage(accepted.rows)

    assert (counts["sku"], counts["tags"], counts["price"], counts["title"]) == (2, 1, 1, 0)
    assert coverage([]) == {}
