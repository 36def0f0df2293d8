"""A folder is read back in one shape, whichever format and version wrote it."""

import datetime
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.places import Places
from pipelines.stores.store import open_store
from schemas.dead_letter import DeadLetter
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA
from schemas.execution import EXECUTION_SCHEMA
from schemas.plan import Plan
from schemas.reasons import Dead
from schemas.request import Request
from transforms.letter_files import open_letter_file
from transforms.output_layout import OutputLayout
from transforms.publish import publish_execution


def write_letters(folder, execution_id, count, extension):
    layout = OutputLayout(str(folder), "run", 1)
    letters = [
        DeadLetter(
            "scrape", Dead.TIMEOUT, Request("shop", f"https://shop.example/{n}", execution_id), failed_at=1e9 + 0.5
        )
        for n in range(count)
    ]
    file = open_letter_file(layout, letters[0], extension)
    for letter in letters:
        file.add(letter)
    publish_execution(layout, Plan(execution_id, "run", "shop", 1, 1e9), [file.close()[1]])


def test_an_empty_folder_has_nothing_and_is_no_error(tmp_path):
    store = open_store(Places(str(tmp_path / "nowhere")))

    assert (store.executions().num_rows, list(store.letters()), store.replays().num_rows, store.tables()) == (
        0,
        [],
        0,
        [],
    )
    assert str(store) == str(tmp_path / "nowhere")


@pytest.mark.parametrize("extension", ["parquet", "jsonl"])
def test_letters_have_one_schema_in_either_format(tmp_path, extension):
    write_letters(tmp_path, "e1", 3, extension)
    store = open_store(Places(str(tmp_path)))

    letters = pa.Table.from_batches(store.letters(), DEAD_LETTER_SCHEMA)
    only = pa.Table.from_batches(store.letters(["reason", "failed_at"]))

    assert letters.num_rows == 3
    assert only.to_pylist()[0] == {
        "reason": "timeout",
        "failed_at": datetime.datetime(2001, 9, 9, 1, 46, 40, 500_000, datetime.UTC),
    }


def test_a_column_that_an_older_version_did_not_write_is_null(tmp_path):
    record = {"execution_id": "e1", "source": "shop", "started_at": 1_000_000, "reasons": ["one"], "rows": 4}
    older = pa.schema([EXECUTION_SCHEMA.field(name) for name in record])
    (tmp_path / "executions").mkdir()
    pq.write_table(pa.Table.from_pylist([record], older), tmp_path / "executions" / "e1-a1.parquet")

    [read] = open_store(Places(str(tmp_path))).executions().to_pylist()

    assert (read["execution_id"], read["rows"], read["reasons"]) == ("e1", 4, ["one"])
    assert read["drift"] is None


def test_executions_of_some_sources_are_found_among_the_newest_without_reading_the_others(tmp_path):
    (tmp_path / "executions").mkdir()
    for number in range(6):
        source = "shop" if number % 2 else "other"
        record = {"execution_id": f"e{number}", "source": source, "started_at": number, "coverage": "{}"}
        schema = pa.schema([EXECUTION_SCHEMA.field(name) for name in record])
        path = tmp_path / "executions" / f"e{number}-a1.parquet"
        pq.write_table(pa.Table.from_pylist([record], schema), path)
        os.utime(path, (1e9 + number, 1e9 + number))
    (tmp_path / "executions" / "e0-a1.parquet").write_bytes(b"it is not even opened")
    os.utime(tmp_path / "executions" / "e0-a1.parquet", (1e9, 1e9))

    found = open_store(Places(str(tmp_path))).executions(["execution_id"], {"shop"}, newest=3)

    assert found.column_names == ["execution_id", "source", "started_at"]
    assert found.column("execution_id").to_pylist() == ["e3", "e5"]


def test_of_a_file_that_several_executions_share_only_those_of_the_sources_are_given(tmp_path):
    (tmp_path / "executions").mkdir()
    records = [{"execution_id": f"e{n}", "source": source, "started_at": n} for n, source in enumerate(("a", "b", "a"))]
    schema = pa.schema([EXECUTION_SCHEMA.field(name) for name in records[0]])
    pq.write_table(pa.Table.from_pylist(records, schema), tmp_path / "executions" / "raw-1.parquet")
    found = open_store(Places(str(tmp_path))).executions(["execution_id"], {"a"})
    assert found.column("execution_id").to_pylist() == ["e0", "e2"]


def test_replays_are_written_once_for_an_execution(tmp_path):
    store = open_store(Places(str(tmp_path)))
    record = {"letter_id": "l1", "outcome": "recovered", "replayed_at": "2026-11-22T02:00:00Z"}

    store.add_replays("e2", [record])
    store.add_replays("e2", [{**record, "outcome": "failed_again"}])

    [read] = store.replays().to_pylist()
    assert (read["letter_id"], read["outcome"]) == ("l1", "recovered")
    assert read["replayed_at"] == datetime.datetime(2026, 11, 22, 2, tzinfo=datetime.UTC)
    assert json.dumps(read["reason"]) == "null"


def test_rows_are_read_by_table_and_execution(tmp_path):
    for table, execution in (("shop.lamps", "e1"), ("shop.lamps", "e2"), ("shop.chairs", "e1")):
        folder = tmp_path / "rows" / table / "scrape_date=2026-11-22"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"sku": [execution], "price": [1.0]}), folder / f"{execution}-a1-x.parquet")
    store = open_store(Places(str(tmp_path)))

    assert store.tables() == ["shop.chairs", "shop.lamps"]
    assert pa.Table.from_batches(store.rows("shop.lamps", ["sku", "colour"], {"e2"})).to_pydict() == {"sku": ["e2"]}
    assert sum(batch.num_rows for batch in store.rows("shop.lamps")) == 2
