"""`warehouse`: what a row costs that goes into BigQuery by inserts, by the Storage Write API and by a load job.

The other side is the emulator, one process for all three: what it needs itself stands in rows/s, and is no measure of
BigQuery. CPU is this process's own.
"""

import contextlib
import dataclasses
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.markdown import markdown_table
from benchmarks.rounds import median_ratio, spread
from benchmarks.shop import listing_html
from schemas.bigquery import spec_of
from schemas.page import Page
from schemas.request import Request
from schemas.row import RowMaker
from schemas.row_batch import RowBatch
from schemas.table import Table
from schemas.warehouse import TableId
from scrapers.extraction.scraper import reader
from scrapers.source_files.load import load_sources
from tests.bigquery_servers import emulator
from transforms.bigquery.connection import connect
from transforms.bigquery.load_files import load_files
from transforms.bigquery.retries import Retries
from transforms.bigquery.row_json import load_texts
from transforms.bigquery.row_writers import Method, open_writer
from transforms.bigquery.tables import ensure_tables
from transforms.output_layout import OutputLayout
from transforms.row_files import open_row_file

__all__ = ["WAREHOUSE_ROWS", "run_warehouse"]

ROOT = Path(__file__).parents[1]
SOURCES = Path(__file__).parent / "sources"
WAREHOUSE_ROWS = 30_000
AT_ONCE = 16  # pages of 30 rows: as many as a streaming pipeline sends together
SINGLE = 100
DATASET = "bench"
WAYS = ("insert", "storage", "load")


@dataclasses.dataclass(frozen=True, slots=True)
class Cost:
    """Of one way in one round.

    Attributes:
      cpu_ms: of this process, for 1,000 rows.
      one_row_ms: until one row that comes alone is confirmed; not for load jobs.
    """

    cpu_ms: float
    rows_a_sec: float
    one_row_ms: float = 0.0


def run_warehouse(rounds: int, rows: int) -> str:
    """The table of the three ways, and inserts as the measure of the others."""
    python = emulator.installed_python(ROOT)
    if python is None:
        raise SystemExit("warehouse: the emulator is not installed (make emulators)")
    table, batches = _pages(rows)
    costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="scrapeline-bench-") as folder, _emulator(python, Path(folder)):
        _measure("warm", "insert", table, batches[:AT_ONCE])
        _measure("warm", "storage", table, batches[:AT_ONCE])
        for number in range(rounds):
            first = number % len(WAYS)
            for way in [*WAYS[first:], *WAYS[:first]]:
                cost = _measure(f"{way}_{number}", way, table, batches)
                costs[way].append(cost)
                print(
                    f"  round {number + 1}: {way:8} {cost.rows_a_sec:8.0f} rows/s  {cost.cpu_ms:6.2f} CPU ms for 1,000 "
                    f"rows  {cost.one_row_ms:5.1f} ms for one",
                    flush=True,
                )
    count = sum(len(batch.rows) for batch in batches)
    return f"{count:,} rows of 8 columns and provenance, {rounds} rounds: median (least-most)\n\n{_table(costs)}"


def _table(costs: dict[str, list[Cost]]) -> str:
    names = {"insert": "tabledata.insertAll", "storage": "Storage Write, Arrow", "load": "newline JSON and a load job"}
    lines = []
    for way, of_way in costs.items():
        cpu, base = [one.cpu_ms for one in of_way], [one.cpu_ms for one in costs["insert"]]
        alone = [one.one_row_ms for one in of_way]
        lines.append(
            [
                names[way],
                spread(cpu),
                f"{median_ratio(cpu, base):.2f}",
                spread([one.rows_a_sec for one in of_way], 0),
                spread(alone) if any(alone) else "",
            ]
        )
    return markdown_table(["", "CPU ms for 1,000 rows", "ratio", "rows/s with the emulator", "ms for one row"], lines)


