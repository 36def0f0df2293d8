"""The fake BigQuery takes the values that a type has, and no others."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from tests.bigquery_servers.strict_server import StrictBigQuery
from tests.bigquery_servers.value_cases import REFUSED, TAKEN

Make = Callable[..., bigquery.Table]


def load(client: bigquery.Client, table: bigquery.Table, value: Any) -> None:
    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON")
    lines = io.BytesIO(json.dumps({"value": value}).encode())
    client.load_table_from_file(lines, table, job_config=config).result(timeout=30)


@pytest.mark.parametrize(("kind", "value", "read"), TAKEN)
def test_a_value_is_taken_and_given_back(
    client: bigquery.Client, make_table: Make, strict_bigquery: StrictBigQuery, kind: str, value: Any, read: Any
) -> None:
    table = make_table(("value", kind, "NULLABLE"))
    assert client.insert_rows_json(table, [{"value": value}]) == []
    load(client, table, value)
    assert strict_bigquery.rows("shop.products") == [{"value": read}] * 2
    assert [row.value for row in client.list_rows(table)] == [read] * 2
    assert [row.value for row in client.query_and_wait("SELECT value FROM shop.products")] == [read] * 2


@pytest.mark.parametrize(("kind", "value", "words"), REFUSED)
def test_a_value_is_refused(
    client: bigquery.Client, make_table: Make, strict_bigquery: StrictBigQuery, kind: str, value: Any, words: str
) -> None:
    table = make_table(("value", kind, "NULLABLE"))
    [entry] = client.insert_rows_json(table, [{"value": value}])
    [error] = entry["errors"]
    assert (error["reason"], error["location"]) == ("invalid", "value")
    assert words in error["message"]
    with pytest.raises(BadRequest, match="JSON parsing error in row starting at position 0") as failed:
        load(client, table, value)
    assert words in str(failed.value)
    assert strict_bigquery.rows("shop.products") == []


def test_the_precision_of_a_column_bounds_its_numbers(client: bigquery.Client, make_table: Make) -> None:
    table = make_table(bigquery.SchemaField("value", "NUMERIC", precision=5, scale=2))
    assert client.insert_rows_json(table, [{"value": "999.99"}]) == []
    assert client.insert_rows_json(table, [{"value": "1000"}]) != []
    assert client.insert_rows_json(table, [{"value": "1.001"}]) != []


def test_the_length_of_a_column_bounds_its_text(client: bigquery.Client, make_table: Make) -> None:
    table = make_table(bigquery.SchemaField("value", "STRING", max_length=2))
    assert client.insert_rows_json(table, [{"value": "ab"}]) == []
    assert client.insert_rows_json(table, [{"value": "abc"}]) != []


def test_inserts_want_json_as_text_and_load_jobs_as_it_is(
    client: bigquery.Client, make_table: Make, strict_bigquery: StrictBigQuery
) -> None:
    table = make_table(("value", "JSON", "NULLABLE"))
    assert client.insert_rows_json(table, [{"value": '{"a": [1.5, null]}'}]) == []
    [entry] = client.insert_rows_json(table, [{"value": {"a": 1}}])
    assert entry["errors"][0]["message"] == "This field: value is not a record."
    assert client.insert_rows_json(table, [{"value": "{a: 1}"}]) != []
    assert client.insert_rows_json(table, [{"value": '{"a": NaN}'}]) != []
    load(client, table, {"a": [1.5, None]})
    load(client, table, [1, 2])
    values = [row["value"] for row in strict_bigquery.rows("shop.products")]
    assert values == [{"a": [1.5, None]}, {"a": [1.5, None]}, [1, 2]]
    assert [row.value for row in client.list_rows(table)] == values
