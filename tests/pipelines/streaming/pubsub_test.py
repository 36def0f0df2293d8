"""Events by Pub/Sub, on Google's emulator."""

import itertools
import json
import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.streaming.crash_notes import CrashNotes
from pipelines.streaming.inbox import InboxLost, Taken
from pipelines.streaming.pubsub import PubSubInbox, PubSubOutbox
from pipelines.streaming.topics import listen, make_subscription, make_topic
from schemas.events.event import Event
from schemas.events.reading import parse_event

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def open_inbox(tmp_path: Path) -> Iterator[Any]:
    opened: list[PubSubInbox] = []

    def open_it(subscription: str, **options: Any) -> PubSubInbox:
        opened.append(PubSubInbox(subscription, CrashNotes(tmp_path / "notes"), **options))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


def publish(topic: str, *sources: str) -> Event:
    event = Event("scrape.requested", secrets.token_hex(8), "/test", time.time(), {"sources": list(sources)})
    PubSubOutbox(topic).publish(event)
    return event


def take(inbox: PubSubInbox, count: int) -> list[Taken]:
    taken: list[Taken] = []
    end = time.monotonic() + 60
    while len(taken) < count and time.monotonic() < end:
        taken += inbox.take(count - len(taken))
        time.sleep(0.02)
    return taken


def test_what_is_published_is_what_is_taken(pubsub: Any, open_inbox: Any) -> None:
    event = publish(pubsub.topic, "shop")
    [taken] = take(open_inbox(pubsub.subscription), 1)
    got = parse_event(taken.data, taken.attributes)
    assert isinstance(got, Event)
    assert (got.key, got.data) == (event.key, event.data)
    assert taken.sent_at is not None


def test_what_is_given_back_comes_again_and_what_is_done_does_not(pubsub: Any, open_inbox: Any) -> None:
    for name in ("one", "two"):
        publish(pubsub.topic, name)
    inbox = open_inbox(pubsub.subscription)
    first, second = take(inbox, 2)
    inbox.begin(first)
    inbox.done(first)
    inbox.begin(second)
    inbox.give_back(second)
    [again] = take(inbox, 1)
    assert (again.message_id, again.crashes) == (second.message_id, 0)
    inbox.done(again)
    assert inbox.take(1) == []


def test_a_lease_lasts_as_long_as_the_work(pubsub: Any, open_inbox: Any) -> None:
    publish(pubsub.topic, "shop")
    inbox, other = open_inbox(pubsub.subscription, lease_secs=10), open_inbox(pubsub.subscription)
    [taken] = take(inbox, 1)
    end = time.monotonic() + 13
    while time.monotonic() < end:
        assert other.take(1) == []
        threading.Event().wait(0.2)
    inbox.done(taken)


def test_a_subscription_or_topic_that_is_missing_is_said(pubsub: Any, open_inbox: Any) -> None:
    inbox = open_inbox("projects/p/subscriptions/nope")
    with pytest.raises(InboxLost, match="there is no subscription projects/p/subscriptions/nope; make it"):
        take(inbox, 1)
    with pytest.raises(OSError, match="there is no topic"):
        publish("projects/p/topics/nope", "shop")
    with pytest.raises(OSError, match="there is no"):
        make_subscription("projects/p/subscriptions/new", "projects/p/topics/nope")
    assert not make_topic(pubsub.topic)


def test_events_of_a_killed_process_come_again(
    streaming: Any, pubsub: Any, pubsub_emulator: str, site: Any, write_source: Any, answer: Any, wait_until: Any
) -> None:
    """The rows are those of a quiet run, and each execution is told once."""
    at = site(lambda wanted: answer(f"<b id='{wanted}'>x</b>", secs=0.1))
    run = streaming.run
    for number in range(3):
        write_source(f"s{number}", pages=20, hosts=(f"s{number}.test",))
        publish(pubsub.topic, f"s{number}")
    words = ["--sources", str(run.sources), "--output", str(run.output), "--lease_secs", "10", *at.resolve]
    words += ["--subscription", pubsub.subscription, "--topic", pubsub.done_topic]
    process = run.start(*words, module="pipelines.streaming.process")
    wait_until(lambda: len(at.pages) > 10 or process.poll() is not None)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(60)

    process = run.start(*words, module="pipelines.streaming.process")
    told = [json.loads(data) for data, _, _ in itertools.islice(listen(pubsub.done), 3)]
    process.terminate()
    assert process.wait(60) == 0, run.everything_said()
    assert {one["scraper_name"]: one["record_count"] for one in told} == {f"s{n}": 20 for n in range(3)}
    rows = run.records("rows")
    assert len({row["row_id"] for row in rows}) == len(rows) == 60
    assert {one["execution_id"] for one in run.records("executions")} == {one["execution_id"] for one in told}
    assert max(one["attempt"] for one in run.records("executions")) == 2


def test_events_that_are_letters_go_to_a_topic_of_their_own(
    streaming: Any, pubsub: Any, items: Any, write_source: Any
) -> None:
    write_source("shop", pages=1)
    event = publish(pubsub.topic, "shpo")
    run = streaming.run
    words = ["--sources", str(run.sources), "--output", str(run.output), "--streaming", *items.resolve]
    words += ["--subscription", pubsub.subscription, "--dead-letter-topic", pubsub.done_topic]
    process = run.start("run", *words)
    data, attributes, _ = next(listen(pubsub.done))
    process.terminate()
    assert process.wait(60) == 0, run.everything_said()
    assert (json.loads(data), attributes["ce-id"]) == ({"sources": ["shpo"]}, event.event_id)
    assert attributes["dead-letter-reason"] == "unknown_source"
    [letter] = run.records("dead_letters")
    assert letter["message"] == attributes["dead-letter-message"]
