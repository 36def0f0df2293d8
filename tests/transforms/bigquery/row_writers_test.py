"""Every column type gets into a table as it was, by inserts and by the Storage Write API."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from schemas.bigquery import spec_of
from schemas.row_batch import RowBatch
from schemas.table import Column, Table
from schemas.warehouse import TableId
from tests.bigquery_servers.emulator import PROJECT
from tests.bigquery_servers.strict_server import StrictBigQuery
from transforms.bigquery.connection import connect
from transforms.bigquery.retries import Retries
from transforms.bigquery.row_writers import METHODS, Method, insert_id, open_writer
from transforms.bigquery.tables import ensure_tables

QUICK = Retries(total_secs=0.0)
PLAIN = (
    Column("sku", required=True),
    Column("count", "integer"),
    Column("weight", "float"),
    Column("price", "numeric"),
    Column("sold", "boolean"),
    Column("day", "date"),
    Column("opens", "time"),
    Column("begins", "datetime"),
    Column("seen", "timestamp"),
    Column("picture", "bytes"),
    Column("attributes", "json"),
    Column("tags", repeated=True),
    Column("mail", personal="hash"),
)
NESTED = (
    Column("offers", "record", repeated=True, columns=(Column("price", "numeric"), Column("terms", "json"))),
    Column("notes", "json", repeated=True),
)
FULL: dict[str, Any] = {
    "sku": 'a "quoted"\nline, é',
    "count": 2**53 + 1,
    "weight": 1.5,
    "price": Decimal("12345678901234567890.123456789"),
    "sold": True,
    "day": dt.date(2026, 11, 22),
    "opens": dt.time(9, 30),
    "begins": dt.datetime(2026, 11, 22, 9, 30, 0, 250_000),
    "seen": dt.datetime(2026, 11, 22, 9, 30, 0, 250_000, dt.UTC),
    "picture": b"\x00\xff",
    "attributes": {"red": [1, None]},
    "tags": ["x", "y"],
    "mail": "0123abcd",
}
EMPTY: dict[str, Any] = {**dict.fromkeys(FULL), "sku": "b", "tags": []}


def batch_of(table: Table, *rows: dict[str, Any]) -> RowBatch:
    ids = [f"{number:024x}" for number in range(len(rows))]
    return RowBatch(
        table.name, "e1", "shop", "http://shop.test/", 1_790_000_000.25, "r1", rows=[*rows], row_keys=ids, row_ids=ids
    )


def values(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in FULL}


@pytest.mark.parametrize("method", METHODS)
def test_every_type_survives_the_wire(bigquery_dataset: str, method: Method) -> None:
    table, place = Table("shop.things", PLAIN, ("sku",)), TableId(PROJECT, bigquery_dataset, f"things_{method}")
    ensure_tables(connect(PROJECT), {place: spec_of(table)})

    assert open_writer(method, QUICK).write(place, table, [batch_of(table, FULL), batch_of(table, EMPTY)]) == []

    found = {row["sku"]: row for row in connect(PROJECT).query(f"SELECT * FROM `{place}`").result()}
    assert values(found[FULL["sku"]]) == FULL
    assert values(found["b"]) == EMPTY
    assert found["b"]["scraped_at"].timestamp() == 1_790_000_000.25


def test_inserts_are_said_as_bigquery_wants_them(strict_bigquery: StrictBigQuery) -> None:
    table, place = Table("shop.things", PLAIN + NESTED, ("sku",)), TableId(PROJECT, "shop", "things")
    ensure_tables(connect(PROJECT), {place: spec_of(table)})
    full = {**FULL, "offers": [{"price": Decimal("1.5"), "terms": {"days": 3}}], "notes": [[1], "two"]}
    empty = {**EMPTY, "offers": [], "notes": []}

    assert open_writer("insert", QUICK).write(place, table, [batch_of(table, full, empty)]) == []

    first, second = strict_bigquery.rows("shop.things")
    assert values(first) == FULL
    assert (first["offers"], first["notes"]) == (full["offers"], full["notes"])
    assert (second["sku"], second["tags"], second["offers"]) == ("b", [], [])


def test_refused_rows_are_counted_through_all_pages(strict_bigquery: StrictBigQuery) -> None:
    table, place = Table("shop.things", (Column("sku", required=True),), ("sku",)), TableId(PROJECT, "shop", "things")
    ensure_tables(connect(PROJECT), {place: spec_of(table)})
    pages = [
        batch_of(table, {"sku": "a"}, {"sku": None}),
        batch_of(table, {"sku": "c"}),
        batch_of(table, {"sku": None}),
    ]

    refused = open_writer("insert", QUICK).write(place, table, pages)

    assert [(one.index, one.reason) for one in refused] == [(1, "invalid"), (3, "invalid")]


def test_a_row_of_another_page_or_place_is_another_row() -> None:
    ids = ["0a", "0a"]
    batch = RowBatch("shop.things", "e1", "shop", "http://shop.test/", 0.0, "r1", row_ids=ids)
    other = RowBatch("shop.things", "e" * 500, "shop", "http://shop.test/", 0.0, "r1", row_ids=ids)
    assert [insert_id(batch, at) for at in (0, 1)] == ["0a-r1-0-e1", "0a-r1-1-e1"]
    assert len(insert_id(other, 0)) == 128  # BigQuery's most
