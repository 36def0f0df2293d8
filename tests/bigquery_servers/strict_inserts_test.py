"""The fake BigQuery takes and refuses inserts as BigQuery documents it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, GoogleAPICallError, NotFound
from google.cloud import bigquery

from tests.bigquery_servers.strict_server import StrictBigQuery

Make = Callable[..., bigquery.Table]


def only_error(entries: list[dict[str, Any]]) -> tuple[str, str]:
    """Location and words of the one error of the one refused row."""
    [entry] = entries
    [error] = entry["errors"]
    assert error["reason"] == "invalid"
    return error["location"], error["message"]


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({}, ("", "Missing required field: Msg_0_CLOUD_QUERY_TABLE.row_id.")),
        ({"row_id": None}, ("", "Missing required field: Msg_0_CLOUD_QUERY_TABLE.row_id.")),
        ({"row_id": "a", "zap": 1}, ("zap", "no such field: zap.")),
        ({"row_id": "a", "tags": "new"}, ("tags", "Repeated field must be imported as a JSON array.")),
        ({"row_id": "a", "tags": None}, ("tags", "Field value of tags cannot be empty.")),
        ({"row_id": "a", "tags": ["new", None]}, ("tags", "Field value of tags cannot be empty.")),
    ],
)
def test_a_row_that_does_not_fit_is_refused(
    client: bigquery.Client, table: bigquery.Table, row: dict[str, Any], error: tuple[str, str]
) -> None:
    assert only_error(client.insert_rows_json(table, [row])) == error


@pytest.mark.parametrize(
    ("row", "read"),
    [
        ({"row_id": "a"}, {"row_id": "a", "price": None, "tags": []}),
        ({"row_id": "a", "price": None, "tags": []}, {"row_id": "a", "price": None, "tags": []}),
        ({"ROW_ID": "a", "Tags": ["new"]}, {"row_id": "a", "price": None, "tags": ["new"]}),
    ],
)
def test_a_row_that_fits_is_there(
    client: bigquery.Client,
    table: bigquery.Table,
    strict_bigquery: StrictBigQuery,
    row: dict[str, Any],
    read: dict[str, Any],
) -> None:
    assert client.insert_rows_json(table, [row]) == []
    assert strict_bigquery.rows("shop.products") == [read]


def test_unknown_fields_are_dropped_when_asked(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    assert client.insert_rows_json(table, [{"row_id": "a", "zap": 1}], ignore_unknown_values=True) == []
    assert strict_bigquery.rows("shop.products") == [{"row_id": "a", "price": None, "tags": []}]


def test_errors_inside_records_name_their_path(client: bigquery.Client, make_table: Make) -> None:
    size = bigquery.SchemaField(
        "size", "RECORD", "REPEATED", fields=[bigquery.SchemaField("cm", "INTEGER", "REQUIRED")]
    )
    table = make_table(size)
    assert client.insert_rows_json(table, [{"size": [{"cm": 3}]}, {}]) == []
    assert only_error(client.insert_rows_json(table, [{"size": [{"cm": 3}, {"cm": "x"}]}]))[0] == "size[1].cm"
    assert only_error(client.insert_rows_json(table, [{"size": [{"cm": 3, "inch": 1}]}]))[0] == "size[0].inch"
    assert "size[0].cm" in only_error(client.insert_rows_json(table, [{"size": [{}]}]))[1]
    assert only_error(client.insert_rows_json(table, [{"size": [3]}]))[0] == "size[0]"


def test_one_wrong_row_stops_the_others(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    entries = client.insert_rows_json(table, [{"row_id": "a"}, {"price": "1"}, {"row_id": "c"}])
    assert {entry["index"]: entry["errors"][0]["reason"] for entry in entries} == {
        0: "stopped",
        1: "invalid",
        2: "stopped",
    }
    assert strict_bigquery.rows("shop.products") == []


def test_the_others_are_written_when_wrong_rows_are_to_be_skipped(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    rows = [{"row_id": "a"}, {"price": "1"}, {"row_id": "c"}]
    entries = client.insert_rows_json(table, rows, skip_invalid_rows=True)
    assert [entry["index"] for entry in entries] == [1]
    assert [row["row_id"] for row in strict_bigquery.rows("shop.products")] == ["a", "c"]


def test_an_insert_id_is_written_once_until_it_is_forgotten(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    for _ in range(2):
        assert client.insert_rows_json(table, [{"row_id": "a"}, {"row_id": "a"}], row_ids=["1", "1"]) == []
    assert len(strict_bigquery.rows("shop.products")) == 1
    strict_bigquery.forget_insert_ids()
    client.insert_rows_json(table, [{"row_id": "a"}], row_ids=["1"])
    assert len(strict_bigquery.rows("shop.products")) == 2


def test_rows_without_insert_ids_are_written_each_time(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    for _ in range(2):
        client.insert_rows_json(table, [{"row_id": "a"}], row_ids=bigquery.AutoRowIDs.DISABLED)
    assert len(strict_bigquery.rows("shop.products")) == 2


def test_a_refused_row_leaves_its_insert_id_free(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    client.insert_rows_json(table, [{"price": "1"}], row_ids=["1"])
    assert client.insert_rows_json(table, [{"row_id": "a"}], row_ids=["1"]) == []
    assert len(strict_bigquery.rows("shop.products")) == 1


def test_an_insert_id_has_a_greatest_length(client: bigquery.Client, table: bigquery.Table) -> None:
    assert client.insert_rows_json(table, [{"row_id": "a"}], row_ids=["i" * 128]) == []
    assert "128" in only_error(client.insert_rows_json(table, [{"row_id": "a"}], row_ids=["i" * 129]))[1]


def test_no_rows_are_refused(client: bigquery.Client, table: bigquery.Table) -> None:
    with pytest.raises(BadRequest, match="No rows present in the request"):
        client.insert_rows_json(table, [])


def test_more_rows_than_a_request_may_have_are_refused(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    assert strict_bigquery.limits.rows == 50_000
    strict_bigquery.limits.rows = 2
    assert client.insert_rows_json(table, [{"row_id": "a"}] * 2) == []
    with pytest.raises(BadRequest, match="limit: 2 row count: 3"):
        client.insert_rows_json(table, [{"row_id": "a"}] * 3)


def test_a_row_that_is_too_large_is_refused(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    row = {"row_id": "ä" * 100}
    strict_bigquery.limits.row_bytes = len('{"row_id":""}') + 200
    assert client.insert_rows_json(table, [row]) == []
    strict_bigquery.limits.row_bytes -= 1
    assert "Maximum allowed row size exceeded" in only_error(client.insert_rows_json(table, [row]))[1]


def test_a_request_that_is_too_large_is_refused(client: bigquery.Client, table: bigquery.Table) -> None:
    rows = [{"row_id": "a" * 1_000_000}]
    assert client.insert_rows_json(table, rows * 10) == []
    with pytest.raises(BadRequest, match="Request payload size exceeds the limit: 10485760 bytes"):
        client.insert_rows_json(table, rows * 11)


def test_a_request_that_is_far_too_large_does_not_reach_bigquery(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    strict_bigquery.limits.front_end_bytes = 1000
    with pytest.raises(GoogleAPICallError, match="Request Entity Too Large") as refused:
        client.insert_rows_json(table, [{"row_id": "a" * 1000}])
    assert refused.value.code == 413
    assert not refused.value.errors


@pytest.mark.parametrize(("days", "taken"), [(0, True), (-1800, True), (300, True), (-1830, False), (370, False)])
def test_rows_are_not_streamed_into_partitions_of_long_ago(
    client: bigquery.Client, make_table: Make, days: int, taken: bool
) -> None:
    at = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    table = make_table(("at", "TIMESTAMP", "NULLABLE"), time_partitioning=bigquery.TimePartitioning(field="at"))
    entries = client.insert_rows_json(table, [{"at": at.isoformat()}, {"at": None}], skip_invalid_rows=True)
    assert (entries == []) == taken
    assert taken or "is outside the allowed bounds" in only_error(entries)[1]


def test_there_must_be_such_a_table(client: bigquery.Client, make_table: Make) -> None:
    columns = [bigquery.SchemaField("row_id", "STRING")]
    with pytest.raises(NotFound, match=r"Not found: Table proj-x:shop\.none"):
        client.insert_rows_json("proj-x.shop.none", [{"row_id": "a"}], retry=None)
    with pytest.raises(NotFound, match="Not found: Dataset proj-x:none"):
        client.insert_rows_json(bigquery.Table("proj-x.none.none", columns), [{"row_id": "a"}], retry=None)
    with pytest.raises(BadRequest, match="The destination table has no schema"):
        client.insert_rows_json(make_table(), [{"row_id": "a"}])