def _measure(name: str, way: str, table: Table, batches: Sequence[RowBatch]) -> Cost:
    """One way into a new table; its rows are counted there afterwards."""
    client = connect(emulator.PROJECT)
    place = TableId(emulator.PROJECT, DATASET, name)
    client.delete_table(str(place), not_found_ok=True)
    ensure_tables(client, {place: spec_of(table)})
    send: Callable[[Sequence[RowBatch]], None]
    if way == "load":
        send, size = _loading(place, table, name), len(batches)
    else:
        send, size = _writing("insert" if way == "insert" else "storage", place, table), AT_ONCE
    cpu, wall = time.process_time(), time.perf_counter()
    for first in range(0, len(batches), size):
        send(batches[first : first + size])
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    count = sum(len(batch.rows) for batch in batches)
    _check(place, count)
    alone = (
        [] if way == "load" else [_secs(send, [_one_row(batches[number % len(batches)])]) for number in range(SINGLE)]
    )
    return Cost(cpu / count * 1e6, count / wall, statistics.median(alone) * 1000 if alone else 0.0)


def _writing(method: Method, place: TableId, table: Table) -> Callable[[Sequence[RowBatch]], None]:
    writer = open_writer(method, Retries(total_secs=0.0))

    def send(batches: Sequence[RowBatch]) -> None:
        if refused := writer.write(place, table, batches):
            raise SystemExit(f"warehouse: {len(refused)} rows refused: {refused[0]}")

    return send


def _loading(place: TableId, table: Table, name: str) -> Callable[[Sequence[RowBatch]], None]:
    def send(batches: Sequence[RowBatch]) -> None:
        with tempfile.TemporaryDirectory(prefix="scrapeline-bench-") as folder:
            texts_of = load_texts(spec_of(table).fields)
            file = open_row_file(OutputLayout(folder, "bench", 1), table, batches[0], "jsonl", texts_of)
            for batch in batches:
                file.add(batch)
            _, written = file.close()
            load_files(connect(place.project), place, [written.temporary], f"bench_{name}_{time.time_ns()}", None)

    return send


def _secs(send: Callable[[Sequence[RowBatch]], None], batches: Sequence[RowBatch]) -> float:
    started = time.perf_counter()
    send(batches)
    return time.perf_counter() - started


def _one_row(batch: RowBatch) -> RowBatch:
    return dataclasses.replace(batch, rows=batch.rows[:1], row_keys=batch.row_keys[:1], row_ids=batch.row_ids[:1])


def _check(place: TableId, count: int) -> None:
    query = f"SELECT COUNT(*) AS rows_there, COUNT(DISTINCT row_id) AS ids FROM `{place}`"
    [found] = connect(place.project).query(query).result()
    if (found["rows_there"], found["ids"]) != (count, count):
        raise SystemExit(f"warehouse: {place} has {found['rows_there']} rows with {found['ids']} ids, not {count}")


def _pages(rows: int) -> tuple[Table, list[RowBatch]]:
    """The bench's listing pages, parsed and accepted."""
    sources = load_sources(SOURCES, ["listings"])
    read, table = reader(sources), sources["listings"].tables["bench.products"]
    maker, batches = RowMaker(table), list[RowBatch]()
    for number in range(rows // 30):
        request = Request("listings", f"http://shop.bench.example/list/{number}", "bench")
        page = Page(request, 200, request.url, (), listing_html(number).encode(), time.time())
        reading = read(page)
        accepted = maker.accept(reading.items, reading.problems)
        batches.append(
            RowBatch(
                table.name,
                "bench",
                "listings",
                request.url,
                page.fetched_at,
                request.request_id,
                rows=accepted.rows,
                row_keys=accepted.row_keys,
                row_ids=accepted.row_ids,
            )
        )
    return table, batches


@contextlib.contextmanager
def _emulator(python: Path, folder: Path) -> Iterator[None]:
    with emulator.running(python, folder) as running:
        os.environ.update(running.environment)
        yield
