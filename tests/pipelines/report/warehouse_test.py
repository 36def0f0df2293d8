"""A report of a warehouse says the same as one of a folder."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from google.cloud import bigquery

from pipelines.cli import cli
from pipelines.places import Places
from pipelines.report.preamble import preamble
from pipelines.report.scope import Scope
from pipelines.report.tables import ask, open_tables, sql_text
from pipelines.stores.store import open_store
from schemas.bigquery import log_specs
from schemas.warehouse import Warehouse
from tests.pipelines.report.numbers_test import QUERIES
from tests.pipelines.report.output import execution, letter, replay, write
from transforms.bigquery.connection import connect
from transforms.bigquery.tables import ensure_tables

HOSTS = {"shop.example": {"requests": 3, "delay_secs": 1.0, "min_gap_secs": 1.1, "short_gaps": 0}}
FIELDS = {"price": {"rows": 90, "present": 45, "refused": 10}}
EXECUTIONS = [
    execution("shop", 0),
    execution("shop", 1, condition="degraded", reasons=("price fell",), fields=FIELDS, hosts=HOSTS),
    execution("books", 1, status="failed", reasons=("one", "two"), rows=0, dead_letters=2),
]
LETTERS = [letter("books", 1, number) for number in range(2)]
REPLAYS = [replay("books-1-0", "recovered", 2)]


@pytest.fixture
def warehouse(bigquery_emulator: Any, bigquery_dataset: str) -> Warehouse:
    """Holds what EXECUTIONS, LETTERS and REPLAYS say."""
    warehouse = Warehouse(bigquery_emulator.project, bigquery_dataset)
    client = connect(warehouse.project)
    ensure_tables(client, {warehouse.place(name): spec for name, spec in log_specs().items()})
    for name, records in (("executions", EXECUTIONS), ("dead_letters", LETTERS), ("replays", REPLAYS)):
        table = str(warehouse.place(name))
        config = bigquery.LoadJobConfig(schema=client.get_table(table).schema)
        client.load_table_from_json([as_json(record) for record in records], table, job_config=config).result()
    return warehouse


def as_json(record: dict[str, Any]) -> dict[str, Any]:
    """A record as a load job takes it: without nulls, and moments as texts."""

    def value(name: str, given: Any) -> Any:
        return datetime.datetime.fromtimestamp(given / 1e6, datetime.UTC).isoformat() if name.endswith("_at") else given

    return {name: value(name, given) for name, given in record.items() if given is not None}


def test_the_numbers_are_those_of_a_folder(warehouse: Warehouse, tmp_path: Path) -> None:
    write(tmp_path / "out", EXECUTIONS, LETTERS, REPLAYS)
    of_folder = open_tables(open_store(Places(str(tmp_path / "out"))), Scope())
    of_warehouse = open_tables(open_store(Places(str(tmp_path), warehouse)), Scope())

    for name in QUERIES:
        assert ask(of_warehouse, name) == ask(of_folder, name), name
    assert ask(of_warehouse, "totals").rows[0]["executions"] == 3


def test_the_page_stands_beside_the_warehouse_s_files(warehouse: Warehouse, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["report", str(warehouse), "--files", str(tmp_path)])

    assert (done.exit_code, done.output) == (0, f"{tmp_path}/report.html\n")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "2 of 2 sources need attention" in page
    assert "paste what follows into BigQuery" in page
    assert f"--output {warehouse} --files {tmp_path}" in page.replace("</span> <span>", " ")


def test_every_query_gives_the_same_in_a_warehouse_s_own_sql(warehouse: Warehouse, tmp_path: Path) -> None:
    """On the emulator, which keeps a temporary table for later queries; BigQuery wants both as one script."""
    where, client = Places(str(tmp_path), warehouse), connect(warehouse.project)
    ours = open_tables(open_store(where), Scope())
    client.query(preamble(where, Scope())).result()

    for name in QUERIES:
        found = [dict(row) for row in client.query(sql_text(name)).result()]
        assert [plain(row) for row in found] == [plain(row) for row in ask(ours, name).rows], name


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Moments without their zone, which is UTC."""
    return {
        name: value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else value
        for name, value in row.items()
    }
