"""The fake BigQuery fails as it is told to, and shows what happened in it."""

import gzip
import json
import threading

import pytest
import requests
from google.api_core.exceptions import Conflict, Forbidden, GoogleAPICallError, ServiceUnavailable
from google.cloud import bigquery

from tests.bigquery_servers.strict_server import PROJECT, StrictBigQuery

TABLE = f"{PROJECT}.shop.products"
INSERTS = "POST /bigquery/v2/projects/proj-x/datasets/shop/tables/products/insertAll"
ROW = {"row_id": "a"}


def test_a_method_fails_as_often_as_asked(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    strict_bigquery.fail_next("insertAll", status=503, times=2)
    for _ in range(2):
        with pytest.raises(ServiceUnavailable) as failed:
            client.insert_rows_json(table, [ROW], retry=None)
        assert failed.value.errors[0]["reason"] == "backendError"
    assert client.get_table(table).num_rows == 0
    assert client.insert_rows_json(table, [ROW], retry=None) == []
    assert strict_bigquery.faults_left == 0


@pytest.mark.parametrize("reason", ["quotaExceeded", "rateLimitExceeded"])
def test_quotas_are_exceeded_on_request(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery, reason: str
) -> None:
    strict_bigquery.fail_next("tabledata.insertAll", status=403, reason=reason, message="Exceeded it")
    with pytest.raises(Forbidden, match="Exceeded it") as failed:
        client.insert_rows_json(table, [ROW], retry=None)
    assert failed.value.errors[0]["reason"] == reason


@pytest.mark.parametrize(("cut", "rows"), [("before", 0), ("after", 1)])
def test_a_connection_is_cut_before_or_after_the_effect(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery, cut: str, rows: int
) -> None:
    strict_bigquery.fail_next("insertAll", cut=cut)  # type: ignore[arg-type]
    with pytest.raises(requests.exceptions.ConnectionError):
        client.insert_rows_json(table, [ROW], row_ids=["1"], retry=None)
    assert len(strict_bigquery.rows("shop.products")) == rows
    assert client.insert_rows_json(table, [ROW], row_ids=["1"], retry=None) == []
    assert len(strict_bigquery.rows("shop.products")) == 1


@pytest.mark.usefixtures("table")
def test_an_upload_that_is_sent_again_meets_the_job_that_it_started(
    client: bigquery.Client, strict_bigquery: StrictBigQuery
) -> None:
    """Google's client sends it again by itself."""
    strict_bigquery.fail_next("jobs.insert", cut="after")
    with pytest.raises(Conflict):
        client.load_table_from_json([ROW], TABLE, job_id="load-1")
    assert client.get_job("load-1").state == "DONE"
    assert len(strict_bigquery.rows("shop.products")) == 1


@pytest.mark.usefixtures("table")
def test_a_job_is_taken_and_fails(client: bigquery.Client, strict_bigquery: StrictBigQuery) -> None:
    strict_bigquery.fail_next_job(
        reason="backendError", message="Error encountered during execution. Retrying may solve it."
    )
    job = client.load_table_from_json([ROW], TABLE)
    with pytest.raises(GoogleAPICallError, match="Retrying may solve"):
        job.result(timeout=30)
    assert job.error_result["reason"] == "backendError"
    client.load_table_from_json([ROW], TABLE).result(timeout=30)
    assert len(strict_bigquery.rows("shop.products")) == 1


def test_a_slow_answer_holds_nobody_else_up(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    go_on = threading.Event()
    strict_bigquery.fail_next("insertAll", status=200, until=go_on)
    slow = threading.Thread(target=client.insert_rows_json, args=(table, [ROW]))
    slow.start()
    while INSERTS not in strict_bigquery.requests:
        assert slow.is_alive()
    assert client.get_table(table).streaming_buffer is None
    go_on.set()
    slow.join(timeout=30)
    assert client.get_table(table).streaming_buffer.estimated_rows == 1


def test_a_client_that_does_not_wait_gives_up(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    go_on = threading.Event()
    strict_bigquery.fail_next("insertAll", status=200, until=go_on)
    with pytest.raises(requests.exceptions.Timeout):
        client.insert_rows_json(table, [ROW], retry=None, timeout=0.05)
    go_on.set()


def test_requests_are_shown_in_their_order(
    client: bigquery.Client, table: bigquery.Table, strict_bigquery: StrictBigQuery
) -> None:
    client.insert_rows_json(table, [ROW])
    assert strict_bigquery.requests == [
        "POST /bigquery/v2/projects/proj-x/datasets",
        "POST /bigquery/v2/projects/proj-x/datasets/shop/tables",
        INSERTS,
    ]


def test_bodies_may_come_compressed_or_in_chunks(client: bigquery.Client, table: bigquery.Table) -> None:
    body = json.dumps({"rows": [{"json": ROW}]}).encode()
    url = f"{client._connection.API_BASE_URL}/bigquery/v2/projects/proj-x/datasets/shop/tables/products/insertAll"
    packed = requests.post(url, gzip.compress(body), headers={"Content-Encoding": "gzip"}, timeout=30)
    in_chunks = requests.post(url, (body[at : at + 7] for at in range(0, len(body), 7)), timeout=30)
    wrong = requests.post(url, body[:-1], timeout=30)
    assert [packed.json(), in_chunks.json()] == [{"kind": "bigquery#tableDataInsertAllResponse"}] * 2
    assert (wrong.status_code, wrong.json()["error"]["errors"][0]["reason"]) == (400, "parseError")


def test_what_it_does_not_know_it_says(client: bigquery.Client, strict_bigquery: StrictBigQuery) -> None:
    answer = requests.get(f"{strict_bigquery.url}/bigquery/v2/projects/proj-x/datasets/shop/models", timeout=30)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "This fake has no GET /bigquery/v2/projects/proj-x/datasets/shop/models"


def test_nothing_answers_after_its_end() -> None:
    server = StrictBigQuery()
    with requests.Session() as kept_open:
        assert kept_open.get(f"{server.url}/bigquery/v2/projects/proj-x/datasets", timeout=30).ok
        server.close()
        with pytest.raises(requests.exceptions.ConnectionError):
            kept_open.get(f"{server.url}/bigquery/v2/projects/proj-x/datasets", timeout=30)
