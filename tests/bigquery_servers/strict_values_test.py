"""The fake BigQuery takes the values that a type has, and no others."""

import datetime as dt
import io
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from tests.bigquery_servers.strict_server import StrictBigQuery

NOON = dt.datetime(2026, 1, 31, 12, 0, 0, 500000, tzinfo=dt.UTC)

TAKEN = [
    ("STRING", "Käse", "Käse"),
    ("STRING", 12, "12"),
    ("BYTES", "AP8=", b"\x00\xff"),
    ("INTEGER", 1 - 2**53, 1 - 2**53),
    ("INTEGER", str(2**63 - 1), 2**63 - 1),
    ("INTEGER", str(-(2**63)), -(2**63)),
    ("FLOAT", "1e300", 1e300),
    ("FLOAT", 3, 3.0),
    ("BOOLEAN", True, True),
    ("BOOLEAN", "false", False),
    ("NUMERIC", "9" * 29 + ".123456789", Decimal("9" * 29 + ".123456789")),
    ("NUMERIC", 1.5, Decimal("1.5")),
    ("NUMERIC", "1.1234567890", Decimal("1.1234567890")),
    ("BIGNUMERIC", "0." + "1" * 38, Decimal("0." + "1" * 38)),
    ("DATE", "0001-01-01", dt.date(1, 1, 1)),
    ("DATE", "9999-12-31", dt.date(9999, 12, 31)),
    ("TIME", "23:59:59.5", dt.time(23, 59, 59, 500000)),
    ("DATETIME", "2026-01-31T12:00:00.5", NOON.replace(tzinfo=None)),
    ("TIMESTAMP", "2026-01-31T14:00:00.5+02:00", NOON),
    ("TIMESTAMP", "2026-01-31 12:00:00.500 UTC", NOON),
    ("TIMESTAMP", NOON.timestamp(), NOON),
    ("TIMESTAMP", "9999-12-31T23:59:59.999999Z", dt.datetime.max.replace(tzinfo=dt.UTC)),
]
REFUSED = [
    ("STRING", True, "Conversion from bool to string is unsupported."),
    ("STRING", {"a": 1}, "is not a record"),
    ("STRING", ["a"], "Array specified for non-repeated field: value."),
    ("BYTES", "A", "base64"),
    ("BYTES", "Käse", "base64"),
    ("INTEGER", 2**53, "must come as text"),
    ("INTEGER", str(2**63), "Cannot convert value to integer (bad value): 9223372036854775808"),
    ("INTEGER", 1.5, "Cannot convert value to integer (bad value): 1.5"),
    ("INTEGER", "twelve", "Cannot convert value to integer (bad value): twelve"),
    ("FLOAT", "1e400", "Cannot convert value to floating point"),
    ("FLOAT", "dear", "Cannot convert value to floating point"),
    ("BOOLEAN", "maybe", "Cannot convert value to boolean"),
    ("NUMERIC", "1" + "0" * 29, "Invalid NUMERIC value"),
    ("NUMERIC", "0.1234567891", "Invalid NUMERIC value: 0.1234567891"),
    ("NUMERIC", "NaN", "Invalid NUMERIC value"),
    ("DATE", "0000-12-31", "Invalid date"),
    ("DATE", "2026-02-30", "Invalid date"),
    ("DATE", "31.01.2026", "Invalid date"),
    ("TIME", "24:00:00", "Invalid time"),
    ("DATETIME", "2026-01-31T12:00:00Z", "Invalid datetime"),
    ("TIMESTAMP", "yesterday", "Could not parse 'yesterday' as a timestamp."),
    ("TIMESTAMP", "2026-01-31T12:00:00.1234567Z", "Could not parse"),
    ("TIMESTAMP", "10000-01-01T00:00:00Z", "Could not parse"),
    ("TIMESTAMP", "9999-12-31T23:59:59-01:00", "Could not parse"),
    ("TIMESTAMP", 10**15, "Could not parse"),
]
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
