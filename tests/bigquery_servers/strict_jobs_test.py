"""The fake BigQuery takes each job once, and answers the few statements that it knows."""

import datetime as dt
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Conflict, GoogleAPICallError, NotFound
from google.cloud import bigquery
from google.cloud.bigquery import ArrayQueryParameter, QueryJobConfig, ScalarQueryParameter

from tests.bigquery_servers.strict_queries import Answer
from tests.bigquery_servers.strict_server import PROJECT, StrictBigQuery

TABLE = f"{PROJECT}.shop.products"


def start(client: bigquery.Client, job_id: str, rows: list[dict[str, Any]]) -> bigquery.LoadJob:
    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON", autodetect=False)
    return client.load_table_from_json(rows, TABLE, job_id=job_id, job_config=config)


def ask(client: bigquery.Client, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    config = QueryJobConfig(query_parameters=parameters)
    answers = [tuple(row) for row in client.query(statement, job_config=config).result(timeout=30)]
    assert [tuple(row) for row in client.query_and_wait(statement, job_config=config)] == answers
    return answers


@pytest.mark.usefixtures("table")
def test_a_job_id_is_taken_once_also_by_a_job_that_failed(
    client: bigquery.Client, strict_bigquery: StrictBigQuery
) -> None:
    start(client, "load-1", [{"row_id": "a"}]).result(timeout=30)
    with pytest.raises(Conflict, match=r"Already Exists: Job proj-x:US\.load-1"):
        start(client, "load-1", [{"row_id": "b"}])
    with pytest.raises(BadRequest):
        start(client, "load-2", [{}]).result(timeout=30)
    with pytest.raises(Conflict):
        start(client, "load-2", [{"row_id": "b"}])
    assert [row["row_id"] for row in strict_bigquery.rows("shop.products")] == ["a"]


@pytest.mark.usefixtures("table")
def test_what_became_of_a_job_can_be_asked(client: bigquery.Client) -> None:
    start(client, "load-1", [{"row_id": "a"}]).result(timeout=30)
    with pytest.raises(BadRequest):
        start(client, "load-2", [{}]).result(timeout=30)
    done, failed = client.get_job("load-1"), client.get_job("load-2")
    assert (done.state, done.error_result, done.output_rows) == ("DONE", None, 1)
    assert (failed.state, failed.error_result["reason"], len(failed.errors)) == ("DONE", "invalid", 2)
    with pytest.raises(NotFound, match=r"Not found: Job proj-x:US\.load-3"):
        client.get_job("load-3")
    with pytest.raises(NotFound, match=r"Not found: Job proj-x:EU\.load-1"):
        client.get_job("load-1", location="EU")


@pytest.mark.usefixtures("table")
def test_a_job_id_has_few_letters(client: bigquery.Client) -> None:
    with pytest.raises(BadRequest, match="Invalid job ID"):
        start(client, "load/1", [{"row_id": "a"}])


@pytest.mark.usefixtures("table")
def test_a_job_that_is_held_does_its_work_when_it_is_done(
    client: bigquery.Client, strict_bigquery: StrictBigQuery
) -> None:
    strict_bigquery.hold_jobs(polls=2)
    job = start(client, "load-1", [{"row_id": "a"}])
    assert not job.done()
    assert strict_bigquery.rows("shop.products") == []
    assert job.done()
    assert len(strict_bigquery.rows("shop.products")) == 1


@pytest.mark.usefixtures("table")
def test_a_job_that_is_cancelled_does_nothing(client: bigquery.Client, strict_bigquery: StrictBigQuery) -> None:
    strict_bigquery.hold_jobs(polls=100)
    job = start(client, "load-1", [{"row_id": "a"}])
    client.cancel_job("load-1")
    with pytest.raises(GoogleAPICallError, match="Job execution was cancelled"):
        job.result(timeout=30)
    assert strict_bigquery.rows("shop.products") == []


def test_statements_about_one_table_are_answered(client: bigquery.Client, table: bigquery.Table) -> None:
    rows = [{"row_id": "b", "price": "2.5", "tags": ["x"]}, {"row_id": "a", "price": "1"}, {"row_id": "c"}]
    client.insert_rows_json(table, rows)
    assert ask(client, "SELECT COUNT(*) FROM shop.products") == [(3,)]
    assert ask(client, f"select row_id from `{TABLE}` order by row_id") == [("a",), ("b",), ("c",)]
    assert ask(client, "SELECT row_id, tags FROM shop.products ORDER BY row_id DESC LIMIT 2") == [
        ("c", []),
        ("b", ["x"]),
    ]
    where = "SELECT row_id FROM shop.products WHERE"
    assert ask(client, f"{where} price = @p", ScalarQueryParameter("p", "NUMERIC", 1)) == [("a",)]
    assert ask(client, f"{where} price >= 1 ORDER BY row_id") == [("a",), ("b",)]
    assert ask(client, f"{where} price IS NULL AND row_id = 'c';") == [("c",)]
    assert ask(client, f"{where} price IS NOT NULL AND row_id = 'c'") == []
    among = ArrayQueryParameter("ids", "STRING", ["a", "c", "z"])
    assert ask(client, f"{where} row_id IN UNNEST(@ids) ORDER BY row_id", among) == [("a",), ("c",)]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT row_id FROM shop.products GROUP BY row_id", "This fake does not know"),
        ("SELECT row_id FROM shop.products WHERE price > 1", "This fake does not know conditions like: price > 1"),
        ("SELECT zap FROM shop.products", "Unrecognized name: zap"),
        ("SELECT row_id FROM shop.products WHERE row_id = @none", "Query parameter 'none' not found"),
        ("DELETE FROM shop.products", "DELETE must have a WHERE clause"),
    ],
)
@pytest.mark.usefixtures("table")
def test_other_statements_are_refused(client: bigquery.Client, statement: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        client.query(statement, job_retry=None).result(timeout=30)
    with pytest.raises(BadRequest, match=words):
        client.query_and_wait(statement, job_retry=None)


def test_a_dry_run_is_answered_and_leaves_nothing(client: bigquery.Client, strict_bigquery: StrictBigQuery) -> None:
    job = client.query("SELECT 1", QueryJobConfig(dry_run=True))
    assert (job.state, job.error_result) == ("DONE", None)
    assert strict_bigquery.jobs == []


def test_what_is_in_the_streaming_buffer_cannot_be_deleted(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    start(client, "load-1", [{"row_id": "loaded"}]).result(timeout=30)
    client.insert_rows_json(table, [{"row_id": "inserted"}])
    statement = "DELETE FROM shop.products WHERE row_id = @id"

    def delete(row_id: str) -> int | None:
        config = QueryJobConfig(query_parameters=[ScalarQueryParameter("id", "STRING", row_id)])
        job = client.query(statement, job_config=config, job_retry=None)
        job.result(timeout=30)
        return job.num_dml_affected_rows

    with pytest.raises(BadRequest, match="would affect rows in the streaming buffer, which is not supported"):
        delete("inserted")
    assert delete("loaded") == 1
    strict_bigquery.flush_streaming_buffer()
    assert delete("inserted") == 1
    assert delete("inserted") == 0
    assert strict_bigquery.rows("shop.products") == []


def test_views_are_made_and_replaced_but_not_run(client: bigquery.Client) -> None:
    make = "VIEW shop.latest AS SELECT 1"
    client.query(f"CREATE {make}").result(timeout=30)
    with pytest.raises(Conflict, match=r"Already Exists: Table proj-x:shop\.latest"):
        client.query(f"CREATE {make}", job_retry=None).result(timeout=30)
    client.query(f"CREATE OR REPLACE {make} + 1").result(timeout=30)
    assert client.get_table(f"{PROJECT}.shop.latest").view_query == "SELECT 1 + 1"
    with pytest.raises(BadRequest, match="This fake does not run views"):
        client.query("SELECT * FROM shop.latest", job_retry=None).result(timeout=30)


def test_tests_answer_statements_that_the_fake_does_not_know(
    client: bigquery.Client, strict_bigquery: StrictBigQuery
) -> None:
    noon = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
    fields = [{"name": "at", "type": "TIMESTAMP", "mode": "NULLABLE"}]

    def answer(statement: str, parameters: Any) -> Answer | None:
        return Answer(fields, [{"at": noon}] * int(parameters["n"])) if "MAX(" in statement else None

    strict_bigquery.answer_queries(answer)
    assert ask(client, "SELECT MAX(at) FROM shop.any", ScalarQueryParameter("n", "INT64", 2)) == [(noon,)] * 2


def test_long_answers_come_in_pages(client: bigquery.Client, table: bigquery.Table) -> None:
    start(client, "load-1", [{"row_id": f"{number:03}"} for number in range(250)]).result(timeout=30)
    listed = client.list_rows(table, page_size=100)
    assert [len(list(page)) for page in listed.pages] == [100, 100, 50]
    asked = client.query("SELECT row_id FROM shop.products ORDER BY row_id").result(page_size=100)
    assert [row.row_id for row in asked] == [f"{number:03}" for number in range(250)]
