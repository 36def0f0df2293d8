"""`events` and `events-slow`: from an event published to its rows readable, at a steady rate."""

import threading
import time
from collections.abc import Iterable

from benchmarks.event_figures import latencies, percentile
from benchmarks.event_service import HOSTS, PAGE_MS, Service, Setting, serving
from benchmarks.markdown import markdown_table

__all__ = ["EVENTS", "QUICK", "RATE", "run_events", "run_events_slow"]

EVENTS, QUICK = 500, 350
RATE = 5.0
SLOW_MS = 60_000
WARM_UP = HOSTS
"""Events before those that count, one a host: a service runs for weeks, not for its first pages."""


def run_events(settings: Iterable[Setting], events: int, rate: float) -> str:
    """Each setting once: 50 % and 95 % of the events within so many seconds."""
    rows = []
    for setting in settings:
        with serving(setting) as service:
            _warm_up(service)
            publish_steadily(service, range(WARM_UP, WARM_UP + events), rate)
            service.wait_for(WARM_UP + events, secs=600)
            service.stop()
            found = latencies(service.sent, service.readable(), range(WARM_UP, WARM_UP + events))
        figures = [percentile(found, 50), percentile(found, 95), max(found)]
        rows.append([str(setting), *(f"{secs:.2f}" for secs in figures)])
        print(f"  {setting}: p50 {figures[0]:.2f} s, p95 {figures[1]:.2f} s", flush=True)
    title = f"{events} events at {rate:g}/s, one page each, of {PAGE_MS} ms; seconds from published to rows readable"
    return f"{title}\n\n{markdown_table(['engine, carrier, pages', 'p50', 'p95', 'longest'], rows)}"


def run_events_slow(setting: Setting, events: int, rate: float, slow_ms: int = SLOW_MS) -> str:
    """One service: quick events without and with a page of a minute among them, in turn."""
    first, second = range(WARM_UP, WARM_UP + events), range(WARM_UP + events, WARM_UP + 2 * events)
    slow = 10_000_000
    with serving(setting) as service:
        _warm_up(service)
        publish_steadily(service, first, rate)
        service.wait_for(WARM_UP + events, secs=600)
        service.publish([slow], slow_ms)
        publish_steadily(service, second, rate)
        service.wait_for(WARM_UP + 2 * events + 1, secs=600)
        service.stop()
        readable = service.readable()
        alone, beside = (latencies(service.sent, readable, numbers) for numbers in (first, second))
        [slow_secs] = latencies(service.sent, readable, [slow])
        overlap = sum(service.sent[number] < readable[slow] for number in second)
    rows = [
        [name, f"{percentile(found, 50):.2f}", f"{percentile(found, 95):.2f}", ratio]
        for name, found, ratio in (
            ("none", alone, ""),
            (f"one of {slow_secs:.0f} s", beside, f"{percentile(beside, 95) / percentile(alone, 95):.3f}x"),
        )
    ]
    title = f"{setting}: {events} quick events at {rate:g}/s, {overlap} of them published while the slow page was open"
    return f"{title}\n\n{markdown_table(['slow pages', 'p50, s', 'p95, s', 'p95 to p95'], rows)}"


def _warm_up(service: Service) -> None:
    service.start()
    publish_steadily(service, range(WARM_UP), RATE)
    service.wait_for(WARM_UP, secs=300)


def publish_steadily(service: Service, numbers: Iterable[int], rate: float, pages: int = 1) -> None:
    """An event of `pages` pages each 1/rate seconds, whenever those before end.

    Args:
      numbers: of the pages.
    """
    all_numbers = list(numbers)
    begun = time.monotonic()
    for place, first in enumerate(range(0, len(all_numbers), pages)):
        threading.Event().wait(max(0.0, begun + place / rate - time.monotonic()))
        service.publish(all_numbers[first : first + pages])
