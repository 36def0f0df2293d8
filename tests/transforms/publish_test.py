from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from schemas.ids import content_id
from schemas.plan import Plan
from schemas.row_batch import RowBatch
from schemas.table import Column, Table
from schemas.written import Published, Written
from transforms import row_files
from transforms.output_layout import OutputLayout
from transforms.publish import publish_execution
from transforms.row_files import open_row_file

TABLE = Table("shop.products", (Column("sku"), Column("price", "float")), key=("sku",))
DAY = 1_790_000_000.0


def batch_of(*skus: str, price: float = 1.0) -> RowBatch:
    return RowBatch(
        table="shop.products",
        execution_id="e1",
        source="shop",
        url="http://shop.test/",
        scraped_at=DAY,
        request_id="r1",
        archived=None,
        schema_version="s",
        scraper_version="v",
        rows=[{"sku": sku, "price": price} for sku in skus],
        row_keys=[content_id(sku) for sku in skus],
        row_ids=[content_id(sku, price) for sku in skus],
    )


def write(layout: OutputLayout, *batches: RowBatch, extension: str = "parquet") -> Written:
    file = open_row_file(layout, TABLE, batches[0], extension)
    for batch in batches:
        file.add(batch)
    return file.close()[1]


def skus_in(folder: Path) -> list[str]:
    found = []
    for path in sorted(path for path in (folder / "rows").rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            found += pq.read_table(path, partitioning=None).column("sku").to_pylist()
        else:
            found += [orjson.loads(line)["sku"] for line in path.read_bytes().splitlines()]
    return sorted(found)


@pytest.fixture
def layout(tmp_path: Path) -> OutputLayout:
    return OutputLayout(str(tmp_path), "run", 1)


def plan_of(attempt: int = 1) -> Plan:
    return Plan("e1", "run", "shop", attempt, DAY)


def test_rows_appear_under_their_names_only_when_they_are_published(layout, tmp_path):
    written = write(layout, batch_of("a", "b"))
    before = list((tmp_path / "rows").rglob("*")) if (tmp_path / "rows").exists() else []

    published = publish_execution(layout, plan_of(), [written])

    assert before == []
    assert published == Published(0)
    assert [path.parent.relative_to(tmp_path) for path in (tmp_path / "rows").rglob("*.parquet")] == [
        Path("rows/shop.products/scrape_date=2026-09-21")
    ]
    assert skus_in(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("extension", ["parquet", "jsonl"])
@pytest.mark.parametrize("in_memory", [0, 2, row_files.KEYS_IN_MEMORY])
def test_a_row_key_stays_once_whichever_workers_file_it_is_in(layout, tmp_path, monkeypatch, extension, in_memory):
    monkeypatch.setattr(row_files, "KEYS_IN_MEMORY", in_memory)
    one = write(layout, batch_of("a", "b", "a"), batch_of("c"), extension=extension)
    other = write(layout, batch_of("b", price=2.0), batch_of("d"), extension=extension)

    published = publish_execution(layout, plan_of(), [one, other])

    assert published == Published(2)
    assert skus_in(tmp_path) == ["a", "b", "c", "d"]
    assert one.records + other.records == 6


def test_publishing_again_after_a_retried_bundle_changes_nothing_and_counts_the_same(layout, tmp_path):
    files = [write(layout, batch_of("a", "b")), write(layout, batch_of("b", "c")), write(layout, batch_of("c"))]

    first = publish_execution(layout, plan_of(), files)
    again = publish_execution(layout, plan_of(), files)

    assert (first, again) == (Published(2), Published(2))
    assert skus_in(tmp_path) == ["a", "b", "c"]


def test_a_resumed_execution_replaces_its_own_earlier_rows_and_nobody_elses(layout, tmp_path):
    publish_execution(layout, plan_of(), [write(layout, batch_of("a", "b"))])
    stranger = tmp_path / "rows/shop.products/scrape_date=2026-09-21/e2-a1-x.parquet"
    stranger.write_bytes(next(tmp_path.rglob("e1-a1-*.parquet")).read_bytes())
    second = OutputLayout(str(tmp_path), "run", 2)

    publish_execution(second, plan_of(2), [write(second, batch_of("a", "b", "c"))])

    assert sorted(path.name[:5] for path in (tmp_path / "rows").rglob("*.parquet")) == ["e1-a2", "e2-a1"]
    assert skus_in(tmp_path) == ["a", "a", "b", "b", "c"]


def test_a_file_whose_rows_were_all_duplicates_does_not_appear(layout, tmp_path):
    files = [write(layout, batch_of("a")), write(layout, batch_of("a"))]

    assert publish_execution(layout, plan_of(), files) == Published(1)
    assert len(list((tmp_path / "rows").rglob("*.parquet"))) == 1
