"""A small graph of the shape that ours has: pull, keep in state, take out by a real-time timer, write, acknowledge.

`python -m tests.engines.small_graph --subscription=... --written=FOLDER --stop_file=FILE [Beam's flags]`
"""

import argparse
import contextlib
import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.coders import PickleCoder
from apache_beam.io.iobase import RestrictionProgress, RestrictionTracker
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Duration, Timestamp
from apache_beam.utils.windowed_value import WindowedValue
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import pubsub_v1

HELD_SECS = 0.2
KEYS = 8
Message = tuple[str, str]  # what it says, and what acknowledges it


class Endless(RestrictionTracker):
    """Nothing to claim: the source goes on until it does not defer."""

    def __init__(self, restriction: str) -> None:
        self.restriction = restriction

    def current_restriction(self) -> str:
        return self.restriction

    def try_claim(self, position: object) -> bool:
        return self.restriction == "live"

    def try_split(self, fraction: float) -> tuple[str, str] | None:
        if self.restriction != "live":
            return None
        self.restriction = "done"
        return "done", "live"

    def check_done(self) -> bool:
        return True

    def current_progress(self) -> RestrictionProgress:
        return RestrictionProgress(completed=0.0, remaining=1.0)

    def is_bounded(self) -> bool:
        return False


class EndlessProvider(RestrictionProvider):
    def initial_restriction(self, element: object) -> str:
        return "live"

    def create_tracker(self, restriction: str) -> Endless:
        return Endless(restriction)

    def restriction_size(self, element: object, restriction: str) -> float:
        return 1.0

    def split(self, element: object, restriction: str) -> Iterator[str]:
        yield restriction


RESTRICTION = beam.DoFn.RestrictionParam(EndlessProvider())
ESTIMATOR = beam.DoFn.WatermarkEstimatorParam(ManualWatermarkEstimator.default_provider())


class PullFn(beam.DoFn):
    """Pulls until the stop file is there."""

    def __init__(self, subscription: str, stop_file: str) -> None:
        self._subscription, self._stop_file = subscription, stop_file

    def setup(self) -> None:
        self._client = pubsub_v1.SubscriberClient()

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        element: bytes,
        finalizer: Any = beam.DoFn.BundleFinalizerParam,
        tracker: Any = RESTRICTION,
        estimator: Any = ESTIMATOR,
    ) -> Iterator[Message]:
        finalizer.register(lambda: None)  # Prism 2.77 finalizes every bundle
        if not tracker.try_claim(0) or os.path.exists(self._stop_file):
            return
        try:
            pulled = self._client.pull(
                subscription=self._subscription, max_messages=20, return_immediately=True, timeout=5
            )
            for one in pulled.received_messages:
                yield one.message.data.decode(), one.ack_id
        except GoogleAPICallError:
            pass
        tracker.defer_remainder(Duration(seconds=0.1))


class KeyAtTheEndFn(beam.DoFn):
    """Yields at the end of the bundle, as stages do whose work is done there."""

    def start_bundle(self) -> None:
        self._kept: list[Message] = []

    def process(self, message: Message) -> None:
        self._kept.append(message)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for said, handle in self._kept:
            yield WindowedValue((str(int(said) % KEYS), (said, handle)), MIN_TIMESTAMP, [GlobalWindow()])


class HoldFn(beam.DoFn):
    """Keeps messages in state until a real-time timer, or until nothing comes any more."""

    HELD = BagStateSpec("held", PickleCoder())
    COUNT = ReadModifyWriteStateSpec("count", PickleCoder())
    SOON = TimerSpec("soon", TimeDomain.REAL_TIME)
    AT_END = TimerSpec("at_end", TimeDomain.WATERMARK)

    def process(
        self,
        keyed: tuple[str, Message],
        held: Any = beam.DoFn.StateParam(HELD),
        count: Any = beam.DoFn.StateParam(COUNT),
        soon: Any = beam.DoFn.TimerParam(SOON),
        at_end: Any = beam.DoFn.TimerParam(AT_END),
        window: Any = beam.DoFn.WindowParam,
    ) -> None:
        before = count.read() or 0
        held.add(keyed[1])
        count.write(before + 1)
        if not before:  # one that is set already would be moved on
            soon.set(Timestamp.of(time.time() + HELD_SECS))
            at_end.set(window.max_timestamp())

    @on_timer(SOON)
    def take_out(
        self, held: Any = beam.DoFn.StateParam(HELD), count: Any = beam.DoFn.StateParam(COUNT)
    ) -> Iterator[Message]:
        yield from list(held.read())
        held.clear()
        count.clear()

    @on_timer(AT_END)
    def take_out_at_end(
        self, held: Any = beam.DoFn.StateParam(HELD), count: Any = beam.DoFn.StateParam(COUNT)
    ) -> Iterator[Message]:
        yield from self.take_out(held, count)


class WriteFn(beam.DoFn):
    """Writes a line `MESSAGE PID` for each message, then acknowledges it."""

    def __init__(self, subscription: str, written: str) -> None:
        self._subscription, self._written = subscription, written

    def setup(self) -> None:
        self._client = pubsub_v1.SubscriberClient()
        self._path = Path(self._written, f"{os.getpid()}-{secrets.token_hex(4)}")

    def process(self, message: Message) -> None:
        said, handle = message
        with self._path.open("a") as file:
            file.write(f"{said} {os.getpid()}\n")
        with contextlib.suppress(GoogleAPICallError):  # it comes again then, and is written again
            self._client.acknowledge(subscription=self._subscription, ack_ids=[handle], timeout=5)


def main(flags: Sequence[str]) -> int:
    """Runs it until the job has ended."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--subscription", "--written", "--stop_file"):
        parser.add_argument(name)
    small, of_beam = parser.parse_known_args(flags)
    pipeline = beam.Pipeline(options=PipelineOptions(of_beam, streaming=True))
    pull = beam.ParDo(PullFn(small.subscription, small.stop_file)).with_output_types(Message)
    messages = pipeline | beam.Create([b""]) | "Pull" >> pull
    keyed = messages | "Key" >> beam.ParDo(KeyAtTheEndFn()).with_output_types(tuple[str, Message])
    taken = keyed | "Hold" >> beam.ParDo(HoldFn()).with_output_types(Message)
    taken | "Write" >> beam.ParDo(WriteFn(small.subscription, small.written))
    pipeline.run().wait_until_finish()
    return 0


if __name__ == "__main__":
    from tests.engines import small_graph  # what workers unpickle belongs to a module that they can import

    sys.exit(small_graph.main(sys.argv[1:]))
