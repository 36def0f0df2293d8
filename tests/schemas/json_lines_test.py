import datetime
import decimal
import io

import orjson
import pyarrow as pa

from schemas.json_lines import json_lines, write_json_lines

SEEN = datetime.datetime(2026, 11, 22, 6, 0, 0, 250_000, datetime.UTC)


def test_every_kind_of_value_has_its_plain_json():
    rows = pa.table(
        {
            "sku": ["A1", None],
            "price": pa.array(
                [decimal.Decimal("12.500000000"), decimal.Decimal("1" * 25 + ".1")], pa.decimal128(38, 9)
            ),
            "seen": pa.array([SEEN, None], pa.timestamp("us", tz="UTC")),
            "digest": [b"\x00\xff", None],
            "source": pa.array(["shop", "shop"]).dictionary_encode(),
            "sizes": [["S", "M"], []],
            "maker": [{"name": "Ann"}, None],
        }
    )

    first, second = map(orjson.loads, json_lines(rows).splitlines())

    assert first == {
        "sku": "A1",
        "price": 12.5,
        "seen": "2026-11-22T06:00:00.250000Z",
        "digest": "AP8=",
        "source": "shop",
        "sizes": ["S", "M"],
        "maker": {"name": "Ann"},
    }
    assert (second["price"], second["seen"], second["sizes"]) == ("1" * 25 + ".100000000", None, [])


def test_a_large_table_is_written_in_pieces_and_whole():
    file = io.BytesIO()

    write_json_lines(file, pa.table({"number": range(12_345)}))

    assert [orjson.loads(line)["number"] for line in file.getvalue().splitlines()] == list(range(12_345))
