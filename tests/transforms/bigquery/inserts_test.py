"""Rows by `tabledata.insertAll`: confirmed, refused with BigQuery's reason, or asked again within a bound."""

from typing import Any

import pytest
from google.cloud import bigquery

from schemas.warehouse import TableId
from tests.bigquery_servers.emulator import PROJECT
from tests.bigquery_servers.strict_server import StrictBigQuery
from tests.transforms.bigquery.still_clock import StillClock
from transforms.bigquery import inserts
from transforms.bigquery.connection import WarehouseUnavailable, connect
from transforms.bigquery.inserts import Refused, insert_rows
from transforms.bigquery.refusals import WarehouseRefused

TABLE = TableId(PROJECT, "shop", "products")
SCHEMA = [
    bigquery.SchemaField("sku", "STRING", "REQUIRED"),
    bigquery.SchemaField("price", "NUMERIC"),
    bigquery.SchemaField("attributes", "JSON"),
]


@pytest.fixture
def strict(strict_bigquery: StrictBigQuery) -> StrictBigQuery:
    """The strict fake, with the table."""
    client = connect(PROJECT)
    client.create_dataset("shop")
    client.create_table(bigquery.Table(str(TABLE), SCHEMA))
    strict_bigquery.requests.clear()
    return strict_bigquery


@pytest.fixture
def time() -> StillClock:
    return StillClock()


def insert(
    time: StillClock, *rows: dict[str, Any] | bytes, table: TableId = TABLE, ids: list[str] | None = None
) -> list[Refused]:
    pairs = list(zip(ids or [f"id-{number}" for number in range(len(rows))], rows, strict=True))
    return insert_rows(connect(table.project), table, pairs, retries=time.retries())


def skus(strict: StrictBigQuery) -> list[str]:
    return [row["sku"] for row in strict.rows("shop.products")]


def test_rows_are_there_as_they_were_given(strict: StrictBigQuery, time: StillClock) -> None:
    assert insert(time, {"sku": "a", "price": "1.50", "attributes": '{"red": true}'}, b'{"sku":"b"}') == []

    first, second = strict.rows("shop.products")
    assert (first["sku"], str(first["price"]), first["attributes"]) == ("a", "1.50", {"red": True})
    assert second["sku"] == "b"


def test_nothing_is_sent_for_no_rows(strict: StrictBigQuery, time: StillClock) -> None:
    assert insert(time) == []
    assert strict.requests == []


def test_refused_rows_say_why_and_leave_the_others_alone(strict: StrictBigQuery, time: StillClock) -> None:
    good = [{"sku": f"g{number}"} for number in range(3)]
    refused = insert(time, good[0], {"price": "1"}, good[1], {"sku": "x", "colour": "red", "price": "many"}, good[2])

    assert [(one.index, one.reason) for one in refused] == [(1, "invalid"), (3, "invalid")]
    assert "sku" in refused[0].message
    assert refused[1].field in ("colour", "price")
    assert "colour: no such field" in refused[1].message
    assert "price" in refused[1].message
    assert skus(strict) == ["g0", "g1", "g2"]
    assert len(strict.requests) == 1


def test_rows_that_were_only_stopped_are_sent_again_without_the_bad_ones(
    strict: StrictBigQuery, time: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inserts, "_HEAD", b'{"rows":[')  # BigQuery's default: one bad row stops its whole request

    refused = insert(time, {"sku": "a"}, {"price": "1"}, {"sku": "c"})

    assert [one.index for one in refused] == [1]
    assert skus(strict) == ["a", "c"]
    assert len(strict.requests) == 2


def test_a_request_has_500_rows_at_most(strict: StrictBigQuery, time: StillClock) -> None:
    rows: list[dict[str, Any]] = [{"sku": str(number)} for number in range(1_001)]
    rows[700] = {"price": "1"}

    assert [one.index for one in insert(time, *rows)] == [700]

    assert len(strict.requests) == 3
    assert len(skus(strict)) == 1_000


