"""What brings the events of a benchmark: a spool folder, or Google's Pub/Sub emulator."""

import contextlib
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from benchmarks.process_tree import descendants
from pipelines.streaming.spool import put_event
from schemas.events.event import Event
from tests.pipelines.streaming.pubsub_emulator import emulator_jar, running

__all__ = ["CARRIERS", "Carrier", "open_carrier"]

CARRIERS = ("spool", "pubsub")
TOPIC, SUBSCRIPTION = "projects/bench/topics/requests", "projects/bench/subscriptions/requests"
DONE = "projects/bench/topics/done"


class Carrier:
    """Brings events.

    Attributes:
      words: of the command line.
      publish: sends one event; returns when it has been taken.
      pids: processes that are part of the carrier and not of what is measured.
    """

    def __init__(self, words: list[str], publish: Callable[[Event], object], pids: Collection[int] = ()) -> None:
        self.words = words
        self.publish = publish
        self.pids = pids


@contextlib.contextmanager
def open_carrier(kind: str, folder: Path) -> Iterator[Carrier]:
    """Opens one that is empty. Raises SystemExit: what it needs is not installed."""
    if kind == "spool":
        spool = folder / "spool"
        yield Carrier(["--spool", str(spool)], lambda event: put_event(spool, event))
        return
    from pipelines.streaming.pubsub import PubSubOutbox  # Google's client takes its time to import
    from pipelines.streaming.topics import make_subscription, make_topic

    jar = emulator_jar()
    if jar is None:
        raise SystemExit("events: Google's Pub/Sub emulator and Java are needed, or --carrier spool")
    before = descendants(os.getpid())
    with running(jar, folder / "emulator.log") as address:
        os.environ["PUBSUB_EMULATOR_HOST"] = address
        make_topic(TOPIC)
        make_topic(DONE)
        make_subscription(SUBSCRIPTION, TOPIC)
        own = descendants(os.getpid()).keys() - before.keys()
        yield Carrier(["--subscription", SUBSCRIPTION, "--topic", DONE], PubSubOutbox(TOPIC).publish, own)
