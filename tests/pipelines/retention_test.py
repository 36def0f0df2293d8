"""Files go when sources say so, and only then."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipelines.cli import cli
from schemas.page import Page
from schemas.request import Request
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter

DAY_SECS = 86_400


@pytest.fixture
def run(project_of_runs: Any, site: Any, write_source: Any) -> Any:
    """A run of today, its rows in the folder of another day, and an old archive file beside its own."""
    write_source(pages=2, checks={"max_dead": 0.9}, items={"css": "b"})
    write_source("other", pages=1)
    opened = site(lambda wanted: f"<b id='{wanted[-1] if wanted[-1] == '1' else ''}'>x</b>")
    project_of_runs.scrape(opened.resolve[0] + "=" + opened.resolve[1])
    output = project_of_runs.output
    for table in (output / "rows").iterdir():
        [day] = table.iterdir()
        day.rename(table / "scrape_date=2020-02-29")
    for name, age in (("old", 400), ("young", 4)):
        path = output / "archive" / f"{name}.warc.gz"
        then = time.time() - age * DAY_SECS
        writer = WarcWriter(path.open("wb"), path.name, Redactor())
        writer.add(Page(Request("shop", "http://shop.test/p/1", name), 200, "http://shop.test/p/1", (), b"x", then))
        writer.close()
        os.utime(path, (then, then))
    return project_of_runs


def retention(run: Any, *words: str) -> str:
    given = ["retention", "--sources", str(run.sources), "--output", str(run.output), *words]
    return CliRunner().invoke(cli, given, catch_exceptions=False).output


def files(run: Any) -> set[str]:
    kinds = ("rows", "dead_letters", "executions", "archive")
    return {str(path) for kind in kinds for path in Path(run.output, kind).rglob("*") if path.is_file()}


def test_nothing_goes_without_a_rule(run: Any) -> None:
    before = files(run)
    assert "it says nothing" in retention(run)
    assert files(run) == before


def test_rows_go_by_the_rule_of_their_source(run: Any) -> None:
    run.write("scrapeline.yaml", "retention: {rows_days: 30}\n")
    run.write("other.yaml", Path(run.sources, "other.yaml").read_text() + "retention: {rows_days: 36000}\n")
    before = files(run)

    assert "would be removed" in retention(run, "--dry-run")
    assert files(run) == before
    assert "rows_days: 30: 1 files removed" in retention(run)
    assert {path for path in before - files(run) if "shop.items" not in path} == set()
    assert any("other.items" in path for path in files(run))


def test_logs_that_are_young_stay(run: Any) -> None:
    run.write("scrapeline.yaml", "retention: {dead_letters_days: 1, executions_days: 1}\n")
    before = files(run)
    assert "Nothing is older" in retention(run)
    assert files(run) == before


def test_archives_go_by_their_newest_page(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run.write("scrapeline.yaml", "retention: {archive_days: 30, dead_letters_days: 90}\n")
    before = files(run)
    assert "Nothing is older" in retention(run)  # the file itself was begun today
    later = time.time() + 60 * DAY_SECS
    monkeypatch.setattr(time, "time", lambda: later)

    said = retention(run)

    assert "archive_days: 30: 3 files removed" in said
    assert "dead_letters" not in said
    assert {path for path in before - files(run) if "/archive/" not in path} == set()


def test_a_legal_hold_keeps_everything(run: Any) -> None:
    run.write("scrapeline.yaml", "retention: {rows_days: 30}\n")
    (run.output / "legal-hold").write_text("case 12/2026")
    before = files(run)
    assert "legal hold (case 12/2026)" in retention(run)
    assert files(run) == before
