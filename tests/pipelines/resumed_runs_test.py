"""Runs that are gone on with: what was archived is not fetched again, and nothing is there twice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import publishing
from pipelines.preparation import CannotPrepare


@pytest.fixture
def shaky_site(site: Callable[..., Any], answer: Any) -> Any:
    """Page 3 of each host fails until it is mended."""
    made: Any = None

    def page(wanted: str) -> Any:
        if wanted.endswith("/p/3") and not made.mended:
            return answer(status=404)
        return f"<b id='{wanted}'>{made.text}</b>"

    made = site(page)
    made.mended, made.text = False, "x"
    return made


def flags(site: Any) -> list[str]:
    return [site.resolve[0] + "=" + site.resolve[1], "--run_id=night"]


def contents(run: Any) -> list[tuple[str, str]]:
    return sorted((row["sku"], row["row_id"]) for row in run.records("rows"))


def test_resuming_a_finished_run_changes_nothing_that_matters(
    project_of_runs: Any, shaky_site: Any, write_source: Any
) -> None:
    run = project_of_runs
    write_source(pages=10, checks={"max_dead": 0.5}, status={"404": "dead"})
    assert run.scrape(*flags(shaky_site)) == 0
    rows, letters, asked = contents(run), run.records("dead_letters"), len(shaky_site.pages)

    for attempt in (2, 3):
        assert run.scrape("--resume=night", flags(shaky_site)[0]) == 0

        assert contents(run) == rows
        assert [letter["letter_id"] for letter in run.records("dead_letters")] == [letters[0]["letter_id"]]
        execution = run.execution()
        assert (execution["attempt"], execution["pages_from_archive"]) == (attempt, 9)
        assert (execution["rows"], execution["dead_letters"], execution["holds"]) == (9, 1, True)
    assert len(shaky_site.pages) == asked
    assert run.under_construction() == []


def test_one_execution_of_several_is_resumed_alone(project_of_runs: Any, shaky_site: Any, write_source: Any) -> None:
    run = project_of_runs
    for name in ("lamps", "chairs"):
        write_source(name, pages=5, hosts=(f"{name}.test",), status={"404": "retry"}, fetch={"retries": 0})
    assert run.scrape(*flags(shaky_site)) == 1
    before = {one["source"]: one for one in run.records("executions")}
    shaky_site.mended = True

    assert run.scrape(f"--resume={before['lamps']['execution_id']}", flags(shaky_site)[0]) == 0

    after = {one["source"]: one for one in run.records("executions")}
    assert after["chairs"] == before["chairs"]
    assert (after["lamps"]["status"], after["lamps"]["rows"], after["lamps"]["attempt"]) == ("success", 5, 2)
    assert shaky_site.pages["lamps.test/p/3"] == 2
    assert sum(shaky_site.pages.values()) == 11

    assert run.scrape("--resume=night", "--source=chairs", flags(shaky_site)[0]) == 0
    assert {one["source"]: one["rows"] for one in run.records("executions")} == {"lamps": 5, "chairs": 5}
    assert len(contents(run)) == 10


def test_a_run_that_died_between_its_rows_and_its_execution_row(
    project_of_runs: Any, shaky_site: Any, write_source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = project_of_runs
    write_source(pages=4, checks={"max_dead": 0.5})

    def die(_layout: Any, _execution: Any, extension: str) -> None:
        raise MemoryError(f"at the worst moment, {extension}")

    monkeypatch.setattr(publishing, "write_execution", die)
    with pytest.raises(Exception, match="at the worst moment"):
        run.scrape(*flags(shaky_site))
    monkeypatch.undo()
    assert len(contents(run)) == 3
    assert run.records("executions") == []

    assert run.scrape("--resume=night", flags(shaky_site)[0]) == 0

    assert len(contents(run)) == 3
    assert (run.execution()["rows"], run.execution()["attempt"]) == (3, 2)
    assert set(shaky_site.pages.values()) == {1}


def test_a_folder_may_be_called_anything(project_of_runs: Any, shaky_site: Any, write_source: Any) -> None:
    run = project_of_runs
    run.output = run.folder / "out [1] * ? ~"
    write_source(pages=2)

    for which in ("--run_id=night", "--resume=night"):
        assert run.scrape(flags(shaky_site)[0], which, f"--rows_file={run.output}/all.csv") == 0
        assert len(contents(run)) == len((run.output / "all.csv").read_text().splitlines()) - 1 == 2
    assert set(shaky_site.pages.values()) == {1}


def test_a_mended_source_file_reads_the_archived_pages(
    project_of_runs: Any, shaky_site: Any, write_source: Any
) -> None:
    run = project_of_runs
    write_source(fields={"sku": {"css": "::attr(name)", "required": True}}, pages=2)
    assert run.scrape(*flags(shaky_site)) == 1
    digest = run.execution()["sources_digest"]
    write_source(pages=2, checks={"min_rows": 2})

    assert run.scrape("--resume=night", flags(shaky_site)[0]) == 0

    assert len(contents(run)) == 2
    assert run.records("dead_letters") == []
    assert set(shaky_site.pages.values()) == {1}
    assert run.execution()["sources_digest"] != digest


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--resume=nigth"], "--resume: no run or execution nigth .* the newest runs there: night"),
        (["--resume=night", "--source=other"], "night has no source other; it has shop"),
        (["--resume=night", "--limit=3"], "--limit: a run that is resumed keeps its plan"),
        (["--run_id=night"], "run night exists already .* --resume night"),
        (["--run_id=../night"], "--run_id: '../night'"),
    ],
)
def test_what_cannot_be_resumed_is_said_and_changes_nothing(
    project_of_runs: Any, shaky_site: Any, write_source: Any, wrong: list[str], message: str
) -> None:
    run = project_of_runs
    write_source(pages=2)
    write_source("other", pages=2)
    assert run.scrape(*flags(shaky_site), "--source=shop") == 0
    before = tree(run.output)

    with pytest.raises(CannotPrepare, match=message):
        run.scrape(*wrong)

    assert tree(run.output) == before


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
