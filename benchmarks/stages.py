"""`stages`: what each stage costs a page, each alone in this process; Beam is what the whole run costs more than them.

CPU time, so that the network and other processes do not count.
"""

import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.contestants import HOST, scrapeline
from benchmarks.markdown import markdown_table
from benchmarks.rounds import race
from benchmarks.shop import listing_html
from benchmarks.shop_process import ShopProcess
from schemas.page import Page
from schemas.reading import Reading
from schemas.request import Request
from schemas.row import RowMaker
from schemas.row_batch import RowBatch
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter
from scrapers.extraction.scraper import reader
from scrapers.fetching.fetcher import Fetcher
from scrapers.fetching.settings import FetchSettings
from scrapers.source_files.load import SourceSet, load_sources
from scrapers.source_files.seeds import expand, key_of, plan_specs
from transforms.output_layout import OutputLayout
from transforms.row_files import open_row_file

__all__ = ["run_stages"]

SOURCES = Path(__file__).parent / "sources"
PAGES = 1_000
SHORT, LONG = 1_000, 6_000  # of the whole runs: their difference is free of start and end
HEADERS = (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "38700"), ("Cache-Control", "no-store"))
SECRETS = [f"a-secret-of-the-bench-{number}" for number in range(3)]


def run_stages(rounds: int) -> str:
    """The table of what each stage costs a page."""
    sources = load_sources(SOURCES, ["listings"])
    with ShopProcess(LONG) as shop:
        measured = [_measure(sources, shop) for _ in range(rounds)]
        whole = _whole(shop, rounds)
    medians = {name: statistics.median(one[name] for one in measured) for name in measured[0]}
    medians["Beam, hand-over between threads, counting"] = whole - sum(medians.values())
    rows = [[name, f"{ms:.3f}"] for name, ms in medians.items()] + [["all: a page more in a whole run", f"{whole:.3f}"]]
    return f"CPU a page of 30 rows and 39 KB, medians of {rounds}\n\n{markdown_table(['stage', 'ms'], rows)}"


def _measure(sources: SourceSet, shop: ShopProcess) -> dict[str, float]:
    requests: list[Request] = []
    spent = {"seeds to requests": _cpu_ms(lambda: requests.extend(_requests(sources)))}
    client_ms = _cpu_ms(lambda: asyncio.run(_fetch_with_the_client_alone(shop.port)))
    fetch_ms = _cpu_ms(lambda: _fetch(sources, shop.port)) - spent["seeds to requests"]
    spent["HTTP client (aiohttp alone)"] = client_ms
    spent["queue, robots.txt, pacing, guard, limits"] = fetch_ms - client_ms
    pages = [
        Page(request, 200, request.url, HEADERS, listing_html(number).encode(), time.time(), 0.01)
        for number, request in enumerate(requests)
    ]
    return spent | _measure_pure(sources, pages)


def _measure_pure(sources: SourceSet, pages: list[Page]) -> dict[str, float]:
    read, table = reader(sources), sources["listings"].tables["bench.products"]
    read(pages[0])  # compiles the source
    readings: list[Reading] = []
    spent = {"parse": _cpu_ms(lambda: readings.extend(map(read, pages)))}
    with tempfile.TemporaryDirectory(prefix="scrapeline-bench-") as folder:
        spent["archive, without secrets"] = _cpu_ms(lambda: _archive(folder, pages, []))
        with_secrets_ms = _cpu_ms(lambda: _archive(folder, pages, SECRETS))
        spent["redaction of three secrets"] = with_secrets_ms - spent["archive, without secrets"]
        maker = RowMaker(table)
        batches: list[RowBatch] = []
        spent["validate, hash"] = _cpu_ms(
            lambda: batches.extend(_batch(maker, page, one) for page, one in zip(pages, readings, strict=True))
        )
        spent["write Parquet"] = _cpu_ms(lambda: _write(folder, maker, batches))
    return spent


def _cpu_ms(work: Callable[[], Any]) -> float:
    """CPU milliseconds of this process a page. In a thread, as in a run: the first thread's memory comes and goes."""
    thread = threading.Thread(target=work)
    started = time.process_time()
    thread.start()
    thread.join()
    return (time.process_time() - started) / PAGES * 1000


def _requests(sources: SourceSet) -> list[Request]:
    loaded = sources["listings"]
    specs = plan_specs(loaded, "e" * 24, params={"page": f"0..{PAGES - 1}"}, tick=0.0)
    return [request for spec in specs for request in expand(spec, loaded)]


async def _fetch_with_the_client_alone(port: int) -> None:
    numbers = iter(range(PAGES))

    async def work(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            async with session.get(f"http://127.0.0.1:{port}/list/{number}") as answer:
                await answer.read()

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(work(session) for _ in range(16)))


def _fetch(sources: SourceSet, port: int) -> None:
    loaded = sources["listings"]
    settings = FetchSettings(resolve=(f"{HOST}:80:127.0.0.1:{port}",))
    fetcher = Fetcher(sources, lambda _page: Reading(items=[{}]), settings=settings)
    visit = fetcher.visit()
    for spec in plan_specs(loaded, "e" * 24, params={"page": f"0..{PAGES - 1}"}, tick=0.0):
        visit.admit(key_of(spec, loaded), [spec])
    ended = sum(got.page is not None for got in visit.drain() if hasattr(got, "page"))
    fetcher.close()
    if ended != PAGES:
        raise SystemExit(f"stages: {ended} pages of {PAGES}")


def _archive(folder: str, pages: Sequence[Page], secrets: Sequence[str]) -> None:
    writer = WarcWriter((Path(folder) / "pages.warc.gz").open("wb"), "pages.warc.gz", Redactor(secrets))
    for page in pages:
        writer.add(page)
    writer.close()


def _batch(maker: RowMaker, page: Page, reading: Reading) -> RowBatch:
    accepted, request = maker.accept(reading.items, reading.problems), page.request
    return RowBatch(
        table=maker.table.name,
        execution_id=request.execution_id,
        source=request.source,
        url=page.url,
        scraped_at=page.fetched_at,
        request_id=request.request_id,
        archived=None,
        schema_version=maker.table.version,
        scraper_version="",
        rows=accepted.rows,
        row_keys=accepted.row_keys,
        row_ids=accepted.row_ids,
    )


def _write(folder: str, maker: RowMaker, batches: Sequence[RowBatch]) -> None:
    file = open_row_file(OutputLayout(folder, "bench", 1), maker.table, batches[0], "parquet")
    for batch in batches:
        file.add(batch)
    file.close()


def _whole(shop: ShopProcess, rounds: int) -> float:
    short = race([scrapeline(1)], shop, SHORT, rounds)
    long = race([scrapeline(1)], shop, LONG, rounds)
    costs: list[float] = [
        (more.cpu_secs - less.cpu_secs) / (LONG - SHORT) * 1000
        for more, less in zip(*(one for runs in (long, short) for one in runs.values()), strict=True)
    ]
    return statistics.median(costs)
