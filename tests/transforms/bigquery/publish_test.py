"""What an execution has written gets into BigQuery once, whatever happens on the way; on a fake that is strict."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from schemas.plan import Plan
from schemas.written import Published
from tests.bigquery_servers.strict_server import PROJECT
from tests.transforms.bigquery.attempts import (
    EXECUTIONS,
    INTO,
    LETTERS,
    SPEC,
    STARTED,
    TARGET,
    Attempt,
    loads,
    page_of,
    row,
    skus,
)
from transforms.bigquery import jobs, land_records
from transforms.bigquery.connection import WarehouseUnavailable, connect
from transforms.bigquery.land_records import Records
from transforms.bigquery.refusals import WarehouseRefused


def test_rows_letters_and_the_execution_are_there_once(tmp_path, strict, make_tables):
    make_tables()
    attempt = Attempt(tmp_path).write(page_of(row("a"), row("b", None))).write(page_of(row("b"), row("c"))).fail(1, 2)

    published = attempt.publish()
    again = attempt.publish()
    for _ in range(2):
        attempt.close(published)

    assert published == again == Published(duplicates=1)
    assert skus(strict) == ["a", "b", "c"]
    assert next(one for one in strict.rows(INTO) if one["sku"] == "a")["facts"] == {"of": "a"}
    assert len(strict.rows(LETTERS)) == 2
    [execution] = strict.rows(EXECUTIONS)
    assert (execution["rows"], execution["attempt"], execution["archive_path"]) == (3, 1, str(tmp_path / "archive"))
    assert loads(strict) == ["DONE"] * 3
    assert not any(path.name != ".scrapeline" for path in tmp_path.iterdir())


def test_all_files_of_a_bucket_are_one_job_that_bigquery_reads_itself(tmp_path, strict, make_tables, monkeypatch):
    make_tables()
    attempt = Attempt(tmp_path).write(page_of(row("a"))).write(page_of(row("b")))
    paths = []
    for file in attempt.files:
        paths.append(f"gs://bucket/{Path(file.temporary).name}")
        strict.files[paths[-1]] = Path(file.temporary).read_bytes()
    into = TARGET.rows_table(SPEC)

    for _ in range(2):
        land_records.load(connect(PROJECT), Records(into, attempt.plan, paths, paths))

    assert skus(strict) == ["a", "b"]
    [job] = strict.jobs
    assert job.configuration["load"]["sourceUris"] == paths


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503, "times": 3},
        {"status": 403, "reason": "quotaExceeded", "times": 3},
        {"status": 403, "reason": "rateLimitExceeded"},
        {"cut": "before"},
        {"cut": "after"},
    ],
    ids=str,
)
def test_what_passes_is_waited_for_and_nothing_is_doubled(tmp_path, strict, make_tables, fault):
    make_tables()
    strict.fail_next("jobs.insert", **fault)
    strict.fail_next("jobs.get", status=500)

    assert Attempt(tmp_path).write(page_of(row("a"), row("b"))).publish() == Published()
    assert skus(strict) == ["a", "b"]
    assert strict.faults_left == 0


def test_a_job_that_failed_of_what_passes_has_a_successor(tmp_path, strict, make_tables):
    make_tables()
    strict.fail_next_job("backendError", times=2)
    attempt = Attempt(tmp_path).write(page_of(row("a")))

    for _ in range(2):
        attempt.publish()

    assert skus(strict) == ["a"]
    assert [job.job_id.rpartition("-")[2] for job in strict.jobs[1:]] == ["2", "3"]


def test_a_quota_for_ever_is_not_waited_for_for_ever(tmp_path, strict, make_tables, monkeypatch):
    make_tables()
    monkeypatch.setattr(jobs, "PATIENCE_SECS", 0.0)
    strict.fail_next_job("quotaExceeded", "Quota exceeded: imports per table", times=1)
    attempt = Attempt(tmp_path).write(page_of(row("a")))

    with pytest.raises(WarehouseUnavailable, match="imports per table"):
        attempt.publish()
    attempt.publish()

    assert skus(strict) == ["a"]


def test_letters_are_inserted_where_their_table_takes_no_more_loads_today(tmp_path, strict, make_tables):
    make_tables()
    strict.fail_next_job("quotaExceeded", times=1)
    attempt = Attempt(tmp_path).fail(1, 2)

    for _ in range(2):
        attempt.publish()
        strict.forget_insert_ids()

    assert len(strict.rows(LETTERS)) == 2


def test_another_attempt_replaces_what_the_first_had_loaded_and_nothing_of_others(tmp_path, strict, make_tables):
    make_tables()
    first = Attempt(tmp_path).write(page_of(row("a"), row("b"))).fail(1, 2)
    first.close(first.publish())
    other = land_records.Records(TARGET.rows_table(SPEC), Plan("e2", "run", "shop", 1, STARTED), [], ["x"])
    stranger = Attempt(tmp_path / "other").write(page_of(row("a"), execution="e2"))
    land_records.load(connect(PROJECT), dataclasses.replace(other, paths=[stranger.files[0].temporary]))
    second = Attempt(tmp_path, 2).write(page_of(row("a"), row("c"))).fail(2)
    strict.fail_next_job("invalidQuery", "Could not serialize access to table due to concurrent update")

    for _ in range(2):
        second.close(second.publish())

    assert sorted((one["execution_id"], one["sku"]) for one in strict.rows(INTO)) == [
        ("e1", "a"),
        ("e1", "c"),
        ("e2", "a"),
    ]
    assert [one["url"] for one in strict.rows(LETTERS)] == ["http://shop.test/p/2"]
    assert [one["attempt"] for one in strict.rows(EXECUTIONS)] == [2]


def test_an_execution_that_comes_to_nothing_has_its_row_only(tmp_path, strict, make_tables):
    make_tables()
    attempt = Attempt(tmp_path)

    attempt.close(attempt.publish())

    assert loads(strict) == ["DONE"]
    assert [one["rows"] for one in strict.rows(EXECUTIONS)] == [0]


def test_a_table_that_is_gone_or_closed_says_so(tmp_path, strict, make_tables):
    make_tables()
    strict.fail_next("jobs.insert", status=403, reason="accessDenied", message="Access Denied")

    with pytest.raises(WarehouseRefused, match="BigQuery Data Editor"):
        Attempt(tmp_path).write(page_of(row("a"))).publish()


def test_a_run_that_is_named_like_one_whose_files_are_gone_is_another(tmp_path, strict, make_tables):
    make_tables()
    first = Attempt(tmp_path)
    first.close(first.publish())
    shutil.rmtree(tmp_path / ".scrapeline")
    second = Attempt(tmp_path)
    second.plan = dataclasses.replace(second.plan, started_at=STARTED + 3600)

    second.close(second.publish())

    assert len(strict.rows(EXECUTIONS)) == 2
