"""`python -m benchmarks [NAME]... [--rounds N] [--n PAGES]`: runs benchmarks and prints their tables in Markdown."""

import argparse
import compileall
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.auto import run_auto
from benchmarks.browser import run_browser
from benchmarks.browser_choices import CHOICE_PAGES, run_browser_choices
from benchmarks.browser_growth import GROWTH_PAGES, run_browser_growth
from benchmarks.browser_hang import HANG_PAGES, run_browser_hang
from benchmarks.completions import COMPLETIONS, run_completions
from benchmarks.event_benchmarks import add_event_flags, event_benchmarks
from benchmarks.growth import run_growth
from benchmarks.process_tree import adopt_orphans
from benchmarks.reparse import run_reparse
from benchmarks.slow_host import run_slow_host
from benchmarks.stages import run_stages
from benchmarks.startup import run_million, run_start
from benchmarks.static import run_static
from benchmarks.warehouse import WAREHOUSE_ROWS, run_warehouse

__all__ = ["main"]

STATIC_PAGES = (6_000, 20_000)
OUR_PACKAGES = ("schemas", "scrapers", "transforms", "pipelines")
BROWSER_PAGES = 3_000
DESCRIPTION = """Races Scrapeline against its peers on this machine and shows what a page costs.

  static      listing pages, whole process, against Scrapy with parsel (--n pages)
  urls        the same from a file of URLs, to one file of newline JSON (--n pages)
  stages      what each stage costs a page
  growth      cost and memory, early and late in a long run
  million     a million seeds: until the first page
  slow-host   200 hosts, one of which answers in 10 s
  start       a run of 16 pages
  reparse     archived listing pages parsed again: cost a page, memory of a small and a large archive
  warehouse   rows into BigQuery (its emulator): inserts, Storage Write, a load job (--n rows)

  browser           JavaScript listing pages, whole process, against scrapy-playwright and crawlee (--n pages)
  browser-growth    cost, memory and processes at page 500 and 5,000 (--n pages in all)
  browser-hang      one page that hangs for its whole time-out among 1,000 (--n pages)
  auto              one page in ten needs a browser (--n pages)
  browser-choices   tabs reused, blocking, no layout, one round trip, guard proxy: each switched off alone (--n pages)

  events            event published to rows readable, spool and Pub/Sub's emulator, http and browser (--n events)
  events-slow       the same with a page of 60 s among 350 quick events (--n quick events)
  events-sustained  70 % of what it can do, for --secs: backlog and memory, small and large events
  completions       events that point to 100 rows each, against a plain Python consumer (--n events)
  events-start      from the start to the first row, and from SIGTERM to the end

The shop that is scraped allows everything (delay 0, 16 requests at once); robots.txt is obeyed all the same.
Ratios within a round are what to quote: absolute figures are of this machine and this hour. A noise above 0.15 (cores
that others used meanwhile) says: again, when it is quiet."""


def main() -> int:
    """Runs what the command line names; by default everything."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="static, urls, stages, ...; default: all")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--n", type=int, action="append", help="pages; default: 6000 and 20000 for `static` and `urls`")
    add_event_flags(parser)
    given = parser.parse_args()
    known = {**_benchmarks(given.rounds, given.n or []), **event_benchmarks(given)}
    if unknown := [name for name in given.names if name not in known]:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(known)}")
    adopt_orphans()
    for package in OUR_PACKAGES:  # compiling at the first start would be counted as start-up
        compileall.compile_dir(Path(__file__).parents[1] / package, quiet=2)
    for name in given.names or known:
        print(f"{name}:", flush=True)
        again = " ".join([name, *(word for word in sys.argv[1:] if word not in given.names)])
        print(f"\n{known[name]()}\n\n`make bench BENCH_ARGS='{again}'`\n", flush=True)
    return 0


def _benchmarks(rounds: int, sizes: Sequence[int]) -> dict[str, Callable[[], str]]:
    """Each by its name; `sizes` are the pages that the command line asks for."""

    def size(default: int) -> int:
        return sizes[0] if sizes else default

    static = sizes or STATIC_PAGES
    return {
        "static": lambda: "\n\n".join(run_static(pages, rounds) for pages in static),
        "urls": lambda: "\n\n".join(run_static(pages, rounds, urls=True) for pages in static),
        "stages": lambda: run_stages(rounds),
        "growth": lambda: run_growth(rounds),
        "million": lambda: run_million(rounds),
        "slow-host": lambda: run_slow_host(rounds),
        "start": lambda: run_start(rounds),
        "reparse": lambda: run_reparse(rounds),
        "warehouse": lambda: run_warehouse(rounds, size(WAREHOUSE_ROWS)),
        "completions": lambda: run_completions(rounds, size(COMPLETIONS)),
        "browser": lambda: run_browser(size(BROWSER_PAGES), rounds),
        "browser-growth": lambda: run_browser_growth(rounds, size(GROWTH_PAGES)),
        "browser-hang": lambda: run_browser_hang(rounds, size(HANG_PAGES)),
        "auto": lambda: run_auto(size(BROWSER_PAGES), rounds),
        "browser-choices": lambda: run_browser_choices(rounds, size(CHOICE_PAGES)),
    }


if __name__ == "__main__":
    sys.exit(main())
