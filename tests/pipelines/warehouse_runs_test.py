"""`--output bigquery:...` from the command to the tables, on an emulator of BigQuery."""

from collections.abc import Callable
from typing import Any

import pytest
from apache_beam.internal.gcp import auth

from tests.bigquery_servers.emulator import PROJECT, Emulator
from tests.pipelines.loopback_site import Answer, Site
from tests.pipelines.whole_runs import Project
from transforms.bigquery import publish
from transforms.bigquery.connection import connect

Rows = Callable[[str], list[dict[str, Any]]]


def page(wanted: str) -> Answer | str:
    """Page 3 is gone; page 8 names the product of page 0's neighbour again."""
    number = int(wanted.rpartition("/")[2])
    return Answer("gone", status=404) if number == 3 else f'<b id="A{number % 8}">Thing {number % 8}</b>'


@pytest.fixture
def shop(site: Callable[..., Site], write_source: Callable[..., None]) -> Site:
    write_source(pages=9, checks={"max_dead": 0.5})
    return site(page)


@pytest.fixture
def rows(bigquery_dataset: str) -> Rows:
    """The rows of a table of the dataset."""

    def of(table: str) -> list[dict[str, Any]]:
        found = connect(PROJECT).query(f"SELECT * FROM `{PROJECT}.{bigquery_dataset}.{table}`").result()
        return [dict(row.items()) for row in found]

    return of


@pytest.fixture
def run(project_of_runs: Project, shop: Site, bigquery_dataset: str) -> Callable[..., int]:
    """A whole run in this process, with flags of `pipelines.scrape`."""

    def start(*flags: str) -> int:
        output = [f"--output=bigquery:{PROJECT}.{bigquery_dataset}", f"--files={project_of_runs.output}"]
        return project_of_runs.scrape(*output, *shop.resolve, *flags)

    return start


def skus(found: list[dict[str, Any]]) -> list[str]:
    return sorted(one["sku"] for one in found)


ALL = ["A0", "A1", "A2", "A4", "A5", "A6", "A7"]


def test_a_command_fills_tables_that_nobody_had_made(
    project_of_runs: Project, shop: Site, bigquery_dataset: str, rows: Rows
) -> None:
    project = project_of_runs
    words = ["--output", f"bigquery:{PROJECT}.{bigquery_dataset}", "--files", str(project.output), *shop.resolve]
    sources = ["--sources", str(project.sources), "--workers", "2", "-o", str(project.folder / "rows.csv")]

    assert project.start("run", "shop", *words, *sources).wait(120) == 0, project.everything_said()

    assert skus(rows("shop_items")) == skus(rows("shop_items_latest")) == ALL
    assert [(one["reason"], one["url"]) for one in rows("dead_letters")] == [("http_4xx", "http://shop.test/p/3")]
    [execution] = rows("executions")
    assert (execution["status"], execution["rows"], execution["holds"]) == ("success", 7, True)
    assert sorted(path.name for path in project.output.iterdir()) == [".scrapeline", "archive"]
    assert project.under_construction() == []
    assert f"bigquery:{PROJECT}.{bigquery_dataset}; archive: {project.output}/archive" in project.errors()
    assert len((project.folder / "rows.csv").read_text().splitlines()) == 8


def test_the_same_pages_again_leave_the_same_latest_rows(run: Callable[..., int], rows: Rows) -> None:
    run()
    first = rows("shop_items_latest")
    run()

    def content(found: list[dict[str, Any]]) -> list[tuple[str, ...]]:
        return sorted((one["row_key"], one["row_id"], one["sku"], one["title"]) for one in found)

    assert len(rows("shop_items")) == 2 * len(ALL)
    assert content(rows("shop_items_latest")) == content(first)


def test_a_run_that_died_before_its_execution_row_goes_on_without_fetching(
    project_of_runs: Project, run: Callable[..., int], rows: Rows, shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyError("dies between the load of its letters and that of its execution row")

    with monkeypatch.context() as patched:
        patched.setattr(publish, "write_execution_to", die)
        with pytest.raises(Exception, match="dies between"):
            run("--run_id=night")
    assert skus(rows("shop_items")) == ALL
    assert rows("executions") == []
    asked = sum(shop.pages.values())

    with pytest.raises(ValueError, match=r"run night writes to bigquery:.*, not to"):
        run("--resume=night", "--files=", f"--output={project_of_runs.output}")

    assert run("--resume=night") == 0

    assert skus(rows("shop_items")) == ALL
    assert [one["reason"] for one in rows("dead_letters")] == ["http_4xx"]
    assert [(one["attempt"], one["rows"], one["pages_from_archive"]) for one in rows("executions")] == [(2, 7, 8)]
    assert sum(shop.pages.values()) == asked


def test_files_of_a_bucket_are_loaded_from_there(
    run: Callable[..., int],
    rows: Rows,
    bigquery_emulator: Emulator,
    bigquery_dataset: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(auth._Credentials, "_credentials_init", True)  # none are looked for, which takes 24 s
    assert run(f"--files=gs://{bigquery_emulator.bucket}/{bigquery_dataset}") == 0

    assert skus(rows("shop_items")) == ALL
    assert rows("executions")[0]["rows"] == 7


def test_fields_that_no_column_knows_are_kept_as_json(
    project_of_runs: Project, run: Callable[..., int], rows: Rows, write_source: Callable[..., None]
) -> None:
    project_of_runs.write("shop_code.py", "def stocked(item):\n    return {**item, 'stock': {'left': 3}}\n")
    write_source(pages=1, unknown_fields="keep", hooks={"item": "shop_code.stocked"})

    assert run() == 0
    assert [one["_unknown"] for one in rows("shop_items")] == [{"stock": {"left": 3}}]


def test_a_table_that_does_not_fit_stops_a_run_before_it_fetches(
    project_of_runs: Project, shop: Site, run: Callable[..., int], rows: Rows, write_source: Callable[..., None]
) -> None:
    run("--limit=1")
    asked = len(shop.asked)
    fields = {"sku": {"css": "::attr(id)", "required": True}, "price": {"const": 7}}
    write_source(pages=9, fields=fields)

    with pytest.raises(ValueError, match=r"shop_items.*price(.|\n)*scrapeline schema apply shop --output bigquery:"):
        run()
    assert len(shop.asked) == asked


def test_a_folder_of_sources_says_where_its_rows_go(
    project_of_runs: Project, shop: Site, rows: Rows, bigquery_dataset: str
) -> None:
    project = project_of_runs
    said = {"output": f"bigquery:{PROJECT}.{bigquery_dataset}", "output_files": str(project.folder / "kept")}
    project.write("scrapeline.yaml", "".join(f"{key}: {value}\n" for key, value in said.items()))

    assert project.start("run", "--sources", str(project.sources), *shop.resolve).wait(120) == 0, project.errors()

    assert skus(rows("shop_items")) == ALL
    assert (project.folder / "kept" / "archive").is_dir()
