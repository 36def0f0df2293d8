"""The streaming scrape on Prism: pages end outside of bundles, and with the source's end all that still ends soon."""

import dataclasses
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState
from apache_beam.utils.timestamp import Duration

from schemas.outcome import Scraped
from schemas.request import Request, RequestSpec
from scrapers.fetching.desks import Desks
from tests.engines.small_graph import ESTIMATOR, RESTRICTION
from tests.pipelines.conftest import eventually
from tests.scrapers.conftest import FaultServer
from tests.scrapers.fetching.conftest import Crawler
from tests.scrapers.fetching.desk_test import HeldPage
from transforms.streaming.scrape_stream import ScrapeStream
from transforms.tags import ONWARD

EXECUTION = "e" * 24
HostKey = tuple[str, int]
pytestmark = pytest.mark.engines


@dataclasses.dataclass
class World:
    """What the test and the workers share: they are one process.

    Attributes:
      given: specs to come out of the source.
      out: what has come out of the scrape.
    """

    desks: Desks | None = None
    given: "queue.SimpleQueue[tuple[HostKey, RequestSpec]]" = dataclasses.field(default_factory=queue.SimpleQueue)
    over: threading.Event = dataclasses.field(default_factory=threading.Event)
    out: list[Scraped] = dataclasses.field(default_factory=list)
    onward: list[RequestSpec] = dataclasses.field(default_factory=list)

    def pages(self) -> list[str]:
        """Paths, in the order in which they came."""
        return [one.page.request.url.rpartition("/")[2] for one in self.out if one.page is not None]

    def ends(self) -> list[str]:
        return sorted(one.outcome.request_id for one in self.out if one.outcome.request_id)


WORLD = World()


def the_desks() -> Desks:
    assert WORLD.desks is not None
    return WORLD.desks


def keep(one: Scraped) -> None:
    WORLD.out.append(one)


def keep_onward(one: RequestSpec) -> None:
    WORLD.onward.append(one)


class GivenFn(beam.DoFn):
    """Yields what it is given until the test says that it is over."""

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        element: bytes,
        finalizer: Any = beam.DoFn.BundleFinalizerParam,
        tracker: Any = RESTRICTION,
        estimator: Any = ESTIMATOR,
    ) -> Iterator[tuple[HostKey, RequestSpec]]:
        if not tracker.try_claim(0):
            return
        finalizer.register(lambda: None)  # Prism 2.77 finalizes every bundle
        is_over = WORLD.over.is_set()
        while not WORLD.given.empty():
            yield WORLD.given.get()
        if not is_over:
            tracker.defer_remainder(Duration(seconds=0.1))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[World, FaultServer]]:
    server = FaultServer()
    crawler = Crawler(tmp_path, server)
    WORLD.__init__()  # type: ignore[misc]
    WORLD.desks = Desks(crawler.open({"seeds": {"urls": ["http://shop.test/"]}}))
    yield WORLD, server
    WORLD.over.set()
    crawler.close()
    server.close()


def spec_of(host: str, *paths: str) -> tuple[HostKey, RequestSpec]:
    requests = [Request("shop", f"http://{host}/{path}", EXECUTION) for path in paths]
    return (host, 0), RequestSpec("shop", EXECUTION, tuple(requests))


def scrape(specs: Any, **settings: Any) -> None:
    scraped = specs | ScrapeStream(the_desks, **settings)
    scraped.scraped | "Keep" >> beam.Map(keep)
    scraped[ONWARD] | "KeepOnward" >> beam.Map(keep_onward)


@pytest.fixture
def streaming(prism_flags: list[str], world: Any) -> Iterator[Callable[[], Any]]:
    """Runs the stage on what `World.given` has, until it is over; gives what to wait for."""
    runs: list[Any] = []

    def run() -> Any:
        pipeline = beam.Pipeline(options=PipelineOptions([*prism_flags, "--streaming"]))
        scrape(pipeline | beam.Impulse() | beam.ParDo(GivenFn()).with_output_types(tuple[HostKey, RequestSpec]))
        runs.append(pipeline.run())
        return runs[-1]

    yield run
    WORLD.over.set()
    for one in runs:
        one.wait_until_finish(60_000)


def test_a_page_that_takes_its_time_delays_no_other(world: Any, streaming: Any) -> None:
    happened, server = world
    held = HeldPage("<b>slow</b>")
    server.on_all()
    server.on("/slow", held)
    server.on("/list", server.page('<b>list</b><a href="/below">b</a><a href="http://other.test/there">t</a>'))
    happened.given.put(spec_of("slow.test", "slow", "behind"))
    running = streaming()
    eventually(lambda: "/slow" in server.paths())

    for number in range(10):
        happened.given.put(spec_of(f"host{number % 3}.test", f"q{number}"))
    happened.given.put(spec_of("shop.test", "list"))
    eventually(lambda: len(happened.pages()) >= 12)
    assert "slow" not in happened.pages()
    assert [spec.requests[0].url for spec in happened.onward] == ["http://other.test/there"]

    held.opened.set()
    eventually(lambda: {"slow", "behind"} <= set(happened.pages()))
    happened.over.set()
    assert running.wait_until_finish(60_000) == PipelineState.DONE
    assert sorted(happened.pages()) == sorted([*(f"q{n}" for n in range(10)), "list", "below", "slow", "behind"])
    assert len(happened.ends()) == len(set(happened.ends()))


def test_a_source_that_ends_has_all_of_its_pages_come_out(prism_flags: list[str], world: Any) -> None:
    happened, server = world
    server.on_all()
    specs = [spec_of(f"host{number}.test", f"a{number}", f"b{number}") for number in range(20)]

    with beam.Pipeline(options=PipelineOptions([*prism_flags, "--streaming"])) as pipeline:
        scrape(pipeline | beam.Create(specs), drain_secs=30.0)

    assert sorted(happened.pages()) == sorted(f"{name}{number}" for name in "ab" for number in range(20))
    assert len(happened.ends()) == len(set(happened.ends())) == 60


def test_what_does_not_end_in_time_is_left_when_the_source_ends(prism_flags: list[str], world: Any) -> None:
    happened, server = world
    held = HeldPage("<b>slow</b>")
    server.on_all()
    server.on("/slow", held)

    with beam.Pipeline(options=PipelineOptions([*prism_flags, "--streaming"])) as pipeline:
        scrape(pipeline | beam.Create([spec_of("slow.test", "slow"), spec_of("shop.test", "quick")]), drain_secs=3.0)
    held.opened.set()

    assert happened.pages() == ["quick"]
    assert not any(one.outcome.reason for one in happened.out)
