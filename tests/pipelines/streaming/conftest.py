"""A service that works on a spool folder in this process, and how events get there."""

import dataclasses
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.places import Places
from pipelines.streaming.event_run import EventRuns
from pipelines.streaming.generation import Shared
from pipelines.streaming.host_locks import HostLocks
from pipelines.streaming.pace import Pace
from pipelines.streaming.process import TAKEN
from pipelines.streaming.service import Service
from pipelines.streaming.spool import Spool, SpoolOutbox, put_event
from pipelines.streaming.topics import make_subscription, make_topic
from schemas.events.event import Event
from schemas.events.reading import Limits
from scrapers.fetching.attempt_notes import NoNotes
from tests.pipelines.conftest import eventually
from tests.pipelines.loopback_site import Site
from tests.pipelines.streaming.pubsub_emulator import emulator_jar, running
from tests.pipelines.whole_runs import Project

IDS = itertools.count()


class Streaming:
    """A spool folder beside a project's sources and output.

    Attributes:
      run: sources and output.
    """

    def __init__(self, run: Project, locks: Path) -> None:
        self.run = run
        self.spool = run.folder / "spool"
        self._locks = locks
        self._threads: list[tuple[threading.Event, threading.Thread]] = []

    def put(self, *sources: str, event_id: str = "", sent: float | None = None, **data: Any) -> Event:
        """Publishes a request."""
        wanted = event_id or f"event-{next(IDS)}"
        event = Event("scrape.requested", wanted, "/test", sent or time.time(), {"sources": list(sources), **data})
        put_event(self.spool, event)
        return event

    def tell(self, scraper: str, path: object = None, *, event_id: str = "", **data: Any) -> Event:
        """Publishes that a scraper elsewhere is done."""
        said = {"scraper_name": scraper, "status": "success", "gcs_path": str(path) if path else None, **data}
        event = Event("scraper.complete", event_id or f"raw-{next(IDS)}", "/test", time.time(), said)
        put_event(self.spool, event)
        return event

    def serve(
        self,
        at: Site,
        *,
        outbox: Any = None,
        inbox: Any = None,
        clock: Callable[[], float] = time.time,
        tabs: int = 1,
        output: str = "",
        **pace: Any,
    ) -> Callable[[], None]:
        """Starts a service in a thread; gives what stops it and waits for its end."""
        stop, cut = threading.Event(), threading.Event()
        where, resolve = Places(output or str(self.run.output)), (at.resolve[1],)
        service = Service(
            self.run.sources,
            inbox or Spool(self.spool),
            outbox or SpoolOutbox(self.spool),
            EventRuns(where, resolve, clock=clock),
            Shared(where, resolve, tabs, cut.is_set, NoNotes(), HostLocks(self._locks, clock), clock),
            stop=stop.is_set,
            cut=cut.set,
            limits=Limits(kinds=TAKEN, clock=clock),
            pace=Pace(**{"look_secs": 0.2, "publish_secs": (0.01,), **pace}),
        )
        thread = threading.Thread(target=service.serve, name="service")
        thread.start()
        self._threads.append((stop, thread))

        def end() -> None:
            stop.set()
            thread.join(60)
            assert not thread.is_alive()

        return end

    def names(self, place: str) -> list[str]:
        """Files of a folder of the spool."""
        return sorted(path.name for path in (self.spool / place).glob("*"))

    def wait_for(self, done: int, failed: int = 0) -> None:
        """Waits until so many events have ended."""
        eventually(lambda: (len(self.names("done")), len(self.names("failed"))) == (done, failed))

    def told(self) -> list[dict[str, Any]]:
        """The data of the completion events."""
        return [json.loads(path.read_text())["data"] for path in (self.spool / "outbox").glob("*")]

    def skus(self) -> list[str]:
        return sorted(row["sku"] for row in self.run.records("rows"))

    def end(self) -> None:
        for stop, _ in self._threads:
            stop.set()
        for _, thread in self._threads:
            thread.join(60)


@pytest.fixture
def streaming(project_of_runs: Project, tmp_path: Path) -> Iterator[Streaming]:
    """A spool folder, and services in this process."""
    made = Streaming(project_of_runs, tmp_path / "locks")
    yield made
    made.end()


@pytest.fixture
def items(site: Callable[..., Site]) -> Site:
    """A page has one item, named for host and path."""
    return site(lambda wanted: f"<b id='{wanted}'>x</b>")


@pytest.fixture(scope="session")
def pubsub_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HOST:PORT of Google's emulator, one a session."""
    jar = emulator_jar()
    if jar is None:
        pytest.skip(
            "needs: Google's Pub/Sub emulator (gcloud components install pubsub-emulator, or Debian's "
            "google-cloud-cli-pubsub-emulator) and Java"
        )
    with running(jar, tmp_path_factory.mktemp("pubsub") / "log") as address:
        yield address


@dataclasses.dataclass(frozen=True)
class PubSub:
    """A topic and a subscription of requests, and the same of what has ended."""

    topic: str
    subscription: str
    done_topic: str
    done: str


@pytest.fixture
def pubsub(pubsub_emulator: str, monkeypatch: pytest.MonkeyPatch) -> PubSub:
    """Fresh ones; clients lead to the emulator while the test runs."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_emulator)
    number = next(IDS)
    kinds = ("topics", "subscriptions")
    names = [f"projects/p/{kind}/{name}-{number}" for name in ("requests", "done") for kind in kinds]
    made = PubSub(*names)
    for topic, subscription in ((made.topic, made.subscription), (made.done_topic, made.done)):
        assert make_topic(topic)
        assert make_subscription(subscription, topic)
    return made
