"""`events-sustained`: whether a backlog or memory grows at 70 % of the batch rate."""

import statistics
import time
from collections.abc import Sequence

from benchmarks.event_figures import backlog_at, latencies, percentile
from benchmarks.event_latency import publish_steadily
from benchmarks.event_service import Service, Setting, serving
from benchmarks.markdown import markdown_table
from benchmarks.process_tree import Sample, Sampler

__all__ = ["SHAPES", "run_events_sustained"]

SHAPES = (1, 100)
"""Pages of an event."""
SHARE = 0.7
BURST_PAGES = {1: 200, 100: 4_000}
SAMPLE_SECS = 1.0


def run_events_sustained(setting: Setting, secs: float, batch_rate: float = 0.0, shapes: Sequence[int] = SHAPES) -> str:
    """For small and for large events: first what it does as fast as it can, then 70 % of that for so long.

    Args:
      batch_rate: pages/s; 0: as it did just before.
    """
    rows = [_row(setting, pages, secs, batch_rate) for pages in shapes]
    heads = ["an event", "pages/s at once", "pages/s sent", "p50, s", "p95, s", "backlog at 1 min", "at the end"]
    heads += ["MB at 1 min", "at the end", "ratio"]
    title = f"{setting}: {secs:g} s at {SHARE:.0%} of the rate at which a backlog is worked off"
    return f"{title}\n\n{markdown_table(heads, rows)}"


def _row(setting: Setting, pages: int, secs: float, batch_rate: float) -> list[str]:
    with serving(setting) as service:
        service.start()
        rate = _burst_rate(service, BURST_PAGES[pages], pages)
        print(f"  {pages} pages an event: {rate:.1f} pages/s at once", flush=True)
        sent_rate = SHARE * (batch_rate or rate)
        first = BURST_PAGES[pages]
        events = max(1, int(secs * sent_rate / pages))
        sampler = Sampler({service.shop.pid, *service.carrier.pids}, lambda: 0, SAMPLE_SECS)
        sampler.start()
        begun = time.time()
        publish_steadily(service, range(first, first + events * pages), sent_rate / pages, pages)
        ended = time.time()
        sampler.end()
        service.wait_for_pages(first + events * pages, secs=600)
        service.stop()
        readable = service.readable()
        found = latencies(service.sent, readable, range(first, first + events * pages))
    minute = begun + min(60.0, (ended - begun) / 3)
    backlogs = [backlog_at(when, service.sent, readable) for when in (minute, ended)]
    samples = sampler.samples
    early, late = (_megabytes(samples, share) for share in ((minute - begun) / (ended - begun), 1.0))
    figures = [f"{rate:.1f}", f"{sent_rate:.1f}", f"{percentile(found, 50):.2f}", f"{percentile(found, 95):.2f}"]
    figures += [*map(str, backlogs), f"{early:.0f}", f"{late:.0f}", f"{late / early:.3f}"]
    return [f"{pages} page{'s' if pages > 1 else ''}", *figures]


def _burst_rate(service: Service, count: int, pages: int) -> float:
    """Pages/s of a backlog, from its first event to its last row; of three quarters of it, when all is warm."""
    warm = count // 4
    for numbers in (range(warm), range(warm, count)):
        publish_steadily(service, numbers, 1e9, pages)
        service.wait_for_pages(numbers.stop, secs=600)
    readable = service.readable()
    return (count - warm) / (max(readable[number] for number in numbers) - service.sent[warm])


def _megabytes(samples: list[Sample], share: float) -> float:
    """Memory of all processes around that part of the time: samples of a tenth of it."""
    width = max(1, len(samples) // 10)
    end = max(width, round(share * len(samples)))
    return statistics.median(sample.memory_bytes for sample in samples[end - width : end]) / 1e6
