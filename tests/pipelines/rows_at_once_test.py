"""`--bigquery-method storage` and `insert`: rows are in their tables before their source has ended."""

import json
from typing import Any

import pytest

from tests.bigquery_servers.emulator import PROJECT
from tests.bigquery_servers.strict_server import StrictBigQuery
from transforms.bigquery.connection import connect

PAGES = 6


def page(wanted: str) -> str:
    """Six pages of five things: page 5 shows the thing of page 0 again, and page 3 has a long name for its own."""
    number = int(wanted.rpartition("/")[2])
    return f'<b id="A{number % 5}">{"long " * 400 if number == 3 else "Thing"}</b>'


def run(project_of_runs, *words: str) -> None:
    common = ("--sources", str(project_of_runs.sources), "--files", str(project_of_runs.output))
    project_of_runs.start("run", "shop", *common, *words).wait(120)


def found(sql: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connect(PROJECT).query(sql).result()]


@pytest.mark.parametrize("method", ["storage", "insert"])
def test_rows_get_into_bigquery_while_the_run_goes_on(project_of_runs, write_source, site, bigquery_dataset, method):
    opened = site(page)
    write_source(pages=PAGES)
    words = ("--output", f"bigquery:{PROJECT}.{bigquery_dataset}", "--bigquery-method", method)
    run(project_of_runs, *words, *opened.resolve)

    [execution] = found(f"SELECT status, holds, `rows`, duplicates FROM {bigquery_dataset}.executions")
    assert execution == {"status": "success", "holds": True, "rows": PAGES, "duplicates": 0}
    assert len(found(f"SELECT * FROM {bigquery_dataset}.shop_items")) == PAGES
    assert len(found(f"SELECT * FROM {bigquery_dataset}.shop_items_latest")) == 5
    assert not list(project_of_runs.output.rglob("*.keys"))


def test_rows_that_the_table_refuses_are_letters(project_of_runs, write_source, site, strict_bigquery: StrictBigQuery):
    strict_bigquery.limits.row_bytes = 1_000
    opened = site(page)
    write_source(pages=PAGES)
    run(project_of_runs, "--output", f"bigquery:{PROJECT}.dev", "--bigquery-method", "insert", *opened.resolve)

    [execution] = strict_bigquery.rows("dev.executions")
    assert (execution["holds"], execution["rows"], execution["dead_letters"]) == (True, PAGES - 1, 1)
    assert len(strict_bigquery.rows("dev.shop_items")) == PAGES - 1
    [letter] = strict_bigquery.rows("dev.dead_letters")
    assert (letter["stage"], letter["reason"], letter["source"]) == ("write", "refused_by_table", "shop")
    assert "Maximum allowed row size exceeded" in letter["message"]
    assert "A3" in json.dumps(letter["item"])


def test_rows_that_go_to_a_folder_have_no_method(project_of_runs, write_source):
    write_source(pages=PAGES)
    assert project_of_runs.run("shop", "--bigquery-method", "storage") == 2
    assert "not to BigQuery" in project_of_runs.errors()
