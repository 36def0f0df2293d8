"""The restriction of a reader: open until it is ended, and handed over whole."""

import datetime

import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.runners.sdf_utils import RestrictionTrackerView, ThreadsafeRestrictionTracker
from apache_beam.transforms.window import TimestampedValue

from schemas.events.arrival import Arrived
from transforms.streaming.read_events import WAIT_SECS, ReadEventsFn, _OpenTracker, arrived

EVENT = Arrived(b"{}", {"ce-id": "1"}, "m1", 5.0, "h1")


class FakeReader:
    """Has one event; then it stops."""

    def __init__(self) -> None:
        self._events = [EVENT]
        self.stopped = False

    def read(self, most: int, wait_secs: float = 0.0) -> list[Arrived]:
        events, self._events = self._events, []
        return events

    def stopping(self) -> bool:
        return not self._events

    def stop(self) -> None:
        self.stopped = True


def look(read: ReadEventsFn) -> tuple[list[Arrived], ThreadsafeRestrictionTracker]:
    """One bundle: what it reads, and its restriction after it."""
    tracker = ThreadsafeRestrictionTracker(_OpenTracker(True))
    found = list(read.process(0, tracker=RestrictionTrackerView(tracker)))
    assert all(isinstance(one, TimestampedValue) for one in found)
    return [one.value for one in found], tracker


def test_a_bundle_reads_what_is_there_and_hands_over_the_rest() -> None:
    reader = FakeReader()
    read = ReadEventsFn(lambda: reader)
    read.setup()

    events, tracker = look(read)
    assert events == [EVENT]
    left, _pause = tracker.deferred_status()
    assert left is True
    tracker.check_done()

    events, tracker = look(read)
    assert (events, reader.stopped, tracker.deferred_status()) == ([], True, None)
    tracker.check_done()


class IdleReader(FakeReader):
    """Has no event, and notes how long it was to wait for one."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def read(self, most: int, wait_secs: float = 0.0) -> list[Arrived]:
        self.waited.append(wait_secs)
        return []


@pytest.mark.parametrize(("pause_secs", "waits"), [(0.1, [0.0] * 6), (0.0, [0.0] * 3 + [WAIT_SECS] * 3)])
def test_a_look_waits_by_itself_where_the_engine_makes_no_pause(pause_secs: float, waits: list[float]) -> None:
    reader, now = IdleReader(), [100.0]
    read = ReadEventsFn(lambda: reader, lambda: now[0])
    read.setup()

    for _ in waits:
        look(read)
        now[0] += pause_secs

    assert reader.waited == waits


class FullReader(FakeReader):
    """Has so many events waiting."""

    def __init__(self, events: int) -> None:
        self._events = [EVENT] * events
        self.stopped = False

    def read(self, most: int, wait_secs: float = 0.0) -> list[Arrived]:
        found, self._events = self._events[:most], self._events[most:]
        return found

    def stopping(self) -> bool:
        return False


def test_where_many_events_wait_the_first_bundles_are_small() -> None:
    reader = FullReader(1000)
    read = ReadEventsFn(lambda: reader)
    read.setup()

    assert [len(look(read)[0]) for _ in range(9)] == [10, 20, 40, 80, 160, 200, 200, 200, 90]
    reader._events = [EVENT] * 30
    assert [len(look(read)[0]) for _ in range(3)] == [10, 20, 0]


def test_what_was_handed_over_is_not_read() -> None:
    tracker = _OpenTracker(True)
    with pytest.raises(ValueError, match="neither done nor handed over"):
        tracker.check_done()
    assert tracker.try_split(0.5) == (False, True)
    assert not tracker.try_claim(True)
    assert tracker.try_split(0) is None
    tracker.check_done()


def test_a_message_of_the_engines_own_reader_has_no_handle() -> None:
    sent = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    message = PubsubMessage(b"{}", {"ce-id": "1"}, message_id="m1", publish_time=sent)

    assert arrived(message) == Arrived(b"{}", {"ce-id": "1"}, "m1", sent.timestamp())
