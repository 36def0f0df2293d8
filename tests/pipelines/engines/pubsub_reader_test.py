"""One process's reader: what it holds, and what comes again."""

import errno
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.engines import pubsub_reader
from pipelines.engines.pubsub_reader import PubSubReader
from pipelines.streaming.pubsub import PubSubOutbox
from pipelines.streaming.topics import make_subscription
from schemas.events.arrival import Arrived
from tests.pipelines.conftest import eventually

pytestmark = pytest.mark.timeout(180)
Open = Callable[..., PubSubReader]


@pytest.fixture
def open_reader(pubsub: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens readers that see one folder, as processes of one job do."""
    opened: list[PubSubReader] = []

    def open_it(subscription: str = pubsub.subscription, **options: Any) -> PubSubReader:
        opened.append(PubSubReader(subscription, f"{tmp_path}/stop", f"{tmp_path}/notes", **options))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


def publish(topic: str, count: int, **attributes: str) -> list[bytes]:
    outbox, sent = PubSubOutbox(topic), [secrets.token_hex(4).encode() for _ in range(count)]
    for data in sent:
        outbox.send(data, {"kind": "test", **attributes})
    return sent


def read(reader: PubSubReader, count: int) -> list[Arrived]:
    """So many events, however they come."""
    got: list[Arrived] = []

    def enough() -> bool:
        got.extend(reader.read(count - len(got), 0.1))
        return len(got) >= count

    eventually(enough)
    return got


def test_what_is_acknowledged_is_gone_and_the_rest_comes_again(pubsub: Any, open_reader: Open) -> None:
    sent = publish(pubsub.topic, 3)
    first = open_reader()
    got = read(first, 3)
    assert sorted(one.data for one in got) == sorted(sent)
    assert {(one.attributes["kind"], bool(one.message_id), one.sent_at is not None) for one in got} == {
        ("test", True, True)
    }

    first.acknowledge([got[0].handle, ""])
    first.close()

    again = read(open_reader(), 2)
    assert sorted(one.message_id for one in again) == sorted(one.message_id for one in got[1:])


def test_no_more_is_held_than_allowed_whoever_acknowledges(pubsub: Any, open_reader: Open) -> None:
    """Another process settles the events; this one hears of it, and reads on."""
    sent = publish(pubsub.topic, 5)
    reader, other = open_reader(max_outstanding=2), open_reader()
    got = read(reader, 2)
    assert reader.read(5, 0.5) == []

    other.acknowledge([one.handle for one in got])
    got += read(reader, 2)
    other.acknowledge([one.handle for one in got[2:]])
    got += read(reader, 1)

    assert sorted(one.data for one in got) == sorted(sent)


def test_where_few_are_read_more_are_pulled_but_no_more_than_may_be_held(pubsub: Any, open_reader: Open) -> None:
    sent = publish(pubsub.topic, 40)
    reader = open_reader(max_outstanding=31)
    got = read(reader, 1)
    eventually(lambda: reader._messages._pulled.qsize() == 30)
    got += reader.read(10)
    assert len(got) == 11, "no further pull is needed for them"

    got += read(open_reader(), 9)
    got += read(reader, 20)
    assert sorted(one.data for one in got) == sorted(sent)


def test_what_executions_under_way_wait_for_is_read_though_there_is_no_room(
    pubsub: Any, open_reader: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all that is held could wait for what cannot be read."""
    monkeypatch.setattr(pubsub_reader, "FULL_SECS", 0.2)
    monkeypatch.setattr(pubsub_reader, "ASIDE_SECS", 1)
    sent = publish(pubsub.topic, 4)
    reader = open_reader(max_outstanding=2)
    held = read(reader, 2)
    urgent = publish(pubsub.topic, 1, **{"ce-type": "scrape.continued.v1"})

    assert [one.data for one in read(reader, 1)] == urgent

    reader.acknowledge([one.handle for one in held])
    rest = read(reader, 1)
    reader.acknowledge([one.handle for one in rest])
    rest += read(reader, 1)
    assert sorted(one.data for one in held + rest) == sorted(sent)


def test_what_is_not_done_for_too_long_comes_again(pubsub: Any, open_reader: Open) -> None:
    publish(pubsub.topic, 1)
    reader = open_reader(lease_secs=10, max_lease_secs=0.0)
    [event] = read(reader, 1)

    [again] = read(open_reader(), 1)

    assert (again.message_id, again.handle == event.handle) == (event.message_id, False)


def test_a_stop_file_ends_reading_and_what_was_pulled_ahead_is_for_others(
    pubsub: Any, open_reader: Open, tmp_path: Path
) -> None:
    reader = open_reader()
    assert not reader.stopping()
    reader.read(10)
    publish(pubsub.topic, 2)
    (tmp_path / "stop").touch()
    eventually(reader.stopping)

    reader.stop()

    assert len(read(open_reader(), 2)) == 2


def test_a_disk_that_takes_no_sign_of_life_keeps_nobody_from_stopping(
    pubsub: Any, open_reader: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(pubsub_reader.filesystem, "replace_whole", full)
    reader = open_reader()
    assert not reader.stopping()

    (tmp_path / "stop").touch()

    eventually(reader.stopping)


def test_an_event_is_put_off_by_its_own_reader_only(pubsub: Any, open_reader: Open) -> None:
    publish(pubsub.topic, 1)
    reader, other = open_reader(), open_reader()
    [event] = read(reader, 1)

    assert not other.put_off(event.handle, 0)
    assert reader.put_off(event.handle, 0)

    assert read(other, 1)[0].message_id == event.message_id


def test_a_subscription_that_is_missing_is_said_and_waited_for(
    pubsub: Any, open_reader: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pubsub_reader, "HOPELESS_PAUSE_SECS", 0.2)
    name = f"{pubsub.subscription}-late"
    reader = open_reader(name)
    reader.read(1)
    eventually(lambda: f"there is no subscription {name}; make it: scrapeline events" in caplog.text)

    make_subscription(name, pubsub.topic)
    sent = publish(pubsub.topic, 1)

    assert [one.data for one in read(reader, 1)] == sent
