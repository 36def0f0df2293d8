"""The fake BigQuery's load jobs write all rows of a file or none, and say where the wrong ones are."""

import gzip
import io
from collections.abc import Callable
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery

from tests.bigquery_servers.strict_server import PROJECT, StrictBigQuery

Make = Callable[..., bigquery.Table]
TABLE = f"{PROJECT}.shop.products"
GOOD = b'{"row_id": "a"}\n\n{"row_id": "b", "tags": ["new"]}'
RESUMABLE_BYTES = 6 * 1024 * 1024  # Google's client cuts uploads above 5 MB


def load(client: bigquery.Client, content: bytes, **settings: Any) -> bigquery.LoadJob:
    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON", **settings)
    job = client.load_table_from_file(io.BytesIO(content), TABLE, size=len(content), job_config=config)
    return job.result(timeout=30)


def row_ids(server: StrictBigQuery) -> list[str]:
    return [row["row_id"] for row in server.rows("shop.products")]


@pytest.mark.usefixtures("table")
def test_all_rows_of_a_file_are_written(client: bigquery.Client, strict_bigquery: StrictBigQuery) -> None:
    job = load(client, GOOD)
    assert job.output_rows == 2
    assert strict_bigquery.rows("shop.products") == [
        {"row_id": "a", "price": None, "tags": []},
        {"row_id": "b", "price": None, "tags": ["new"]},
    ]


@pytest.mark.usefixtures("table")
def test_a_compressed_file_is_written(client: bigquery.Client, strict_bigquery: StrictBigQuery) -> None:
    load(client, gzip.compress(GOOD))
    assert row_ids(strict_bigquery) == ["a", "b"]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("size_known", [True, False])
def test_a_large_file_comes_in_pieces(
    client: bigquery.Client, strict_bigquery: StrictBigQuery, size_known: bool
) -> None:
    line = b'{"row_id": "' + b"a" * 10_000 + b'"}\n'
    content = line * (RESUMABLE_BYTES // len(line))
    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON")
    size = len(content) if size_known else None
    client.load_table_from_file(io.BytesIO(content), TABLE, size=size, job_config=config).result(timeout=30)
    assert len(strict_bigquery.rows("shop.products")) == RESUMABLE_BYTES // len(line)
    assert any(request.startswith("PUT /upload/") for request in strict_bigquery.requests)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"price": 1}', "Missing required fields: row_id."),
        (b'{"row_id": null}', "Only optional fields can be set to NULL. Field: row_id; Value: NULL"),
        (b'{"row_id": "c", "zap": 1}', "No such field: zap."),
        (b'{"row_id": "c", "tags": "new"}', "Repeated field must be imported as a JSON array. Field: tags; Value: new"),
        (b'{"row_id": "c", "tags": [null]}', "Only optional fields can be set to NULL. Field: tags; Value: NULL"),
        (b'{"row_id": "c", "price": "dear"}', "Invalid NUMERIC value: dear Field: price; Value: dear"),
        (b'{"row_id": "c"', "Parser terminated before end of string"),
        (b"[]", "Rows must be JSON objects."),
    ],
)
def test_one_wrong_row_keeps_all_out(
    client: bigquery.Client, strict_bigquery: StrictBigQuery, line: bytes, words: str
) -> None:
    with pytest.raises(BadRequest, match="JSON table encountered too many errors, giving up"):
        load(client, GOOD + b"\n" + line + b'\n{"row_id": "d"}\n')
    [job] = strict_bigquery.jobs
    whole, row = job.errors
    assert (whole.reason, row.reason) == ("invalid", "invalid")
    assert f"JSON parsing error in row starting at position {len(GOOD) + 1}: " in row.message
    assert words in row.message
    assert row_ids(strict_bigquery) == []


@pytest.mark.usefixtures("table")
def test_as_many_wrong_rows_as_allowed_are_left_out(client: bigquery.Client, strict_bigquery: StrictBigQuery) -> None:
    content = b'{"row_id": "a"}\n{}\n{"row_id": "c"}\n{}\n'
    job = load(client, content, max_bad_records=2)
    assert len(job.errors) == 2
    assert job.error_result is None
    assert row_ids(strict_bigquery) == ["a", "c"]
    with pytest.raises(BadRequest):
        load(client, content, max_bad_records=1)
    assert row_ids(strict_bigquery) == ["a", "c"]


@pytest.mark.usefixtures("table")
def test_unknown_fields_are_dropped_when_asked(client: bigquery.Client, strict_bigquery: StrictBigQuery) -> None:
    load(client, b'{"row_id": "a", "zap": 1}', ignore_unknown_values=True)
    assert row_ids(strict_bigquery) == ["a"]


