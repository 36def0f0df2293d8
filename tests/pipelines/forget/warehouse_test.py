"""A person is forgotten in a warehouse: rows and letters are deleted there, pages in the folder beside it."""

import gzip
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import cli
from pipelines.forget.records import NotYet
from pipelines.forget.subject import parse_keys
from pipelines.forget.warehouse_records import WarehouseRecords
from pipelines.places import Places
from schemas.bigquery import spec_of
from schemas.table import Column, Table
from schemas.warehouse import Warehouse
from transforms.bigquery.connection import connect
from transforms.bigquery.inserts import insert_rows
from transforms.bigquery.tables import ensure_tables

PROJECT = "proj-x"


@pytest.fixture
def output(bigquery_dataset: str) -> str:
    return f"bigquery:{PROJECT}.{bigquery_dataset}"


def values_of(output: str, sql: str) -> list[Any]:
    dataset = output.rpartition(".")[2]
    return sorted(row[0] for row in connect(PROJECT).query(sql.replace("DS", dataset)).result())


def test_a_person_is_deleted(project_of_runs: Any, write_source: Any, site: Any, output: str) -> None:
    run = project_of_runs
    fields = {"sku": {"css": "::attr(id)", "required": True}, "age": {"css": "::attr(age)", "type": "integer"}}
    fields |= {"mail": {"css": "::attr(who)", "personal": "hash"}}
    write_source(pages=2, fields=fields, checks={"max_dead": 0.9})
    people = "<b id='Ann' age='40' who='ann@x'>A</b><b id='' who='ann@x'>B</b>"
    opened = site(lambda wanted: people if wanted.endswith("1") else "<b id='Bob' age='40'>C</b><b id=''>D</b>")
    words = ["--sources", str(run.sources), "--output", output, "--files", str(run.output)]
    assert run.start("run", "shop", *words, *opened.resolve).wait(120) == 0, run.everything_said()
    assert values_of(output, "SELECT sku FROM DS.shop_items") == ["Ann", "Bob"]
    assert len(values_of(output, "SELECT letter_id FROM DS.dead_letters")) == 2

    def forget(*more: str) -> Result:
        return CliRunner().invoke(cli, ["forget", "shop", *words, *more, "--yes"], catch_exceptions=False)

    done = forget("--key", "mail=ann@x", "--key", "age=41")
    assert "no rows" in done.output

    done = forget("--key", "mail=ann@x")

    assert done.exit_code == 0, done.output
    assert "1 rows of shop.items" in done.output
    assert "1 dead letters" in done.output
    assert values_of(output, "SELECT sku FROM DS.shop_items") == ["Bob"]
    assert len(values_of(output, "SELECT letter_id FROM DS.dead_letters")) == 1
    archived = b"".join(gzip.decompress(path.read_bytes()) for path in (run.output / "archive").iterdir())
    assert b"ann@x" not in archived
    assert b"Bob" in archived
    assert forget("--key", "mail=ann@x").output.endswith("Nothing was removed.\n")
    assert "1 rows" in forget("--key", "age=40").output


def test_rows_that_were_inserted_just_now_are_deleted_later(strict_bigquery: Any) -> None:
    table = Table("shop.items", (Column("sku"),), ("sku",))
    warehouse = Warehouse(strict_bigquery.project, "ds")
    place = warehouse.place(table.name)
    client = connect(warehouse.project)
    ensure_tables(client, {place: spec_of(table)})
    row = {
        "sku": "Ann", "source": "shop", "scraped_at": "2026-11-22T00:00:00Z", "execution_id": "e", "request_id": "r",
        "row_key": "k", "row_id": "i", "url": "http://shop.test/",
    }  # fmt: skip
    assert not insert_rows(client, place, [("i", row)])
    records = WarehouseRecords(warehouse, Places("out", warehouse))
    subjects = parse_keys(["Ann"], [table], b"")

    with pytest.raises(NotYet, match="in 90 minutes"):
        records.remove_rows("shop", subjects)

    strict_bigquery.flush_streaming_buffer()
    assert records.remove_rows("shop", subjects) == [str(place)]
    assert strict_bigquery.rows(str(place)) == []
