"""What a run would ask of whom, and how fast, without asking."""

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from pipelines.terminal import open_console, print_table
from schemas.request import Request
from scrapers.hosts import registrable_domain
from scrapers.source_files.load import LoadedSource, SourceSet
from scrapers.source_files.seed_params import parse_params
from scrapers.source_files.seeds import count_seeds, expand, plan_specs

__all__ = ["print_dry_run"]

SHOWN = 5


def print_dry_run(sources: SourceSet, param: Sequence[str], limit: int | None) -> None:
    """Prints each source's first requests, how many seeds there are, its hosts and its pace."""
    console = open_console()
    params = parse_params(param) if param else {}
    for loaded in sources.values():
        source, polite = loaded.source, loaded.source.politeness
        seeds = count_seeds(loaded, params)
        number = seeds if limit is None else min(seeds, limit)
        robots = "robots.txt ignored: " + (polite.robots.because or "") if polite.robots.ignore else "robots.txt obeyed"
        console.print(f"[bold]{source.source}[/]: {number} seeds; pages that they lead to come on top")
        console.print(
            f"  pace: {polite.concurrency} at once a host, {polite.delay_secs:g} s apart ({robots}); "
            + _at_least(loaded, number),
            markup=False,
        )
        rows = [
            (request.method, request.url, registrable_domain_of(request))
            for request in islice(_seeds(loaded, params), SHOWN)
        ]
        print_table(console, ("method", "url", "host"), rows)
        if number > SHOWN:
            console.print(f"  ... and {number - SHOWN} more")


def registrable_domain_of(request: Request) -> str:
    """The host whose clock a request obeys."""
    from urllib.parse import urlsplit

    return registrable_domain(urlsplit(request.url).hostname or "")


def _seeds(loaded: LoadedSource, params: dict[str, Any]) -> Iterator[Request]:
    for spec in plan_specs(loaded, "dry-run", params=params, tick=time.time()):
        yield from expand(spec, loaded)


def _at_least(loaded: LoadedSource, number: int) -> str:
    secs = number * loaded.source.politeness.delay_secs
    return f"at least {secs:.0f} s for the seeds of one host" if secs >= 1 else "as fast as the host answers"
