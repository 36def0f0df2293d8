import os
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import stored_records
from pipelines.source_health.folder_log import FolderLog

KEPT = "out/.scrapeline/sources.sqlite"


@pytest.fixture
def reads(monkeypatch):
    """Names of the files that are read."""
    names, read = [], stored_records.read_records

    def noted(path, *more):
        names.append(os.path.basename(path))
        return read(path, *more)

    monkeypatch.setattr(stored_records, "read_records", noted)
    return names


def log_of(desk):
    return FolderLog("out", desk.folder / KEPT)


def ended(desk, log=None):
    found = (log or log_of(desk)).telling()
    return sorted((one.source, one.status) for some in found.values() for one in some)


def test_each_file_is_read_once_until_it_changes(desk, reads):
    assert ended(desk) == []
    assert not (desk.folder / KEPT).exists()

    desk.ran("shop", "failed", 2, 1)
    assert ended(desk) == ended(desk) == [("shop", "failed"), ("shop", "failed")]
    assert sorted(reads) == ["shop-1.jsonl", "shop-2.jsonl"]

    desk.ran("shop", "success", 1, attempt=22)  # resumed
    assert ended(desk) == [("shop", "failed"), ("shop", "success")]
    assert reads[2:] == ["shop-1.jsonl"]

    (desk.folder / "out" / "executions" / "shop-2.jsonl").unlink()  # its time is over
    assert ended(desk) == [("shop", "success")]


def test_a_process_that_looks_again_looks_at_what_is_new(desk, reads):
    log = log_of(desk)
    assert ended(desk, log) == []
    desk.ran("shop", "failed", 9, 8)
    assert ended(desk, log) == [("shop", "failed"), ("shop", "failed")]
    desk.ran("shop", "success", 7, 6)
    desk.ran("books", "failed", 5, limited_to="limit 1")
    assert ended(desk) == ended(desk, log) == [("shop", "failed"), ("shop", "success")]  # what tells its health
    assert list(log.telling()) == ["shop", "books"]
    assert len(reads) == 5

    with sqlite3.connect(desk.folder / KEPT) as kept:  # what was looked at is not asked for again
        kept.execute("DELETE FROM read_files")
    desk.ran("shop", "failed", 4)
    assert ended(desk, log) == [("shop", "failed"), ("shop", "success")]
    assert reads[5:] == ["shop-4.jsonl"]

    desk.ran("shop", "success", 4, attempt=22)  # resumed: all is looked at
    assert ended(desk, log) == ended(desk) == [("shop", "failed"), ("shop", "success")]
    assert len(reads) == 6 + 6
    (desk.folder / "out" / "executions" / "shop-4.jsonl").unlink()
    (desk.folder / "out" / "executions" / "shop-6.jsonl").unlink()
    assert ended(desk, log) == ended(desk) == [("shop", "failed"), ("shop", "success")]


def test_files_of_both_formats_and_of_older_versions_say_the_same(desk):
    desk.ran("shop", "failed", 1)
    log = desk.folder / "out" / "executions"
    [record] = stored_records.read_records(str(log / "shop-1.jsonl"))
    before = log_of(desk).telling()
    when = {name: pa.array([record[name]]).cast(pa.timestamp("us", tz="UTC")) for name in ("started_at", "ended_at")}
    columns = {name: pa.array([value]) for name, value in record.items() if name != "attempt"}

    pq.write_table(pa.table(columns | when), log / "shop-1.parquet")
    (log / "shop-1.jsonl").unlink()

    assert log_of(desk).telling() == before
