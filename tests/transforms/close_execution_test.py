import dataclasses
from collections import Counter
from typing import Any

import pytest

from schemas.history import History
from schemas.ids import content_id
from schemas.outcome import Outcome
from schemas.plan import Plan
from schemas.reading import FieldProblem
from schemas.tally import Tally
from schemas.written import Published, Written
from transforms.close_execution import close_execution

PLAN = Plan("e1", "run", "shop", 1, 100.0)


def tally_of(rows: int = 0, dead: dict[str, int] | None = None, dropped: dict[str, int] | None = None) -> Tally:
    tally = Tally()
    for number in range(rows or 1):
        tally.know([content_id(number)])
        tally.end(Outcome("e1", "shop", content_id(number), "pages"))
    invalid = (dead or {}).get("invalid_item", 0)
    tally.counts.update(rows=rows, items=rows + invalid + (dropped or {}).get("filtered", 0))
    tally.dead.update(dead or {})
    tally.dropped.update(dropped or {})
    return tally


def file_of(kind: str, records: int, **coverage: int) -> Written:
    return Written(kind, "shop.products", "tmp", "final", records, coverage=Counter(coverage))  # type: ignore[arg-type]


def test_rows_and_few_letters_are_a_success():
    execution = close_execution(
        PLAN, tally_of(100, {"invalid_item": 5}), [file_of("rows", 100), file_of("dead_letters", 5)], Published(), 160.0
    )

    assert (execution.status, execution.condition, execution.holds) == ("success", "", True)
    assert (execution.rows, execution.dead_letters, execution.dead_by_reason) == (100, 5, {"invalid_item": 5})


def test_more_letters_than_the_source_allows_fail_the_execution():
    execution = close_execution(
        PLAN, tally_of(100, {"timeout": 6}), [file_of("rows", 100), file_of("dead_letters", 6)], Published(), 160.0
    )

    assert execution.status == "failed"
    assert execution.reasons == ("check max_dead: 6 dead letters for 100 rows, 5% allowed (6 timeout)",)


def test_a_source_that_was_left_out_says_only_why_and_no_check_is_made():
    plan = dataclasses.replace(PLAN, min_rows=3, coverage={"x": 1.0}, out_because="in backoff", out_requests=7)

    execution = close_execution(plan, Tally(), [], Published(), 160.0)

    assert (execution.status, execution.condition, execution.reasons) == ("failed", "partial", ("in backoff",))
    assert (execution.dropped_by_reason, execution.requests, execution.holds) == ({"backoff": 7}, 7, True)
    assert (execution.drift, execution.dead_letters) == ((), 0)


@pytest.mark.parametrize(
    ("empty_ok", "status"), [(True, "no_data"), (False, "failed")], ids=["the source says empty: ok", "it does not"]
)
def test_no_row_and_no_letter(empty_ok, status):
    plan = dataclasses.replace(PLAN, empty_ok=empty_ok)

    assert close_execution(plan, tally_of(), [], Published(), 160.0).status == status


def test_only_letters_fail_even_when_the_source_may_be_empty():
    plan = dataclasses.replace(PLAN, empty_ok=True, max_dead=1.0)

    assert (
        close_execution(plan, tally_of(0, {"blocked": 1}), [file_of("dead_letters", 1)], Published(), 1.0).status
        == "failed"
    )


def test_failed_checks_are_said_with_both_numbers():
    plan = dataclasses.replace(PLAN, min_rows=20, coverage={"price": 0.95})

    execution = close_execution(plan, tally_of(10), [file_of("rows", 10, price=9)], Published(), 160.0)

    assert execution.status == "failed"
    assert execution.reasons == (
        "check min_rows: 10 rows, at least 20 wanted",
        "check coverage: price in 90.0% of the rows, at least 95.0% wanted",
    )


@pytest.mark.parametrize(
    ("files", "lost"),
    [
        ([file_of("rows", 9)], "LOST: 10 rows accepted, but 9 written or refused"),
        ([file_of("rows", 10), file_of("dead_letters", 1)], "LOST: 0 failures, but 1 dead letters written"),
    ],
    ids=["a row", "the cause of a letter"],
)
def test_a_run_that_lost_something_failed_and_says_what(files, lost):
    execution = close_execution(PLAN, tally_of(10), files, Published(), 160.0)

    assert (execution.status, execution.holds) == ("failed", False)
    assert lost in execution.reasons


