"""The numbers of a report, each small enough to be checked by hand; and that the queries shown give them elsewhere."""

import datetime
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.places import places
from pipelines.report.preamble import preamble
from pipelines.report.scope import Scope
from pipelines.report.tables import ask, open_tables, sql_text
from pipelines.stores.store import open_store
from tests.pipelines.report.output import FIRST, execution, letter, replay, write

QUERIES = sorted(
    path.stem
    for path in (Path(__file__).parents[3] / "pipelines" / "report" / "sql").glob("*.sql")
    if not path.stem.startswith("views")
)


def answer(folder: Path, name: str, scope: Scope = Scope()) -> list[dict[str, Any]]:  # noqa: B008  it is frozen
    return ask(open_tables(open_store(places(str(folder))), scope), name).rows


def day(number: float) -> datetime.datetime:
    return (FIRST + datetime.timedelta(days=number)).replace(tzinfo=None)


def test_the_worst_and_newest_failures_of_sources_come_first(tmp_path: Path) -> None:
    bad = {"status": "failed", "reasons": ("check min_rows",), "rows": 3}
    write(
        tmp_path,
        [execution("long_broken", number, **bad) for number in range(4)]
        + [execution("well", number) for number in range(4)]
        + [execution("new_broken", number) for number in range(3)]
        + [execution("new_broken", 3, **bad)]
        + [execution("wall", 3, condition="blocked"), execution("thin", 3, condition="degraded")],
    )

    found = answer(tmp_path, "sources")

    assert [(one["source"], one["outcome"], one["ill_since"], one["ill_times"]) for one in found] == [
        ("new_broken", "failed", day(3), 1),
        ("long_broken", "failed", day(0), 4),
        ("wall", "blocked", day(3), 1),
        ("thin", "degraded", day(3), 1),
        ("well", "success", None, None),
    ]
    assert [(one["rows_now"], one["rows_before"]) for one in found[:2]] == [(3, 100), (3, None)]


def test_limited_runs_replays_and_reparses_are_not_taken_for_scrapes_before(tmp_path: Path) -> None:
    write(
        tmp_path,
        [
            execution("shop", 0, rows=100),
            execution("shop", 1, rows=5, limited_to="limit 5"),
            execution("shop", 2, rows=1, replay_of="shop-1"),
            execution("shop", 3, rows=90, reparse_of="shop-0"),
            execution("shop", 4, rows=80),
        ],
    )

    [source] = answer(tmp_path, "sources")
    [totals] = answer(tmp_path, "totals")

    assert (source["rows_now"], source["rows_before"]) == (80, 100)
    assert (totals["executions"], totals["replays"], totals["reparses"], totals["written"]) == (5, 1, 1, 276)


def test_a_restarted_execution_counts_once(tmp_path: Path) -> None:
    write(tmp_path, [execution("shop", 0, rows=40)])
    write(tmp_path, [execution("shop", 0, rows=100, attempt=2)])

    [totals] = answer(tmp_path, "totals")

    assert (totals["executions"], totals["written"]) == (1, 100)


def test_a_field_has_fallen_since_the_first_low_scrape_without_a_break(tmp_path: Path) -> None:
    shares = [0.9, 1.0, 0.2, 1.0, 1.0, 0.5, 0.4, 0.6]
    write(
        tmp_path,
        [execution("shop", number, coverage={"sku": 1.0, "price": share}) for number, share in enumerate(shares)],
    )

    price, sku = answer(tmp_path, "coverage")

    assert (price["field"], price["share_now"], price["scrapes_before"]) == ("price", 0.6, 7)
    assert price["share_before"] == 0.9, "the median of 0.9 1.0 0.2 1.0 1.0 0.5 0.4"
    assert price["fallen_since"] == day(5)
    assert (sku["field"], sku["share_now"], sku["change"], sku["fallen_since"]) == ("sku", 1.0, 0.0, None)


def test_items_refused_because_of_a_field_count_as_items_that_do_not_have_it(tmp_path: Path) -> None:
    counted = {"title": {"rows": 60, "present": 60, "refused": 40}, "brand": {"rows": 60, "present": 30, "refused": 0}}
    write(
        tmp_path,
        [
            execution("shop", 0, coverage={"title": 1.0, "brand": 0.5}),
            execution("shop", 1, coverage={"title": 1.0, "brand": 0.5}, fields=counted),
        ],
    )

    title, brand = answer(tmp_path, "coverage")

    assert (title["field"], title["share_now"], title["share_before"], title["fallen_since"]) == (
        "title",
        0.6,
        1,
        day(1),
    )
    assert (brand["field"], brand["share_now"], brand["change"]) == ("brand", 0.5, 0)


def test_ten_points_less_is_not_yet_fallen(tmp_path: Path) -> None:
    write(tmp_path, [execution("shop", number, coverage={"price": share}) for number, share in enumerate([1.0, 0.9])])

    [price] = answer(tmp_path, "coverage")

    assert price["fallen_since"] is None


def test_a_letter_is_open_until_a_replay_and_then_what_the_last_replay_said(tmp_path: Path) -> None:
    letters = [letter("shop", 1, number) for number in range(4)] + [letter("shop", 1, 9, reason="no_items")]
    write(tmp_path, [execution("shop", 1, dead_letters=5)], letters)
    write(tmp_path, letters=letters[:1])  # the same letter of a bundle that was tried again
    write(
        tmp_path,
        replays=[
            replay("shop-1-0", "failed_again", 2),
            replay("shop-1-0", "recovered", 3),
            replay("shop-1-1", "failed_again", 3),
        ],
    )

    timeouts, no_items = answer(tmp_path, "letters_by_reason")
    newest = answer(tmp_path, "newest_failures")

    columns = ("letters", "open_letters", "recovered", "failed_again")
    assert [timeouts[name] for name in columns] == [4, 2, 1, 1]
    assert [no_items[name] for name in columns] == [1, 1, 0, 0]
    assert [(one["reason"], one["alike"]) for one in newest] == [("timeout", 3), ("no_items", 1)]


