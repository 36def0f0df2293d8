"""Rows of many pages as one Arrow table, read back from Parquet."""

import datetime
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.arrow import PROVENANCE, arrow_schema, provenance_names, to_arrow
from schemas.page import ArchivePointer
from schemas.row import RowMaker
from schemas.row_batch import RowBatch
from schemas.table import Column, Table

EVERYTHING = Table(
    "shop.products",
    (
        Column("sku", required=True, description="the shop's own number"),
        Column("price", "numeric"),
        Column("rating", "float"),
        Column("reviews", "integer"),
        Column("in_stock", "boolean"),
        Column("day", "date"),
        Column("opens", "time"),
        Column("seen", "datetime"),
        Column("at", "timestamp"),
        Column("raw", "bytes"),
        Column("extra", "json"),
        Column("extras", "json", repeated=True),
        Column("tags", repeated=True),
        Column(
            "offers", "record", repeated=True, columns=(Column("price", "numeric"), Column("more", "json"))
        ),
        Column("mail", "string", personal="hash"),
        Column("phone", personal="drop"),
        Column("maker", "record", columns=(Column("name"), Column("secret", personal="drop"))),
    ),
    key=("sku",),
    description="One row per product.",
    version="v1",
)  # fmt: skip
FULL: dict[str, Any] = {
    "sku": "A1",
    "price": "12.500000000",
    "rating": 4.5,
    "reviews": 3,
    "in_stock": True,
    "day": "2026-11-22",
    "opens": "08:30",
    "seen": "2026-11-22T10:00:00",
    "at": "2026-11-22T10:00:00+02:00",
    "raw": b"\x00\xff",
    "extra": {"b": [1, {"a": None}]},
    "extras": [1, "x"],
    "tags": ["new"],
    "offers": [{"price": 1, "more": {"x": 1}}, {"price": None, "more": [2]}],
    "mail": "a@b.test",
    "phone": "1",
    "maker": {"name": "Ada", "secret": "s"},
}


def batch(items: list[dict[str, Any]], number: int = 0, table: Table = EVERYTHING) -> RowBatch:
    accepted = RowMaker(table).accept(items, {})
    assert accepted.refused == []
    pointer = ArchivePointer("run-1.warc.gz", 100 * number, "sha1:X") if number else None
    return RowBatch(
        table.name, "exec", "shop", f"https://shop.test/{number}", 1_700_000_000.25, f"request-{number}", pointer,
        "v1", "s1", accepted.rows, accepted.row_keys, accepted.row_ids,
    )  # fmt: skip


def through_parquet(table: pa.Table) -> pa.Table:
    file = io.BytesIO()
    pq.write_table(table, file)
    return pq.read_table(io.BytesIO(file.getvalue()))


def test_every_type_survives_parquet() -> None:
    stored = through_parquet(to_arrow(EVERYTHING, [batch([FULL, {"sku": "A2"}])]))

    full, empty = stored.to_pylist()
    assert stored.schema.remove_metadata() == arrow_schema(EVERYTHING).remove_metadata()
    assert full["price"] == Decimal("12.5")
    assert full["day"] == datetime.date(2026, 11, 22)
    assert full["opens"] == datetime.time(8, 30)
    assert full["seen"] == datetime.datetime(2026, 11, 22, 10)
    assert full["at"] == datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)
    assert full["raw"] == b"\x00\xff"
    assert (full["extra"], full["extras"]) == ('{"b":[1,{"a":null}]}', ["1", '"x"'])
    assert full["offers"] == [{"price": Decimal(1), "more": '{"x":1}'}, {"price": None, "more": "[2]"}]
    assert full["mail"].startswith("blake2b:")
    assert full["maker"] == {"name": "Ada"}
    assert "phone" not in stored.schema.names
    assert (empty["price"], empty["tags"], empty["maker"]) == (None, [], None)


def test_each_row_knows_its_own_page() -> None:
    table = Table("t", (Column("sku"),), key=("sku",))
    batches = [batch([{"sku": "A"}, {"sku": "B"}], 1, table), batch([], 2, table), batch([{"sku": "C"}], 3, table)]

    rows = to_arrow(table, batches).to_pylist()

    assert [(row["sku"], row["url"], row["archive_offset"]) for row in rows] == [
        ("A", "https://shop.test/1", 100),
        ("B", "https://shop.test/1", 100),
        ("C", "https://shop.test/3", 300),
    ]
    assert rows[0]["scraped_at"] == datetime.datetime(2023, 11, 14, 22, 13, 20, 250_000, datetime.UTC)
    assert rows[2]["row_key"] == batches[2].row_keys[0]
    assert rows[0]["row_id"] != rows[1]["row_id"]


def test_a_page_that_was_not_archived_has_no_pointer() -> None:
    [row] = to_arrow(EVERYTHING, [batch([{"sku": "A1"}])]).to_pylist()

    assert (row["archive_file"], row["archive_offset"], row["archive_digest"]) == (None, None, None)


def test_no_page_gives_an_empty_table_of_the_same_schema() -> None:
    assert to_arrow(EVERYTHING, []).schema == arrow_schema(EVERYTHING)


def test_a_declared_column_keeps_its_name_and_provenance_makes_way() -> None:
    table = Table("t", (Column("url"), Column("source"), Column("scrape_source")))

    names = provenance_names(table)

    assert (names["url"], names["source"], names["row_id"]) == ("scrape_url", "scrape_scrape_source", "row_id")
    assert len(arrow_schema(table).names) == len(set(arrow_schema(table).names)) == 3 + len(PROVENANCE)


def test_the_schema_says_what_it_is() -> None:
    schema = arrow_schema(EVERYTHING)

    assert schema.metadata[b"table"] == b"shop.products"
    assert schema.metadata[b"version"] == b"v1"
    assert schema.field("sku").metadata == {b"description": b"the shop's own number"}
    assert all(schema.field(name).metadata for name in provenance_names(EVERYTHING).values())
