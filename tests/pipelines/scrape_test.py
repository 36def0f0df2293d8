"""The pipeline without its console, as a flex template starts it."""

import json
from typing import Any

import pytest

from pipelines.scrape import main


@pytest.fixture
def plain_site(site: Any, answer: Any) -> Any:
    return site(lambda wanted: answer(status=500) if "down.test" in wanted else f"<b id='{wanted}'>x</b>")


def start(run: Any, site: Any, *flags: str) -> int:
    folders = (f"--sources={run.sources}", f"--output={run.output}")
    status: int = run.start(*folders, *flags, *site.resolve, module="pipelines.scrape").wait(100)
    return status


@pytest.mark.parametrize("workers", [1, 2])
def test_it_prints_its_executions_and_has_nothing_to_warn_of(
    project_of_runs: Any, plain_site: Any, write_source: Any, workers: int
) -> None:
    run = project_of_runs
    write_source("lamps", pages=3, hosts=("a.test", "b.test"))
    write_source("chairs", pages=2, hosts=("c.test",))

    assert start(run, plain_site, f"--workers={workers}", "--job_name=night") == 0

    executions = [json.loads(line) for line in run.said().splitlines()]
    assert {one["source"]: (one["status"], one["rows"]) for one in executions} == {
        "lamps": ("success", 6),
        "chairs": ("success", 2),
    }
    assert run.errors() == ""
    assert run.processes() == []


def test_its_status_says_that_an_execution_failed(project_of_runs: Any, plain_site: Any, write_source: Any) -> None:
    write_source("lamps", pages=3)
    write_source("dead", pages=1, hosts=("down.test",), fetch={"retries": 0})

    assert start(project_of_runs, plain_site) == 1

    statuses = [json.loads(line)["status"] for line in project_of_runs.said().splitlines()]
    assert sorted(statuses) == ["failed", "success"]


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--direct_num_worker=2", "unknown option --direct_num_worker, did you mean --direct_num_workers?"),
        ("--source=lamp", "did you mean `lamps`"),
        ("--format=xml", "invalid choice: 'xml'"),
        ("--workers=-1", "--workers: '-1' is no whole number of at least 0"),
        ("--limit=many", "--limit: 'many' is no whole number of at least 1"),
    ],
)
def test_a_mistake_is_status_2_and_nothing_is_written(
    project_of_runs: Any, write_source: Any, capsys: pytest.CaptureFixture[str], flag: str, message: str
) -> None:
    run = project_of_runs
    write_source("lamps", pages=3)

    assert main([f"--sources={run.sources}", f"--output={run.output}", flag]) == 2

    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert message in said.err
    assert not run.output.exists()


def test_an_empty_folder_of_sources_is_a_mistake(project_of_runs: Any, plain_site: Any) -> None:
    assert start(project_of_runs, plain_site) == 2
    assert "no source files in" in project_of_runs.errors()
    assert project_of_runs.records("executions") == []