def test_hosts_are_added_up_over_sources_against_what_was_allowed(tmp_path: Path) -> None:
    use = {"requests": 10, "delay_secs": 1.0, "min_gap_secs": 1.2, "short_gaps": 0, "concurrency": 2, "slots": 3,
           "most_at_once": 4, "slow_downs": 0, "paused_secs": 0.0}  # fmt: skip
    rude = {**use, "requests": 5, "min_gap_secs": 0.4, "short_gaps": 2}
    write(
        tmp_path,
        [
            execution("shop", 0, hosts={"shop.example": use, "10.0.0.1": use}),
            execution("prices", 0, hosts={"shop.example": rude}),
            execution("older", 0, hosts={}),
        ],
    )

    shop, address = answer(tmp_path, "politeness")

    assert (shop["host"], shop["requests"], shop["sources"], shop["min_gap_secs"]) == ("shop.example", 15, 2, 0.4)
    assert (shop["short_gaps"], shop["most_at_once"], shop["allowed_at_once"]) == (2, 4, 6)
    assert (address["host"], address["requests"], address["short_gaps"]) == ("10.0.0.1", 10, 0)


def test_seconds_of_a_browser_are_part_of_those_of_fetching(tmp_path: Path) -> None:
    write(tmp_path, [execution("app", 0, fetch_secs=8.0, browser_secs=6.0, pages_rendered=4), execution("app", 1)])

    [app] = answer(tmp_path, "costs")

    assert (app["fetch_secs"], app["browser_secs"], app["pages"], app["secs_a_page"]) == (13.0, 6.0, 20, 0.65)


def test_a_scope_leaves_out_what_is_older_or_of_another_source_but_compares_with_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        [execution(name, number, rows=100 - number) for name in ("shop", "it's") for number in range(3)],
        [letter(name, number) for name in ("shop", "it's") for number in range(3)],
    )
    scope = Scope(FIRST + datetime.timedelta(days=1.5), ("it's",))

    [totals], [source] = answer(tmp_path, "totals", scope), answer(tmp_path, "sources", scope)

    assert (totals["executions"], totals["dead_letters"]) == (1, 1)
    assert (source["source"], source["rows_now"], source["rows_before"]) == ("it's", 98, 100)


@pytest.mark.parametrize("older", [False, True])
def test_every_query_gives_the_same_over_the_files_as_the_page_says(tmp_path: Path, older: bool) -> None:
    """A reader's own DuckDB, after what the page tells to run first."""
    changes = {} if older else {"hosts": {"a.example": {"requests": 3, "delay_secs": 1.0, "short_gaps": 0}}}
    write(
        tmp_path,
        [execution("shop", number, coverage={"price": 1 - number / 3}, **changes) for number in range(3)]
        + [execution("o'neill", 1, status="failed", reasons=("why",), fetch_secs=0.1)],
        [letter("shop", 1, number) for number in range(3)],
    )
    if not older:
        write(tmp_path, replays=[replay("shop-1-0", "recovered", 2)])
    scope = Scope(FIRST, ("shop", "o'neill"))
    ours = open_tables(open_store(places(str(tmp_path))), scope)
    readers = duckdb.connect()
    readers.execute(preamble(places(str(tmp_path)), scope))

    for name in QUERIES:
        assert ask(readers, name) == ask(ours, name), name
    assert ask(ours, "totals").rows[0]["executions"] == 4


def test_newline_json_is_read_as_parquet_is(tmp_path: Path) -> None:
    written = {**execution("shop", 0), "started_at": "2026-11-01T02:00:00Z", "ended_at": "2026-11-01T02:01:00.5Z"}
    (tmp_path / "executions").mkdir()
    (tmp_path / "executions" / "one-a1.jsonl").write_text(json.dumps(written) + "\n")
    readers = duckdb.connect()
    readers.execute(preamble(places(str(tmp_path)), Scope()))

    assert ask(readers, "sources").rows == answer(tmp_path, "sources")
    assert ask(readers, "coverage").rows == answer(tmp_path, "coverage") != []


def test_each_query_says_what_it_counts() -> None:
    assert len(QUERIES) > 10
    for name in QUERIES:
        assert sql_text(name).startswith("-- "), name
        assert "{" not in sql_text(name), f"{name} could not be run as it stands"


def test_the_tables_reach_no_file(tmp_path: Path) -> None:
    write(tmp_path, [execution("shop", 0)])
    connection = open_tables(open_store(places(str(tmp_path))), Scope())

    with pytest.raises(duckdb.PermissionException):
        connection.execute(f"SELECT * FROM read_parquet('{tmp_path}/executions/*.parquet')")


def test_a_warehouse_is_asked_in_its_own_words() -> None:
    text = preamble(places("bigquery:proj-x.dev"), Scope(FIRST))

    assert "FROM `proj-x.dev.executions`" in text
    assert "LEFT JOIN" in text
    assert "failed_at >= TIMESTAMP '2026-11-01 02:00:00.000000'" in text
    assert "{stored" not in text