@pytest.mark.usefixtures("table")
def test_a_job_may_add_to_a_table_replace_it_or_ask_that_it_be_empty(
    client: bigquery.Client, strict_bigquery: StrictBigQuery
) -> None:
    load(client, GOOD, write_disposition="WRITE_EMPTY")
    load(client, GOOD, write_disposition="WRITE_APPEND")
    assert row_ids(strict_bigquery) == ["a", "b", "a", "b"]
    with pytest.raises(Conflict, match="Already Exists: Table"):
        load(client, GOOD, write_disposition="WRITE_EMPTY")
    load(client, b'{"row_id": "c"}', write_disposition="WRITE_TRUNCATE")
    assert row_ids(strict_bigquery) == ["c"]


@pytest.mark.usefixtures("table")
def test_a_job_that_replaces_a_table_replaces_its_columns(
    client: bigquery.Client, strict_bigquery: StrictBigQuery
) -> None:
    load(client, GOOD)
    load(client, b'{"n": 1}', schema=[bigquery.SchemaField("n", "INTEGER")], write_disposition="WRITE_TRUNCATE")
    assert strict_bigquery.rows("shop.products") == [{"n": 1}]
    assert [field.name for field in client.get_table(TABLE).schema] == ["n"]


@pytest.mark.usefixtures("client")
def test_a_table_is_made_when_a_job_has_its_columns(client: bigquery.Client, strict_bigquery: StrictBigQuery) -> None:
    columns = [bigquery.SchemaField("row_id", "STRING"), bigquery.SchemaField("at", "TIMESTAMP")]
    with pytest.raises(BadRequest, match="No schema specified on job or table"):
        load(client, b'{"row_id": "a"}')
    with pytest.raises(NotFound, match=r"Not found: Table proj-x:shop\.products"):
        load(client, b'{"row_id": "a"}', schema=columns, create_disposition="CREATE_NEVER")
    with pytest.raises(BadRequest, match="No such field"):
        load(client, b'{"zap": "a"}', schema=columns)
    assert list(client.list_tables("shop")) == []
    load(client, b'{"row_id": "a"}', schema=columns, time_partitioning=bigquery.TimePartitioning(field="at"))
    assert client.get_table(TABLE).time_partitioning.field == "at"
    assert row_ids(strict_bigquery) == ["a"]


@pytest.mark.usefixtures("table")
def test_columns_are_added_and_relaxed_only_when_a_job_says_so(
    client: bigquery.Client, strict_bigquery: StrictBigQuery
) -> None:
    wider = [bigquery.SchemaField("row_id", "STRING", "REQUIRED"), bigquery.SchemaField("colour", "STRING")]
    laxer = [bigquery.SchemaField("row_id", "STRING", "NULLABLE")]
    with pytest.raises(BadRequest, match="Cannot add fields"):
        load(client, b'{"row_id": "a", "colour": "red"}', schema=wider)
    with pytest.raises(BadRequest, match="has changed mode from REQUIRED to NULLABLE"):
        load(client, b"{}", schema=laxer)
    load(client, b'{"row_id": "a", "colour": "red"}', schema=wider, schema_update_options=["ALLOW_FIELD_ADDITION"])
    load(client, b"{}", schema=laxer, schema_update_options=["ALLOW_FIELD_RELAXATION"])
    assert [field.name for field in client.get_table(TABLE).schema] == ["row_id", "price", "tags", "colour"]
    assert row_ids(strict_bigquery) == ["a", None]


@pytest.mark.usefixtures("table")
def test_files_are_read_from_their_addresses(client: bigquery.Client, strict_bigquery: StrictBigQuery) -> None:
    strict_bigquery.files = {"gs://bkt/1.jsonl": b'{"row_id": "a"}', "gs://bkt/2.jsonl": b'{"row_id": "b"}\n{}'}
    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON")
    client.load_table_from_uri("gs://bkt/1.jsonl", TABLE, job_config=config).result(timeout=30)
    job = client.load_table_from_uri(["gs://bkt/1.jsonl", "gs://bkt/2.jsonl"], TABLE, job_config=config)
    with pytest.raises(BadRequest, match=r"File: gs://bkt/2\.jsonl"):
        job.result(timeout=30)
    assert job.error_result["location"] == "gs://bkt/2.jsonl"
    with pytest.raises(NotFound, match=r"Not found: URI gs://bkt/3\.jsonl"):
        client.load_table_from_uri("gs://bkt/3.jsonl", TABLE, job_config=config).result(timeout=30)
    assert row_ids(strict_bigquery) == ["a"]


@pytest.mark.usefixtures("table")
def test_other_formats_are_not_known(client: bigquery.Client) -> None:
    with pytest.raises(BadRequest, match="This fake loads NEWLINE_DELIMITED_JSON only"):
        client.load_table_from_file(io.BytesIO(b"a,b"), TABLE, job_config=bigquery.LoadJobConfig()).result(timeout=30)
