"""Rows of any number of tables are written at once; each ends as a row or as one letter, and the sums hold."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.testing.test_pipeline import TestPipeline as BeamPipeline
from apache_beam.testing.test_stream import TestStream as BeamStream
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import FixedWindows, IntervalWindow, TimestampedValue

from schemas.bigquery import log_specs, spec_of
from schemas.dead_letter_table import letter_record
from schemas.ids import content_id
from schemas.outcome import Outcome
from schemas.page import ArchivePointer
from schemas.plan import Plan
from schemas.row_batch import RowBatch
from schemas.table import Column, Table
from schemas.tally import Tally
from schemas.warehouse import Warehouse
from schemas.written import Published, Written
from tests.bigquery_servers.emulator import PROJECT
from tests.bigquery_servers.strict_server import StrictBigQuery
from tests.transforms.bigquery.fake_storage_write import FakeStorageWrite, FakeTable, serving
from transforms.bigquery import inserts
from transforms.bigquery.connection import WarehouseUnavailable, connect
from transforms.bigquery.insert_rows import InsertRows, InsertRowsFn, publish_the_rest
from transforms.bigquery.publish import Target
from transforms.bigquery.retries import Retries
from transforms.bigquery.tables import ensure_tables
from transforms.close_execution import close_execution
from transforms.output_layout import OutputLayout
from transforms.tags import DEAD_LETTERS, TALLIES

WAREHOUSE = Warehouse(PROJECT, "dev")
QUICK = Retries(total_secs=0.0)
PRODUCTS = Table("shop.products", (Column("sku", required=True), Column("price", "integer")), key=("sku",))
POINTER = ArchivePointer("pages.warc.gz", 17, "sha1:ABC")


def table_of(batch: RowBatch) -> Table:
    """All tables of these tests look the same."""
    return Table(batch.table, PRODUCTS.columns, PRODUCTS.key)


def page_of(
    *skus: Any, execution: str = "e1", table: str = "shop.products", url: str = "http://shop.test/"
) -> RowBatch:
    """A page of rows; those whose sku is None are such as a table refuses."""
    rows = [{"sku": sku, "price": 1 if number % 2 else None} for number, sku in enumerate(skus)]
    ids = [content_id(table, row) for row in rows]
    return RowBatch(
        table=table,
        execution_id=execution,
        source="shop",
        url=url,
        scraped_at=1_790_000_000.25,
        request_id=content_id(url),
        archived=POINTER,
        page_type="listing",
        rows=rows,
        row_keys=[content_id(sku) for sku in skus],
        row_ids=ids,
        numbers=[number + 10 for number in range(len(rows))],
    )


@pytest.fixture
def strict(strict_bigquery: StrictBigQuery) -> StrictBigQuery:
    """The strict fake, with the tables `dev.shop_products` and `dev.shop_offers`."""
    make_tables("shop.products", "shop.offers")
    strict_bigquery.requests.clear()
    return strict_bigquery


def make_tables(*names: str) -> None:
    specs = {WAREHOUSE.place(name): spec_of(Table(name, PRODUCTS.columns, PRODUCTS.key)) for name in names}
    ensure_tables(connect(PROJECT), specs)


@pytest.fixture
def stage(strict: StrictBigQuery) -> Iterator[InsertRowsFn]:
    """The stage alone, with a bundle begun."""
    made = InsertRowsFn(WAREHOUSE, table_of, "insert", QUICK)
    made.setup()
    made.start_bundle()
    yield made
    made.teardown()


def skus(strict: StrictBigQuery, table: str = "dev.shop_products") -> list[str]:
    return sorted(row["sku"] for row in strict.rows(table))


def process(stage: InsertRowsFn, *batches: RowBatch) -> list[Any]:
    return [out for batch in batches for out in stage.process(batch, timestamp=7, window="window")]


def ended(stage: InsertRowsFn) -> tuple[dict[tuple[str, str], Written], list[Any], dict[str, Tally]]:
    """(written by execution and table, letters, tallies by execution) of a bundle that ends."""
    written, letters, tallies = {}, [], {}
    for out in stage.finish_bundle():
        tag, windowed = (out.tag, out.value) if isinstance(out, beam.pvalue.TaggedOutput) else ("", out)
        assert windowed.windows == ("window",)
        if tag == DEAD_LETTERS:
            letters.append(windowed.value)
        elif tag == TALLIES:
            tallies[windowed.value[0]] = windowed.value[1]
        else:
            written[windowed.value[0], windowed.value[1].table] = windowed.value[1]
    return written, letters, tallies


def summary(part: tuple[str, Written]) -> tuple[str, str, int, tuple[tuple[str, int], ...]]:
    execution_id, written = part
    return execution_id, written.table, written.records, tuple(sorted(written.coverage.items()))


def test_rows_letters_and_sums_of_two_executions_in_batch(strict: StrictBigQuery) -> None:
    pages = [
        page_of("a", "b", None),
        page_of("a", "c", execution="e2"),
        page_of("o", table="shop.offers"),
    ]
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        rows = pipeline | beam.Create(pages, reshuffle=False)

        outputs = rows | InsertRows(WAREHOUSE, table_of, "insert", QUICK)

        written = outputs.written | beam.Map(summary)
        expected = [
            ("e1", "shop.offers", 1, (("price", 0), ("sku", 1))),
            ("e1", "shop.products", 2, (("price", 1), ("sku", 2))),
            ("e2", "shop.products", 2, (("price", 1), ("sku", 2))),
        ]
        assert_that(written, equal_to(expected), label="written")
        letters = outputs[DEAD_LETTERS] | beam.Map(lambda one: (one.stage, one.reason, one.item, one.item_number))
        assert_that(
            letters, equal_to([("write", "refused_by_table", {"sku": None, "price": None}, 12)]), label="letters"
        )
        tallies = outputs[TALLIES] | "Dead" >> beam.Map(lambda part: (part[0], dict(part[1].dead)))
        assert_that(tallies, equal_to([("e1", {"refused_by_table": 1})]), label="tallies")

    assert skus(strict) == ["a", "a", "b", "c"]
    assert skus(strict, "dev.shop_offers") == ["o"]


def test_rows_are_whole_with_where_they_come_from(strict: StrictBigQuery, stage: InsertRowsFn) -> None:
    process(stage, page_of("a"))
    ended(stage)

    [row] = strict.rows("dev.shop_products")
    assert (row["sku"], row["price"], row["url"], row["execution_id"]) == ("a", None, "http://shop.test/", "e1")
    assert (row["archive_file"], row["archive_offset"]) == (POINTER.file, POINTER.offset)
    assert row["scraped_at"].timestamp() == 1_790_000_000.25


def test_a_refused_row_can_be_found_and_written_again(strict: StrictBigQuery, stage: InsertRowsFn) -> None:
    process(stage, page_of("a", None))
    _, [letter], _ = ended(stage)

    assert letter.request.request_id == content_id("http://shop.test/")
    assert (letter.request.source, letter.request.page_type, letter.archived) == ("shop", "listing", POINTER)
    assert letter.message.startswith("shop.products: invalid: ")
    assert "sku" in letter.message
    assert [problem.rule for problem in letter.problems] == ["invalid"]


def test_the_execution_holds_and_counts_the_refused_row(strict: StrictBigQuery, stage: InsertRowsFn) -> None:
    process(stage, page_of("a", "b", None))
    written, letters, tallies = ended(stage)
    tally = Tally()
    tally.know([content_id("r")])
    tally.end(Outcome("e1", "shop", content_id("r"), "pages"))
    tally.counts.update(items=3, rows=3)
    tally.add(tallies["e1"])
    files = [*written.values(), Written("dead_letters", "dead_letters", "", "", len(letters))]
    plan = Plan("e1", "run", "shop", 1, 100.0, max_dead=0.5)

    execution = close_execution(plan, tally, files, Published(), 160.0)

    assert (execution.holds, execution.status, execution.rows) == (True, "success", 2)
    assert execution.dead_by_reason == {"refused_by_table": 1}


def test_a_row_that_is_too_large_was_no_row(
    strict: StrictBigQuery, stage: InsertRowsFn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inserts, "MOST_REQUEST_BYTES", 2_000)
    process(stage, page_of("a", "b" * 2_000))
    written, [letter], tallies = ended(stage)

    assert (letter.reason, letter.item_number) == ("row_too_large", 11)
    assert (tallies["e1"].dead, tallies["e1"].counts) == (Counter(row_too_large=1), Counter(rows=-1))
    assert written["e1", "shop.products"].records == 1


def test_a_row_is_there_although_its_bundle_goes_on_and_nothing_follows(
    strict: StrictBigQuery, stage: InsertRowsFn
) -> None:
    process(stage, page_of("a"))
    end = time.monotonic() + 30
    while skus(strict) != ["a"]:
        assert time.monotonic() < end
        time.sleep(0.02)

    assert ended(stage)[0]["e1", "shop.products"].records == 1
    assert skus(strict) == ["a"]


def test_tables_of_any_number_go_through_one_write(strict: StrictBigQuery) -> None:
    names = [f"shop.t{number}" for number in range(40)]
    make_tables(*names)
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        rows = pipeline | beam.Create([page_of(sku, table=name) for sku in "ab" for name in names], reshuffle=False)
        outputs = rows | InsertRows(WAREHOUSE, table_of, "insert", QUICK)
        records = outputs.written | beam.Map(lambda part: (part[1].table, part[1].records))
        assert_that(records, equal_to([(name, 2) for name in names]))

    assert all(skus(strict, f"dev.shop_t{number}") == ["a", "b"] for number in range(40))


def test_a_bundle_that_is_tried_again_doubles_nothing_and_another_execution_has_rows_of_its_own(
    strict: StrictBigQuery,
) -> None:
    for execution in ("e1", "e1", "e2"):
        stage = InsertRowsFn(WAREHOUSE, table_of, "insert", QUICK)
        stage.setup()
        stage.start_bundle()
        process(stage, page_of("a", "b", execution=execution))
        assert ended(stage)[0][execution, "shop.products"].records == 2

    assert Counter(row["execution_id"] for row in strict.rows("dev.shop_products")) == {"e1": 2, "e2": 2}


def test_an_attempt_that_goes_on_leaves_the_rows_that_stand_there(
    strict: StrictBigQuery, stage: InsertRowsFn, tmp_path: Path
) -> None:
    ensure_tables(connect(PROJECT), {WAREHOUSE.place(name): spec for name, spec in log_specs().items()})
    process(stage, page_of("a", "b"))
    written = [*ended(stage)[0].values()]
    strict.flush_streaming_buffer()  # nothing but this function keeps them from being deleted
    target = Target(WAREHOUSE, lambda _: {"shop.products": spec_of(PRODUCTS)}, letter_record, lambda *_: "listing")

    plan = Plan("e1", "run", "shop", 2, 100.0)
    assert publish_the_rest(target, OutputLayout(str(tmp_path), "run", 2), plan, written) == Published()

    assert skus(strict) == ["a", "b"]


def test_a_warehouse_that_is_away_fails_the_bundle(strict: StrictBigQuery, stage: InsertRowsFn) -> None:
    strict.fail_next("insertAll", status=503, times=3)
    process(stage, page_of("a"))
    with pytest.raises(WarehouseUnavailable):
        ended(stage)


def of_window(element: Any, window: Any = beam.DoFn.WindowParam) -> tuple[Any, IntervalWindow]:
    return element, window


def test_elements_of_a_stream_keep_their_windows(strict: StrictBigQuery) -> None:
    stream = BeamStream().advance_watermark_to(0)
    for at, sku in ((1, "a"), (2, None), (61, "b")):
        stream = stream.add_elements([TimestampedValue(page_of(sku), at)]).advance_watermark_to(at)
    options = PipelineOptions()
    options.view_as(StandardOptions).streaming = True
    with BeamPipeline(options=options, runner="BundleBasedDirectRunner") as pipeline:
        rows = pipeline | stream.advance_watermark_to_infinity() | beam.WindowInto(FixedWindows(60))

        outputs = rows | InsertRows(WAREHOUSE, table_of, "insert", QUICK)

        written = outputs.written | "Records" >> beam.Map(lambda part: part[1].records) | beam.Map(of_window)
        windows = [(1, IntervalWindow(0, 60)), (1, IntervalWindow(60, 120))]
        assert_that(written, equal_to(windows), label="written")
        letters = (
            outputs[DEAD_LETTERS] | "Numbers" >> beam.Map(lambda one: one.item_number) | "W" >> beam.Map(of_window)
        )
        assert_that(letters, equal_to([(10, IntervalWindow(0, 60))]), label="letters")

    assert skus(strict) == ["a", "b"]


def test_the_same_by_the_storage_write_api(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeStorageWrite()
    columns = {field["name"]: field["mode"] == "REQUIRED" for field in spec_of(PRODUCTS).fields}
    for name in ("shop_products", "shop_offers"):
        fake.tables[f"projects/{PROJECT}/datasets/dev/tables/{name}"] = FakeTable(columns)
    with serving(fake) as address:
        monkeypatch.setenv("BIGQUERY_STORAGE_EMULATOR_HOST", address)
        stage = InsertRowsFn(WAREHOUSE, table_of, "storage", QUICK)
        stage.setup()
        stage.start_bundle()
        process(stage, page_of("a", None, "b"), page_of("c", execution="e2"), page_of("o", table="shop.offers"))
        written, [letter], tallies = ended(stage)

    assert {group: one.records for group, one in written.items()} == {
        ("e1", "shop.products"): 2,
        ("e2", "shop.products"): 1,
        ("e1", "shop.offers"): 1,
    }
    assert (letter.reason, letter.item_number) == ("refused_by_table", 11)
    assert "Field sku is required" in letter.message
    assert tallies["e1"].dead == Counter(refused_by_table=1)
    rows: Sequence[dict[str, Any]] = fake.tables[f"projects/{PROJECT}/datasets/dev/tables/shop_products"].rows
    assert sorted((row["sku"], row["execution_id"]) for row in rows) == [("a", "e1"), ("b", "e1"), ("c", "e2")]
