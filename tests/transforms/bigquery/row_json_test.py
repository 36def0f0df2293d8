import datetime
import decimal
from pathlib import Path

import orjson

from schemas.arrow import to_arrow
from schemas.bigquery import spec_of
from schemas.json_lines import json_lines
from schemas.row import RowMaker
from schemas.row_batch import RowBatch
from schemas.table import Column, Table
from schemas.warehouse import TableId
from tests.bigquery_servers.strict_server import PROJECT, StrictBigQuery
from transforms.bigquery.connection import connect
from transforms.bigquery.inserts import insert_rows
from transforms.bigquery.load_files import load_files
from transforms.bigquery.row_json import insert_values, load_texts
from transforms.bigquery.tables import ensure_tables

MAKER = Column("maker", "record", columns=(Column("name"), Column("facts", "json"), Column("born", "date")))
TABLE = Table(
    "shop.products",
    (
        Column("sku"),
        Column("count", "integer"),
        Column("price", "numeric"),
        Column("weight", "float"),
        Column("sold", "boolean"),
        Column("day", "date"),
        Column("hour", "time"),
        Column("local", "datetime"),
        Column("moment", "timestamp"),
        Column("digest", "bytes"),
        Column("facts", "json"),
        Column("tags", "string", repeated=True),
        Column("notes", "json", repeated=True),
        Column("steps", "timestamp", repeated=True),
        MAKER,
        Column("makers", "record", repeated=True, columns=MAKER.columns),
        Column("buyer", personal="hash"),
    ),
    key=("sku",),
)
MOMENT = datetime.datetime(2026, 11, 22, 5, 6, 7, 250_000, datetime.UTC)
FULL = {
    "sku": 'a "quoted" one',
    "count": 2**62,
    "price": decimal.Decimal("12345678901234567890123456789.123456789"),
    "weight": 1.5,
    "sold": True,
    "day": "2026-11-22",
    "hour": "23:59:58",
    "local": "2026-11-22T05:06:07",
    "moment": MOMENT,
    "digest": b"\x00\xff",
    "facts": {"b": [1, None], "a": "ä"},
    "tags": ["x", "y"],
    "notes": [{"n": 1}, "text"],
    "steps": [MOMENT],
    "maker": {"name": "Ann", "facts": {"k": 1}, "born": "1970-01-02"},
    "makers": [{"name": "Bo", "facts": None, "born": None}],
    "buyer": "Cy",
}


def loaded(*items: dict) -> list[dict]:
    """The rows of items, as a load file has them."""
    accepted = RowMaker(TABLE).accept(list(items), {})
    assert not accepted.refused
    batch = RowBatch(
        "shop.products",
        "e1",
        "shop",
        "http://shop.test/",
        1_790_000_000.0,
        "r1",
        rows=accepted.rows,
        row_keys=accepted.row_keys,
        row_ids=accepted.row_ids,
    )
    lines = json_lines(to_arrow(TABLE, [batch]), load_texts(spec_of(TABLE).fields))
    return [orjson.loads(line) for line in lines.splitlines()]


def test_a_load_file_has_every_kind_of_value_as_bigquery_reads_it():
    [row] = loaded(FULL)

    expected = {
        "sku": 'a "quoted" one',
        "count": str(2**62),
        "price": "12345678901234567890123456789.123456789",
        "weight": 1.5,
        "sold": True,
        "day": "2026-11-22",
        "hour": "23:59:58",
        "local": "2026-11-22T05:06:07.000000",
        "moment": "2026-11-22T05:06:07.250000Z",
        "digest": "AP8=",
        "facts": {"b": [1, None], "a": "ä"},
        "tags": ["x", "y"],
        "notes": [{"n": 1}, "text"],
        "steps": ["2026-11-22T05:06:07.250000Z"],
        "maker": {"name": "Ann", "facts": {"k": 1}, "born": "1970-01-02"},
        "makers": [{"name": "Bo", "facts": None, "born": None}],
    }
    assert {name: row[name] for name in expected} == expected
    assert row["scraped_at"] == "2026-09-21T14:13:20.000000Z"


def test_no_repeated_column_is_null_and_what_is_missing_stays_null():
    [row] = loaded({"sku": "A1", "count": 3, "price": decimal.Decimal("0E-9")})

    assert [row[name] for name in ("tags", "notes", "steps", "makers")] == [[]] * 4
    assert (row["count"], row["price"], row["facts"], row["local"], row["maker"]) == (3, "0", None, None, None)


def test_an_insert_has_json_as_text_wherever_it_stands():
    [row] = loaded(FULL)

    inserted = insert_values(spec_of(TABLE).fields, row)

    assert orjson.loads(inserted["facts"]) == FULL["facts"]
    assert list(map(orjson.loads, inserted["notes"])) == FULL["notes"]
    assert orjson.loads(inserted["maker"]["facts"]) == {"k": 1}
    assert inserted["makers"] == row["makers"]
    same = set(row) - {"facts", "notes", "maker"}
    assert {name: inserted[name] for name in same} == {name: row[name] for name in same}


def test_a_load_and_an_insert_leave_the_same_row(tmp_path: Path, strict_bigquery: StrictBigQuery):
    client, place = connect(PROJECT), TableId(PROJECT, "dev", "products")
    ensure_tables(client, {place: spec_of(TABLE)})
    rows = loaded(FULL, {"sku": "A1"})
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))

    load_files(client, place, [str(path)], "one-job", None)
    refused = insert_rows(client, place, [(row["row_id"], insert_values(spec_of(TABLE).fields, row)) for row in rows])

    assert refused == []
    first, second, third, fourth = strict_bigquery.rows("dev.products")
    assert (first, second) == (third, fourth)
    assert first["price"] == FULL["price"]
    assert (first["moment"], first["digest"], first["count"]) == (MOMENT, b"\x00\xff", 2**62)
    assert (first["facts"], first["notes"], first["maker"]["facts"]) == (FULL["facts"], FULL["notes"], {"k": 1})
    assert second["tags"] == []
