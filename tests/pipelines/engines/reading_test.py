"""Events come into a pipeline on an engine, and leave the subscription when they are settled."""

import functools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

from pipelines.engines.job import StreamJob
from pipelines.engines.pubsub_reader import acknowledge, reader
from pipelines.once_a_process import forget
from schemas.events.arrival import Arrived
from transforms.streaming.read_events import ReadEvents

pytestmark = [
    pytest.mark.engines,
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore:The return_immediately flag"),
]
EVENTS = 100


@pytest.fixture
def job(pubsub: Any, tmp_path: Path) -> Iterator[StreamJob]:
    out = str(tmp_path / "out")
    made = StreamJob(out, "stream", 1, "", stop_file=f"{tmp_path}/stop", subscription=pubsub.subscription)
    yield made
    forget(made)


def settle_even(job: StreamJob, note: str, arrived: Arrived) -> None:
    """Acknowledges every other event, and notes each."""
    if int(arrived.data) % 2 == 0:
        acknowledge(job, [arrived.handle])
    with Path(note).open("a") as file:
        file.write(f"{int(arrived.data)}\n")


def left_in(subscription: str, count: int) -> set[int]:
    """What comes when somebody else pulls."""
    client, found = SubscriberClient(), set[int]()
    end = time.monotonic() + 60
    while len(found) < count and time.monotonic() < end:
        answer = client.pull(subscription=subscription, max_messages=EVENTS, return_immediately=True)
        found |= {int(one.message.data) for one in answer.received_messages}
        time.sleep(0.1)
    return found


def test_all_events_are_read_and_those_that_are_not_settled_come_again(
    pubsub: Any, job: StreamJob, prism_flags: list[str], tmp_path: Path, wait_until: Any
) -> None:
    """The stop file ends the job by itself."""
    publisher, note = PublisherClient(), tmp_path / "read"
    note.touch()
    for number in range(EVENTS):
        publisher.publish(pubsub.topic, str(number).encode()).result(30)

    pipeline = beam.Pipeline(options=PipelineOptions([*prism_flags, "--streaming"]))
    events = pipeline | ReadEvents(functools.partial(reader, job))
    events | beam.Map(functools.partial(settle_even, job, str(note)))
    result = pipeline.run()
    wait_until(lambda: len(note.read_text().split()) >= EVENTS)
    ended = threading.Thread(target=result.wait_until_finish)
    ended.start()
    Path(job.stop_file).touch()
    ended.join(60)
    assert not ended.is_alive()

    assert sorted(map(int, note.read_text().split())) == list(range(EVENTS))
    reader(job).close()
    assert left_in(pubsub.subscription, EVENTS // 2) == set(range(1, EVENTS, 2))
