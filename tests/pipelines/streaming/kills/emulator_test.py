"""Pub/Sub's emulator is restarted.

It keeps nothing: topics, subscriptions and messages are gone, which the service itself never does. So what may be
expected is that the command ends what is in flight, says what is missing and leaves, and that whoever publishes
publishes all again: what has ended does nothing twice, the rest is done.
"""

import contextlib
import dataclasses
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.streaming.topics import make_subscription, make_topic
from tests.pipelines.conftest import eventually
from tests.pipelines.streaming.pubsub_emulator import emulator_jar, running

pytestmark = [pytest.mark.timeout(300), pytest.mark.parametrize("engine", ["loop"], indirect=True)]


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """Of a topic and a subscription of requests, and of what has ended."""

    topic: str = "projects/p/topics/requests"
    subscription: str = "projects/p/subscriptions/requests"
    done_topic: str = "projects/p/topics/done"
    done: str = "projects/p/subscriptions/done"

    def make(self) -> None:
        for topic, subscription in ((self.topic, self.subscription), (self.done_topic, self.done)):
            assert make_topic(topic)
            assert make_subscription(subscription, topic)


@pytest.fixture
def restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Starts an emulator of the test's own; again: kills it and starts it on the same port, as empty."""
    jar = emulator_jar()
    if jar is None:
        pytest.skip("needs: Google's Pub/Sub emulator (gcloud components install pubsub-emulator) and Java")
    port = 0
    with contextlib.ExitStack() as stack:

        def start() -> None:
            nonlocal port
            stack.close()
            address = stack.enter_context(running(jar, tmp_path / "emulator.log", port))
            port = int(address.rpartition(":")[2])
            monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)

        start()
        yield start


@pytest.fixture
def pubsub(restart: Callable[[], None]) -> Names:
    """What the emulator has before it is restarted."""
    names = Names()
    names.make()
    return names


def restarted_in_the_middle(at: Any, names: Names, restart: Callable[[], None], secs: float) -> None:
    running_before = at.start()
    at.wait_for_pages(running_before, at.campaign.events // 3)
    at.carrier.told()
    restart()
    eventually(running_before.has_ended)
    assert running_before.process.wait() == 1
    assert f"there is no subscription {names.subscription}; make it" in at.project.errors()
    assert at.project.processes() == []

    names.make()
    at.carrier.publish(at.campaign.make_events())
    again = at.start()
    count = at.campaign.events
    eventually(lambda: len(at.project.records("executions")) == count or again.has_ended(), secs)
    again.stop()
    if at.carrier.left():  # copies of what had ended before, which nobody has looked at yet
        again = at.start()
        threading.Event().wait(10)
        again.stop()


def test_an_emulator_that_forgets_everything(front: Any, pubsub: Names, restart: Callable[[], None]) -> None:
    """Who listened heard of each event that ended before or after; what ended in between is known from its rows."""
    at = front(48, 6, by="pubsub")
    restarted_in_the_middle(at, pubsub, restart, 200)
    told = at.carrier.told()
    at.campaign.check(at.project, TellsOnce(at, told), at.quiet)
    assert sum(at.site.pages.values()) <= 48 + 8


@dataclasses.dataclass(slots=True)
class TellsOnce:
    """The carrier, whose listener was away for a while: the emulator forgot what it had not fetched."""

    at: Any
    heard: dict[str, list[dict[str, Any]]]

    def told(self) -> dict[str, list[dict[str, Any]]]:
        unheard = {one["execution_id"]: [one] for one in self.at.project.records("executions")}
        return unheard | self.heard

    def left(self) -> list[str]:
        return list(self.at.carrier.left())


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_an_emulator_restarted_with_500_events_in_flight(
    front: Any, pubsub: Names, restart: Callable[[], None]
) -> None:
    at = front(500, 20, by="pubsub")
    restarted_in_the_middle(at, pubsub, restart, 900)
    at.campaign.check(at.project, TellsOnce(at, at.carrier.told()), at.quiet)


def test_a_worker_killed_beside_pubsub(front: Any, pubsub: Names) -> None:
    """Its events come again when their leases lapse."""
    at = front(24, 6, by="pubsub")
    running_now = at.start()
    at.wait_for_pages(running_now, 8)
    for pid in running_now.workers():
        os.kill(pid, signal.SIGKILL)
    at.wait_for_end(running_now)
    running_now.stop()
    at.check()
