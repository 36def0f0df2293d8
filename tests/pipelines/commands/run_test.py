"""What `scrapeline run` takes and gives."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipelines.preparation import CannotPrepare


@pytest.fixture
def plain_site(site: Any) -> Any:
    """An item a page: its number, which every host has."""
    return site(lambda wanted: f"<b id='{wanted.rpartition('/')[2]}'>Läm,p \"{wanted}\"</b>")


@pytest.fixture
def scrape(project_of_runs: Any, plain_site: Any) -> Any:
    """A run inside this process, against the site."""
    return lambda *flags: project_of_runs.scrape(f"--resolve={plain_site.resolve[1]}", *flags)


def skus(run: Any) -> list[str]:
    return sorted(row["sku"] for row in run.records("rows"))


@pytest.mark.parametrize("file_format", ["parquet", "json"])
def test_a_row_key_stands_once_however_many_hosts_have_it(
    project_of_runs: Any, scrape: Any, write_source: Any, file_format: str
) -> None:
    write_source(pages=8, hosts=("a.test", "b.test"))

    assert scrape(f"--format={file_format}") == 0

    assert skus(project_of_runs) == sorted(map(str, range(1, 9)))
    execution = project_of_runs.execution()
    assert (execution["rows"], execution["duplicates"], execution["items"]) == (8, 8, 16)
    assert json.loads(execution["dropped_by_reason"]) == {"duplicate": 8}
    endings = {path.suffix for path in (project_of_runs.output / "rows").rglob("*.*") if path.is_file()}
    assert endings == {".parquet" if file_format == "parquet" else ".jsonl"}


@pytest.mark.parametrize("file_format", ["parquet", "json"])
def test_rows_in_one_file_besides(
    project_of_runs: Any, scrape: Any, write_source: Any, tmp_path: Path, file_format: str
) -> None:
    write_source(pages=3, fields={"sku": {"css": "::attr(id)"}, "words": {"css": "::text", "list": True}})
    for name in ("rows.jsonl", "rows.csv"):
        assert scrape(f"--rows_file={tmp_path / name}", f"--format={file_format}") == 0

    lines = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    with (tmp_path / "rows.csv").open(newline="") as file:
        cells = list(csv.DictReader(file))
    assert sorted(row["sku"] for row in lines) == sorted(row["sku"] for row in cells) == ["1", "2", "3"]
    assert {row["words"][0][:6] for row in lines} == {"Läm,p "}
    assert {json.loads(row["words"])[0][:6] for row in cells} == {"Läm,p "}
    assert list(lines[0]) == list(cells[0])


def test_rows_on_standard_output_and_nothing_else(project_of_runs: Any, plain_site: Any, write_source: Any) -> None:
    write_source(pages=3)

    assert project_of_runs.run("shop", "-o", "-", *plain_site.resolve) == 0

    rows = [json.loads(line) for line in project_of_runs.said().splitlines()]
    assert sorted(row["sku"] for row in rows) == ["1", "2", "3"]
    assert "success" in project_of_runs.errors()
    assert "\x1b[" not in project_of_runs.errors()


def test_urls_of_a_file_instead_of_the_seeds(
    project_of_runs: Any, scrape: Any, plain_site: Any, write_source: Any, tmp_path: Path
) -> None:
    write_source(pages=100)
    (tmp_path / "urls").write_text(
        "# of yesterday\nhttp://x.test/71\n\n  http://y.test/72\nnot a url\nhttp://x.test/71\n"
    )

    scrape(f"--urls={tmp_path / 'urls'}")

    assert skus(project_of_runs) == ["71", "72"]
    assert plain_site.pages == Counter(["x.test/71", "y.test/72"])
    execution = project_of_runs.execution()
    assert execution["holds"]
    [letter] = project_of_runs.records("dead_letters")
    assert "not a url" in letter["url"] + letter["request"] + letter["message"]


def test_parameters_and_limits_choose_the_seeds(
    project_of_runs: Any, scrape: Any, plain_site: Any, write_source: Any
) -> None:
    write_source(pages=100)
    write_source("plain", seeds={"urls": ["http://plain.test/1"]}, pages=1)

    assert scrape("--param=n=7..90", "--limit=4") == 0

    assert sum(plain_site.pages.values()) == 5
    executions = {one["source"]: one for one in project_of_runs.records("executions")}
    assert json.loads(executions["shop"]["params"]) != {}
    assert json.loads(executions["plain"]["params"]) == {}
    assert (executions["shop"]["pages"], executions["shop"]["condition"]) == (4, "partial")
    assert min(int(sku) for sku in skus(project_of_runs) if sku != "1") >= 7


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--param=m=1"], "--param: no source has a parameter 'm', did you mean n?|no source has a parameter 'm'"),
        (["--param=n"], "--param: "),
        (["--urls=/no/such/file"], "--urls: there is no file /no/such/file"),
        (["--sources=/no/such/folder"], "--sources: there is no folder /no/such/folder"),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_is_written(
    project_of_runs: Any, scrape: Any, write_source: Any, flags: list[str], message: str
) -> None:
    write_source()

    with pytest.raises(CannotPrepare, match=message):
        scrape(*flags)

    assert not project_of_runs.output.exists()


def test_two_runs_into_one_folder_leave_each_other_alone(
    project_of_runs: Any, plain_site: Any, write_source: Any
) -> None:
    run = project_of_runs
    write_source(pages=20)
    both = [run.start(*run.run_words("shop", *plain_site.resolve)) for _ in range(2)]

    assert [process.wait(100) for process in both] == [0, 0], run.everything_said()

    executions = run.records("executions")
    assert len({one["execution_id"] for one in executions}) == 2
    assert [one["rows"] for one in executions] == [20, 20]
    assert Counter(row["sku"] for row in run.records("rows")) == {str(n): 2 for n in range(1, 21)}


def test_a_dry_run_asks_nobody_and_writes_nothing(
    project_of_runs: Any, scrapeline: Any, plain_site: Any, write_source: Any
) -> None:
    write_source(pages=300, politeness={"delay_secs": 2})

    said = scrapeline(*project_of_runs.run_words("shop", "--dry-run", "--limit", "30"))

    assert said.exit_code == 0
    assert "http://shop.test/p/1 " in said.output
    assert "30 seeds" in said.output
    assert "60 s" in said.output
    assert plain_site.asked == []
    assert not project_of_runs.output.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["shpo"], "did you mean `shop`"),
        (["shop", "--limt", "3"], "did you mean --limit?"),
        (["shop", "-o", "rows.xlsx"], ".jsonl or .csv"),
    ],
)
def test_a_mistake_in_the_command_line_is_status_2_and_names_what_was_meant(
    project_of_runs: Any, write_source: Any, words: list[str], message: str
) -> None:
    write_source()

    assert project_of_runs.run(*words) == 2
    assert message in project_of_runs.errors()
    assert "Traceback" not in project_of_runs.errors()