def test_an_item_that_is_neither_row_nor_letter_nor_dropped_is_lost():
    tally = tally_of(10)
    tally.counts["items"] = 11

    execution = close_execution(PLAN, tally, [file_of("rows", 10)], Published(), 160.0)

    assert "LOST: 11 items, but 10 accounted for" in execution.reasons


def test_duplicates_are_counted_among_what_was_dropped():
    execution = close_execution(PLAN, tally_of(10), [file_of("rows", 10)], Published(3), 160.0)

    assert (execution.rows, execution.duplicates, execution.dropped_by_reason) == (7, 3, {"duplicate": 3})


def test_a_limit_that_was_hit_makes_an_execution_partial():
    execution = close_execution(
        PLAN, tally_of(10, dropped={"over_limit": 1}), [file_of("rows", 10)], Published(), 160.0
    )

    assert (execution.status, execution.condition) == ("success", "partial")


def test_rows_that_the_table_refused_are_letters_not_rows():
    files = [file_of("rows", 100), file_of("dead_letters", 1)]

    execution = close_execution(PLAN, tally_of(100, {"timeout": 1}), files, Published(refused=2), 160.0)

    assert (execution.rows, execution.dead_letters, execution.holds) == (98, 3, True)
    assert execution.dead_by_reason == {"timeout": 1, "refused_by_table": 2}


def test_rows_that_a_writer_had_refused_before_are_accounted_for():
    tally = tally_of(100, {"refused_by_table": 3})

    execution = close_execution(PLAN, tally, [file_of("rows", 97), file_of("dead_letters", 3)], Published(), 160.0)

    assert (execution.rows, execution.dead_letters, execution.holds) == (97, 3, True)


def with_history(**history: Any) -> Plan:
    return dataclasses.replace(PLAN, history=dataclasses.asdict(History(**history)))


USUALLY_A_PRICE = with_history(runs=5, rows=100, fields={"price": {"share": 0.98, "items": 100, "runs": 5}})


@pytest.mark.parametrize(
    ("dead", "dropped", "condition"),
    [
        ({}, {}, "degraded"),
        ({}, {"over_limit": 1}, "degraded"),
        ({"blocked": 1}, {}, "blocked"),
    ],
    ids=["by itself", "it is more than partial", "what is blocked explains what fell"],
)
def test_what_fell_degrades_unless_a_block_explains_it(dead, dropped, condition):
    letters = [file_of("dead_letters", 1)] if dead else []

    execution = close_execution(
        USUALLY_A_PRICE, tally_of(100, dead, dropped), [file_of("rows", 100, price=50), *letters], Published(), 160.0
    )

    assert (execution.status, execution.condition) == ("success", condition)
    assert execution.reasons[0].startswith("price is in 50.0% of the items; it was in at least 98.0% in each of 5 runs")
    assert execution.drift[0]["since"] == {"execution_id": "e1", "at": 100.0}


def test_a_share_is_of_the_rows_of_the_tables_that_have_the_column():
    reviews = Written("rows", "shop.reviews", "tmp", "final", 900, coverage=Counter(sku=900, stars=450))

    execution = close_execution(
        PLAN, tally_of(1000), [file_of("rows", 100, sku=100, price=90), reviews], Published(), 160.0
    )

    assert execution.coverage == {"sku": 1.0, "price": 0.9, "stars": 0.5}


def test_items_that_a_field_cost_are_counted_with_it():
    tally = tally_of(60, {"invalid_item": 40})
    for number in range(40):
        more = [FieldProblem("offers[1].price", "type", "a number")] if number % 2 else []
        tally.refuse([FieldProblem("price", "required", "a value is required"), FieldProblem("", "hook", "?"), *more])

    execution = close_execution(
        PLAN, tally, [file_of("rows", 60, price=60), file_of("dead_letters", 40)], Published(), 160.0
    )

    assert execution.fields == {
        "offers": {"rows": 0, "present": 0, "refused": 20},
        "price": {"rows": 60, "present": 60, "refused": 40},
    }
    assert execution.coverage == {"price": 1.0}
