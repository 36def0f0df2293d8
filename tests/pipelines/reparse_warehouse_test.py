"""Rows in a warehouse: archived pages are compared with them, and parsed into them again."""

from typing import Any

import pytest

from transforms.bigquery.connection import connect

PROJECT = "proj-x"
MENDED = {"sku": {"css": "::attr(id)", "required": True}, "title": {"css": "i::text"}}


def rows_of(dataset: str, sql: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connect(PROJECT).query(sql.replace("DS", dataset)).result()]


def shop(wanted: str) -> str:
    return f"<b id='{wanted[-1]}'>Lamp <i>{wanted[-1]}</i></b>"


@pytest.fixture
def output(bigquery_dataset: str) -> str:
    return f"bigquery:{PROJECT}.{bigquery_dataset}"


def test_pages_are_compared_with_a_warehouse_and_parsed_into_it(
    project_of_runs: Any, write_source: Any, site: Any, output: str, bigquery_dataset: str
) -> None:
    run = project_of_runs
    write_source(pages=3)
    words = ["--sources", str(run.sources), "--output", output, "--files", str(run.output)]
    assert run.start("run", "shop", *words, *site(shop).resolve).wait(120) == 0, run.everything_said()
    write_source(pages=3, fields=MENDED)

    assert run.start("reparse", "shop", *words, "--diff").wait(120) == 0, run.errors()
    assert "3 rows before, 3 now: 0 added, 0 lost, 3 changed" in run.said()
    assert len(rows_of(bigquery_dataset, "SELECT execution_id FROM DS.executions")) == 1

    assert run.start("reparse", "shop", *words).wait(120) == 0, run.errors()
    assert "3 rows before, 3 now: 0 added, 0 lost, 3 changed" in run.said()
    executions = rows_of(bigquery_dataset, "SELECT execution_id, reparse_of FROM DS.executions")
    [reparsed] = [one for one in executions if one["reparse_of"]]
    rows = rows_of(
        bigquery_dataset, f"SELECT title FROM DS.shop_items WHERE execution_id = '{reparsed['execution_id']}'"
    )
    assert sorted(row["title"] for row in rows) == ["1", "2", "3"]
    latest = rows_of(bigquery_dataset, "SELECT sku, title FROM DS.shop_items_latest")
    assert {row["sku"]: row["title"] for row in latest} == {"1": "1", "2": "2", "3": "3"}

    assert run.start("reparse", "shop", *words, "--diff").wait(120) == 0, run.errors()
    assert "3 rows before, 3 now: 0 added, 0 lost, 0 changed" in run.said()
