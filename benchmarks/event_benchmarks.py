"""The benchmarks of events by their names, and their flags."""

import argparse
from collections.abc import Callable

from benchmarks.event_carriers import CARRIERS
from benchmarks.event_endurance import SHAPES, run_events_sustained
from benchmarks.event_latency import EVENTS, QUICK, RATE, run_events, run_events_slow
from benchmarks.event_service import ENGINES, Setting
from benchmarks.event_start import run_events_start

__all__ = ["add_event_flags", "event_benchmarks"]

KINDS = ("http", "browser")


def add_event_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags that only benchmarks of events have."""
    group = parser.add_argument_group("events")
    group.add_argument("--engine", choices=ENGINES, default="loop", help="what runs them; default: loop")
    group.add_argument("--carrier", choices=CARRIERS, action="append", help="default: both, where both can be")
    group.add_argument("--kind", choices=KINDS, action="append", help="pages; default: both, where both can be")
    group.add_argument("--rate", type=float, default=RATE, help=f"events/s; default: {RATE:g}")
    group.add_argument(
        "--batch-rate", type=float, default=0.0, help="pages/s of which events-sustained sends 70 %%; default: measured"
    )
    group.add_argument("--pages", type=int, choices=SHAPES, action="append", help="of its events; default: both")
    group.add_argument("--secs", type=float, default=600.0, help="of events-sustained; default: 600")


def event_benchmarks(given: argparse.Namespace) -> dict[str, Callable[[], str]]:
    """Each by its name. One setting is measured where another than of `events` is asked for."""
    engine_takes = CARRIERS if given.engine == "loop" else ("pubsub",)
    carriers, kinds = given.carrier or engine_takes, given.kind or KINDS
    settings = [Setting(given.engine, carrier, kind) for kind in kinds for carrier in carriers]
    size = (given.n or [0])[0]
    return {
        "events": lambda: run_events(settings, size or EVENTS, given.rate),
        "events-slow": lambda: run_events_slow(settings[0], size or QUICK, given.rate),
        "events-sustained": lambda: run_events_sustained(
            settings[0], given.secs, given.batch_rate, given.pages or SHAPES
        ),
        "events-start": lambda: run_events_start(settings[0], given.rounds),
    }
