"""What the stage does with state and timers, in bundles that are committed or taken back."""

import copy
import dataclasses
import threading
import time
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from apache_beam.pvalue import TaggedOutput

from schemas.outcome import Outcome, Scraped
from schemas.request import Request, RequestSpec
from transforms.streaming.scrape_stream import ScrapeHostFn
from transforms.tags import ONWARD

EXECUTION = "e" * 24
KEY = ("shop.test", 0)
ELSEWHERE = RequestSpec("shop", EXECUTION, (Request("shop", "http://other.test/", EXECUTION),))


class FakeDesk:
    """Its pages end when the test says so, and when they are found in the state again."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.tick_at, self.next_look_secs = 0.0, 0.1
        self.at_work: list[RequestSpec] = []
        self.ready: list[Scraped | RequestSpec] = []
        self.restored: list[list[Any]] = []
        self.token: str | None = None
        self.has_stopped = self.is_quick = False
        self._changed = 0

    def knows(self, token: str | None) -> bool:
        return token == self.token

    def restore(self, jots: Iterable[Any], paused_until: float) -> None:
        self.at_work = list(jots)
        self.restored.append(list(self.at_work))
        self._changed += 1

    def take(self, spec: RequestSpec) -> None:
        self.at_work.append(spec)
        self._changed += 1

    def end(self, spec: RequestSpec) -> None:
        self.at_work.remove(spec)
        self.ready += [Scraped(Outcome(EXECUTION, "shop", spec.spec_id, "pages")), ELSEWHERE]
        self._changed += 1

    def wait(self, secs: float) -> None:
        for spec in list(self.at_work) if self.is_quick else ():
            self.end(spec)

    def finished(self) -> list[Scraped | RequestSpec]:
        ready, self.ready = self.ready, []
        return ready

    def change(self) -> Any:
        if not self._changed:
            return None
        self._changed = 0
        self.token = f"{time.monotonic_ns()}"
        return SimpleNamespace(rewrites=True, jots=tuple(self.at_work), token=self.token, paused_until=0.0)

    def stop(self) -> None:
        self.has_stopped = True

    def discard(self) -> None:
        self.at_work, self.ready, self.token = [], [], None

    @property
    def is_idle(self) -> bool:
        return not self.at_work


class FakeDesks:
    def __init__(self) -> None:
        self.one = FakeDesk()
        self.stops = False

    def stopping(self) -> bool:
        return self.stops

    def desk(self, key: tuple[str, int]) -> FakeDesk:
        return self.one

    def wait_for_room(self, secs: float) -> float:
        return secs

    def drain_until(self, secs: float) -> float:
        return time.monotonic() + secs


@dataclasses.dataclass
class Cell:
    """State of one value."""

    value: Any = None

    def read(self) -> Any:
        return self.value

    def write(self, value: Any) -> None:
        self.value = value


class Bag:
    def __init__(self) -> None:
        self.values: list[Any] = []

    def read(self) -> list[Any]:
        return self.values

    def add(self, value: Any) -> None:
        self.values.append(value)

    def clear(self) -> None:
        self.values = []


class Timer:
    def __init__(self) -> None:
        self.times: list[Any] = []

    def set(self, at: Any) -> None:
        self.times.append(at)

    def clear(self) -> None:
        self.times.append(None)


class Key:
    """One key of the stage as an engine keeps it."""

    def __init__(self, drain_secs: float = 0.2) -> None:
        self.desks = FakeDesks()
        self.log, self.token, self.paused = Bag(), Cell(), Cell()
        self.tick, self.drain = Timer(), Timer()
        self._fn: Any = ScrapeHostFn(lambda: self.desks, drain_secs)
        self._fn.setup()
        self._fn.start_bundle()

    def process(self, spec: RequestSpec, fails: bool = False) -> list[Any]:
        return self._bundle(lambda *state: self._fn.process((KEY, spec), *state, self.tick, self.drain), fails)

    def look(self, fails: bool = False) -> list[Any]:
        return self._bundle(lambda *state: self._fn.look(KEY, *state, self.tick), fails)

    def end(self) -> list[Any]:
        return self._bundle(lambda *state: self._fn.end(KEY, *state, self.tick))

    def _bundle(self, run: Any, fails: bool = False) -> list[Any]:
        log, token, paused = copy.deepcopy(self.log), copy.deepcopy(self.token), copy.deepcopy(self.paused)
        out = list(run(log, token, paused))
        if fails:
            return []
        self.log, self.token, self.paused = log, token, paused
        return out


def spec_of(path: str) -> RequestSpec:
    return RequestSpec("shop", EXECUTION, (Request("shop", f"http://shop.test/{path}", EXECUTION),))


def ids(out: list[Any]) -> Iterator[str]:
    return (one.outcome.request_id for one in out if isinstance(one, Scraped))


def test_what_has_ended_comes_out_with_a_look_and_leaves_the_state_empty() -> None:
    key, spec = Key(), spec_of("1")

    assert key.process(spec) == []
    assert key.log.values == [spec]
    key.desks.one.end(spec)
    out = key.look()

    assert list(ids(out)) == [spec.spec_id]
    assert [(one.tag, one.value) for one in out if isinstance(one, TaggedOutput)] == [(ONWARD, ELSEWHERE)]
    assert key.log.values == []


def test_a_page_that_ends_at_once_comes_out_with_its_request_and_needs_no_look() -> None:
    key, spec = Key(), spec_of("1")
    key.desks.one.is_quick = True

    out = key.process(spec)

    assert list(ids(out)) == [spec.spec_id]
    assert (key.log.values, key.tick.times) == ([], [])


def test_a_job_that_drains_begins_nothing_more_and_ends_what_it_has() -> None:
    key, begun, late = Key(), spec_of("1"), spec_of("2")
    key.process(begun)
    key.desks.stops = True

    assert key.process(late) == []
    assert key.log.values == [begun]
    key.desks.one.end(begun)
    assert list(ids(key.end())) == [begun.spec_id]
    assert (key.log.values, key.token.value) == ([], key.desks.one.token)


def test_elements_that_follow_quickly_do_not_put_off_the_look() -> None:
    key = Key()

    for number in range(20):
        key.process(spec_of(str(number)))

    assert len(key.tick.times) == 1
    key.look()
    assert len(key.tick.times) == 2


def test_an_idle_host_is_not_looked_at() -> None:
    key, spec = Key(), spec_of("1")
    key.process(spec)
    key.desks.one.end(spec)

    key.look()

    assert len(key.tick.times) == 1


def test_a_look_that_failed_is_made_again_from_the_state() -> None:
    key, spec = Key(), spec_of("1")
    key.process(spec)
    key.desks.one.end(spec)

    key.look(fails=True)
    assert key.look() == []

    assert key.desks.one.restored == [[spec]]
    key.desks.one.end(spec)
    assert list(ids(key.look())) == [spec.spec_id]


def test_another_process_begins_what_has_not_ended() -> None:
    key, spec = Key(), spec_of("1")
    key.process(spec)

    key.desks.one = FakeDesk()
    key.look()

    assert key.desks.one.at_work == [spec]
    assert len(key.tick.times) == 2


def test_what_is_left_at_the_end_of_the_source_is_not_begun_again_by_a_late_timer() -> None:
    key, left, ended = Key(), spec_of("left"), spec_of("ended")
    key.process(left)
    key.process(ended)
    key.desks.one.end(ended)

    out = key.end()
    key.look()

    assert list(ids(out)) == [ended.spec_id]
    assert key.desks.one.has_stopped
    assert key.desks.one.at_work == []
    assert key.log.values == [left]
    assert key.tick.times[-1] is None


def test_a_source_that_goes_on_finds_what_was_left() -> None:
    key, left = Key(), spec_of("left")
    key.process(left)
    key.end()

    key.process(spec_of("more"))

    assert key.desks.one.restored == [[left]]
