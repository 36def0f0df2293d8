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


def test_texts_and_numbers_are_spelt_as_json_spells_them():
    texts = ['a "quoted" one', "back\\slash", "two\nlines", "\x7f", "naïve", "", None, "plain"]
    floats = [1.0, -0.0, 0.1, 1e300, 1.5e-9, None, 123456789.125, 3e15]
    whole = [1, -(2**63), 2**63 - 1, None, 0, 7, 8, 9]
    bools = [True, False, None, True, True, False, False, True]
    table = pa.table({'na"me': texts, "float": floats, "whole": whole, "bool": bools})

    lines = json_lines(table).splitlines()

    assert [orjson.loads(line) for line in lines] == table.to_pylist()
    assert orjson.loads(lines[0])["float"].__class__ is float


def test_what_is_no_number_is_null():
    table = pa.table({"number": [float("nan"), float("inf"), 1.0]})

    assert [orjson.loads(line)["number"] for line in json_lines(table).splitlines()] == [None, None, 1.0]


def test_a_part_of_a_table_is_that_part():
    table = pa.table({"number": range(100), "text": [str(number) for number in range(100)]}).slice(40, 3)

    assert [orjson.loads(line)["text"] for line in json_lines(table).splitlines()] == ["40", "41", "42"]
    assert json_lines(table.slice(0, 0)) == b""


def test_a_table_of_texts_alone_is_written_too():
    rows = pa.table({"sku": ["A1", None], "seen": pa.array([SEEN, None], pa.timestamp("us", tz="UTC"))})

    assert [orjson.loads(line)["sku"] for line in json_lines(rows).splitlines()] == ["A1", None]
