"""The rules by tables that can be checked by hand, and what must hold of every history."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.drift import Fall, falls_of, margin
from schemas.history import PastRun, history_of

DAY = 86_400.0
NOW = 100 * DAY


def run_of(
    rows: int, price: int | None = None, *, day: float = 0.0, pages: int = 0, refused: int = 0, **more: Any
) -> PastRun:
    """A run of so many rows, `price` of them with a price (None: there is no such column); `day`s before now."""
    fields = {"sku": {"rows": rows, "present": rows, "refused": 0}}
    if price is not None:
        fields["price"] = {"rows": rows, "present": price, "refused": refused}
    types = {"listing": type_of(pages, rows)} if pages else {}
    return PastRun(f"e{day:g}", NOW - day * DAY, rows=rows, **{"fields": fields, "page_types": types, **more})


def type_of(pages: int, rows: int, skeleton: tuple[str, ...] = (), like_before: float | None = None) -> dict[str, Any]:
    return {"pages": pages, "rows": rows, "skeleton": list(skeleton), "like_before": like_before, "sample": None}


def fallen(now: PastRun, *before: PastRun, **checks: Any) -> list[Fall]:
    return falls_of(now, history_of(before, NOW, {"price": "listing"}), **checks)


def names(found: list[Fall]) -> list[str]:
    return [f"{fall.what} {fall.name}".strip() for fall in found]


def week(rows: int, price: int | None = None, **more: Any) -> list[PastRun]:
    """Seven runs, one a day, all alike."""
    return [run_of(rows, price, day=day, **more) for day in range(1, 8)]


@pytest.mark.parametrize(
    ("items", "runs", "wanted"),
    [(25, 3, 0.3), (100, 3, 0.15), (900, 3, 0.05), (1_000_000, 3, 0.05), (100, 2, 0.3), (16, 1, 0.75)],
)
def test_the_margin_is_one_and_a_half_by_the_root_of_the_items_and_twice_that_of_a_short_history(
    items: int, runs: int, wanted: float
):
    assert margin(items, runs) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("rows", "price", "before", "found"),
    [
        pytest.param(100, 84, week(100, 100), ["field price"], id="100 rows: below 85 %"),
        pytest.param(100, 85, week(100, 100), [], id="100 rows: 85 % is within the margin"),
        pytest.param(1000, 949, week(1000, 1000), ["field price"], id="1,000 rows: below 95 %"),
        pytest.param(1000, 949, week(1000, 990), [], id="it was 99 % before: 94.9 % is not below 94 %"),
        pytest.param(1000, 949, [*week(1000, 1000), run_of(1000, 900, day=0.5)], [], id="the lowest counts"),
        pytest.param(100, 71, [run_of(100, 100, day=1)], [], id="one run before: twice the margin"),
        pytest.param(100, 69, [run_of(100, 100, day=1)], ["field price"], id="one run before: below 70 %"),
        pytest.param(9, 0, week(9, 9), [], id="of nine rows nothing is said"),
        pytest.param(10, 5, week(10, 10), ["field price"], id="10 rows: below 53 %"),
        pytest.param(10, 6, week(10, 10), [], id="10 rows: 60 % is not"),
        pytest.param(500, 0, week(500, 20), ["field price"], id="a rare one is gone where 20 were to be expected"),
        pytest.param(400, 0, week(500, 20), [], id="a rare one is gone where 16 were"),
        pytest.param(100, None, week(100, 100), [], id="a column that the table has no more"),
        pytest.param(100, 0, week(100), [], id="a column that is new"),
        pytest.param(100, 0, [], [], id="no history"),
    ],
)  # fmt: skip
def test_a_field_falls_against_the_lowest_that_it_has_been(
    rows: int, price: int | None, before: list[PastRun], found: list[str]
):
    assert names(fallen(run_of(rows, price), *before)) == found


def test_items_that_were_refused_for_a_field_lack_it_too():
    now = run_of(60, 60, refused=40)

    [rows, price] = sorted(fallen(now, *week(100, 100)), key=lambda fall: fall.what != "rows")

    assert (price.name, price.was, price.now, price.page_type) == ("price", 1.0, 0.6, "listing")
    assert (rows.was, rows.now) == (100, 60)


@pytest.mark.parametrize(
    ("rows", "before", "found"),
    [
        pytest.param(69, week(100), ["rows"], id="below 70 %"),
        pytest.param(70, week(100), [], id="70 %"),
        pytest.param(51, [run_of(100, day=1)], [], id="one run before: 51 %"),
        pytest.param(49, [run_of(100, day=1)], ["rows"], id="one run before: below a half"),
        pytest.param(3, week(12), [], id="nine rows less are no fall"),
        pytest.param(0, week(10), ["rows"], id="ten less are"),
        pytest.param(40, [*week(100), run_of(45, day=0.5)], [], id="it has been as few before"),
        pytest.param(10_000, week(100), [], id="more is no fall"),
    ],
)
def test_rows_fall_against_the_fewest_that_there_have_been(rows: int, before: list[PastRun], found: list[str]):
    assert names(fallen(run_of(rows), *before)) == found


@pytest.mark.parametrize("why", [{"limited_to": "limit 10"}, {"dropped_by_reason": {"cancelled": 1}}])
def test_a_run_that_was_cut_short_has_not_lost_its_rows(why: dict[str, Any]):
    assert names(fallen(run_of(10, 0, **why), *week(100, 100))) == ["field price"]


def test_rows_a_page_fall_although_there_are_as_many_pages_more():
    assert names(fallen(run_of(100, pages=10), *week(100, pages=5))) == ["page_rows listing"]
    assert names(fallen(run_of(100, pages=7), *week(100, pages=5))) == []
    assert names(fallen(run_of(1, pages=1), *week(100, pages=10))) == ["rows"]  # nine less on that one page


def built(*signs: str, like: float | None = None, day: float = 0.0) -> PastRun:
    return PastRun(f"e{day:g}", NOW - day * DAY, page_types={"listing": type_of(3, 3, signs, like)})


def test_a_page_that_is_built_differently_is_told_and_degrades_nothing():
    before = [built("a", "b", "c", "d", like=0.9, day=day) for day in range(1, 5)]

    [fall] = fallen(built("a", "b", "x"), *before)

    assert (fall.what, fall.name, fall.was, fall.now, fall.degrades) == ("skeleton", "listing", 0.9, 0.4, False)
    assert (fall.gone, fall.new) == (["c", "d"], ["x"])


@pytest.mark.parametrize(
    ("like", "found"), [(1.0, ["skeleton listing"]), (0.7, [])], ids=["it was always alike", "it is often unlike"]
)
def test_a_page_is_compared_with_how_alike_it_has_been(like: float, found: list[str]):
    before = [built("a", "b", "c", like=like, day=day) for day in range(1, 5)]

    assert names(fallen(built("a", "b", "c", "x", "y"), *before)) == found  # 3 of 5 in common


def test_a_check_that_fails_is_a_fall_unless_history_says_it_already():
    checks = {"min_rows": 90, "coverage": {"price": 0.95}}

    by_checks = fallen(run_of(80, 70), run_of(85, 75, day=1), **checks)
    by_both = fallen(run_of(20, 2), *week(100, 100), **checks)

    assert [(fall.what, fall.by, fall.was) for fall in by_checks] == [("rows", "checks", 90), ("field", "checks", 0.95)]
    assert [(fall.what, fall.by) for fall in by_both] == [("field", "history"), ("rows", "history")]


RUNS = st.builds(
    lambda rows, share, pages: run_of(rows, round(rows * share), pages=pages),
    st.integers(0, 3000), st.floats(0, 1), st.integers(1, 50),
)  # fmt: skip


def moved(run: PastRun, day: float) -> PastRun:
    return PastRun(f"e{day:g}", NOW - day * DAY, rows=run.rows, fields=run.fields, page_types=run.page_types)


@given(RUNS, st.integers(1, 12))
def test_a_run_like_all_before_has_not_fallen(run: PastRun, runs: int):
    assert fallen(run, *(moved(run, day) for day in range(1, runs + 1))) == []


@given(RUNS, st.lists(RUNS, min_size=1, max_size=12))
def test_what_has_been_before_is_no_fall(run: PastRun, others: list[PastRun]):
    history = [moved(one, day + 1) for day, one in enumerate([run, *others])]

    assert not [fall for fall in fallen(run, *history) if fall.what in ("field", "rows")]


@given(RUNS, st.lists(RUNS, max_size=12))
def test_without_a_fall_in_any_number_nothing_has_fallen(run: PastRun, others: list[PastRun]):
    """Whatever is told is below the lowest of the runs compared with."""
    for fall in fallen(run, *(moved(one, day + 1) for day, one in enumerate(others))):
        assert fall.now < fall.was