def test_a_request_has_10_mb_at_most_and_a_larger_row_is_not_sent(strict: StrictBigQuery, time: StillClock) -> None:
    rows = [{"sku": letter * 4_000_000} for letter in "abc"]

    refused = insert(time, *rows, {"sku": "d" * 10_000_000}, {"sku": "e"})

    assert [(one.index, one.reason) for one in refused] == [(3, "row_too_large")]
    assert "10000" in refused[0].message
    assert [sku[0] for sku in skus(strict)] == list("abce")
    assert len(strict.requests) == 2


def test_a_request_that_is_refused_as_a_whole_is_cut_until_the_culprit_stands_alone(
    strict: StrictBigQuery, time: StillClock
) -> None:
    strict.limits.request_bytes = 1_000

    refused = insert(time, {"sku": "a"}, {"sku": "b" * 2_000}, {"sku": "c"}, {"sku": "d"})

    assert [(one.index, one.reason) for one in refused] == [(1, "badRequest")]
    assert refused[0].message.startswith("Request payload size exceeds")
    assert sorted(skus(strict)) == ["a", "c", "d"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (503, "backendError"),
        (500, "internalError"),
        (502, ""),
        (429, ""),
        (403, "rateLimitExceeded"),
        (403, "quotaExceeded"),
    ],
)
def test_what_passes_is_asked_again_more_and_more_slowly(
    strict: StrictBigQuery, time: StillClock, status: int, reason: str
) -> None:
    strict.fail_next("insertAll", status=status, reason=reason, times=3)

    assert insert(time, {"sku": "a"}) == []

    assert (skus(strict), time.pauses) == (["a"], [1.0, 2.0, 4.0])


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_connection_that_is_cut_doubles_nothing(strict: StrictBigQuery, time: StillClock, cut: str) -> None:
    strict.fail_next("insertAll", cut=cut)  # type: ignore[arg-type]

    assert insert(time, {"sku": "a"}, {"sku": "b"}) == []

    assert skus(strict) == ["a", "b"]
    assert len(time.pauses) == 1


def test_an_outage_ends_within_the_bound_with_what_bigquery_said(strict: StrictBigQuery, time: StillClock) -> None:
    strict.fail_next("insertAll", status=503, message="we are having a day", times=100)

    with pytest.raises(WarehouseUnavailable, match=r"proj-x\.shop\.products: .*: we are having a day"):
        insert(time, {"sku": "a"})

    assert 200 < time.secs <= 300


def test_a_server_that_is_not_there_is_no_endless_wait(
    strict: StrictBigQuery, time: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:9")
    with pytest.raises(WarehouseUnavailable, match="cannot be reached"):
        insert(time, {"sku": "a"})
    assert time.secs <= 300


def test_a_table_that_was_just_made_may_be_unknown_for_a_while(strict: StrictBigQuery, time: StillClock) -> None:
    strict.fail_next("insertAll", status=404, times=4)
    assert insert(time, {"sku": "a"}) == []
    assert skus(strict) == ["a"]


def test_a_table_that_does_not_appear_is_given_up_after_a_little(strict: StrictBigQuery, time: StillClock) -> None:
    with pytest.raises(WarehouseRefused, match=r"shop\.none"):
        insert(time, {"sku": "a"}, table=TableId(PROJECT, "shop", "none"))
    assert 0 < time.secs <= 60


def test_who_may_not_write_is_told_at_once(strict: StrictBigQuery, time: StillClock) -> None:
    strict.fail_next("insertAll", status=403, reason="accessDenied", message="Access Denied: Table shop.products")
    with pytest.raises(WarehouseRefused, match=r"Access Denied.*roles/bigquery\.dataEditor"):
        insert(time, {"sku": "a"})
    assert time.pauses == []


def test_the_wire_is_bigquerys(bigquery_dataset: str, time: StillClock) -> None:
    table = TableId(PROJECT, bigquery_dataset, "products")
    client = connect(PROJECT)
    client.create_table(bigquery.Table(str(table), SCHEMA))

    assert insert(time, {"sku": "a", "price": "1.5", "attributes": "[1, 2]"}, {"sku": "b"}, table=table) == []

    found = client.query(f"SELECT sku, price, attributes FROM `{table}` ORDER BY sku").result()
    assert [(row["sku"], row["price"] and float(row["price"])) for row in found] == [("a", 1.5), ("b", None)]
