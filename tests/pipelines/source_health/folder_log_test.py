import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import stored_records
from pipelines.source_health.folder_log import ended_in

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


def ended(desk):
    return sorted((one.source, one.status) for one in ended_in("out", desk.folder / KEPT))


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


def test_files_of_both_formats_and_of_older_versions_say_the_same(desk):
    desk.ran("shop", "failed", 1)
    log = desk.folder / "out" / "executions"
    [record] = stored_records.read_records(str(log / "shop-1.jsonl"))
    [before] = ended_in("out", desk.folder / KEPT)
    when = {name: pa.array([record[name]]).cast(pa.timestamp("us", tz="UTC")) for name in ("started_at", "ended_at")}
    columns = {name: pa.array([value]) for name, value in record.items() if name != "attempt"}

    pq.write_table(pa.table(columns | when), log / "shop-1.parquet")
    (log / "shop-1.jsonl").unlink()

    assert ended_in("out", desk.folder / KEPT) == [before]
