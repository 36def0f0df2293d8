"""What `scrapeline reparse` takes and says."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipelines.cli import cli


@pytest.fixture
def archived(project_of_runs: Any, site: Any, write_source: Any) -> Any:
    """A project whose shop has been scraped, and its source mended since."""
    write_source(pages=2)
    opened = site(lambda wanted: f"<b id='{wanted[-1]}'>Lamp<i>No. {wanted[-1]}</i></b>")
    project_of_runs.scrape(opened.resolve[0] + "=" + opened.resolve[1])
    fields = {"sku": {"css": "::attr(id)", "required": True}, "title": {"css": "i::text"}}
    write_source(pages=2, fields=fields)
    return project_of_runs


def reparse(run: Any, *words: str) -> int:
    """The whole command, as a process."""
    words = ("reparse", *words, "--sources", str(run.sources), "--output", str(run.output))
    status: int = run.start(*words).wait(100)
    return status


def test_it_says_what_changes_and_writes_it_only_when_asked(archived: Any) -> None:
    assert reparse(archived, "shop", "--diff") == 0, archived.errors()
    said = archived.said()
    assert "shop.items: 2 rows before, 2 now: 0 added, 0 lost, 2 changed" in said
    assert "title: 2 changed" in said
    assert "title: Lamp -> No. 1" in said
    assert "Nothing was written" in said
    assert len(archived.records("rows")) == 2

    assert reparse(archived, "shop", "--since", "2020-01-01") == 0, archived.errors()
    assert len(archived.records("rows")) == 4
    assert len(archived.records("executions")) == 2


def test_mistakes_are_said_with_status_2(archived: Any, tmp_path: Path) -> None:
    assert reparse(archived, "shop", "--until", "2020-01-01") == 2
    assert "has no such page of source shop" in archived.errors()
    assert reparse(archived, "shop", "--archive", str(tmp_path / "none")) == 2
    assert "there is no WARC file" in archived.errors()
    assert reparse(archived, "shpo") == 2
    assert "shop" in archived.errors()


def test_a_time_that_is_none_is_refused() -> None:
    result = CliRunner().invoke(cli, ["reparse", "shop", "--since", "yesterday"])
    assert result.exit_code == 2
    assert "'yesterday' is no day or moment" in " ".join(result.output.split())
