"""A campaign that begins, and the quiet run that it is compared with."""

import dataclasses
import itertools
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from scrapers.fetching.attempt_notes import _left_in
from tests.pipelines.conftest import eventually
from tests.pipelines.loopback_site import Site
from tests.pipelines.streaming.kills.campaign import Campaign, Latest, latest
from tests.pipelines.streaming.kills.carriers import Carrier, PubSubCarrier, SpoolCarrier
from tests.pipelines.streaming.kills.engines import ENGINES, LEASE, Engine, Running
from tests.pipelines.whole_runs import Project

NUMBERS = itertools.count()
SETTLED_SECS = 200.0
_QUIET: dict[Campaign, Latest] = {}


@dataclasses.dataclass(slots=True)
class Front:
    """A campaign whose events have been published.

    Attributes:
      words: of the command line, beside the engine's own.
    """

    campaign: Campaign
    engine: Engine
    project: Project
    site: Site
    carrier: Carrier
    words: list[str]
    quiet: Latest

    def start(self, *words: str, env: dict[str, str] | None = None) -> Running:
        """Starts what runs the events; rows go to the project's output unless the words name another."""
        output = () if "--output" in words else ("--output", str(self.project.output))
        return self.engine.start(self.project, *self.carrier.words, *self.words, *output, *words, env=env)

    def wait_for_pages(self, running: Running, count: int) -> None:
        """Until the site has been asked for so many, robots.txt left out."""
        eventually(lambda: sum(self.site.pages.values()) >= count or running.has_ended(), SETTLED_SECS)
        assert not running.has_ended(), self.project.everything_said()

    def kill(self, running: Running, pids: Sequence[int]) -> None:
        """kill -9 of processes; returns when they are dead."""
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: all(map(_has_died, pids)))

    def wait_for_suspects(self, running: Running) -> None:
        """Until what was in flight at a kill has been tried again: what is killed while it is tried alone is poison."""
        eventually(lambda: not suspects_left(self.project.output) or running.has_ended(), SETTLED_SECS)

    def wait_for_end(self, running: Running, more: int = 0, secs: float = SETTLED_SECS) -> None:
        """Until all events have ended, and so many others."""
        count = self.campaign.events + more
        eventually(lambda: self.carrier.ended() == count or running.has_ended(), secs)
        assert not running.has_ended(), self.project.everything_said()

    def check(self) -> None:
        """What must be true when all have ended and nobody works any more; and that all of it again adds nothing."""
        rows_once = self.engine.own_rows_once
        self.campaign.check(self.project, self.carrier, self.quiet, rows_once=rows_once)
        assert self.project.processes() == []

    def check_again(self) -> None:
        """The same events once more: nothing is asked for, written or told."""
        before, asked = _files(self.project.output), len(self.site.asked)
        self.carrier.publish(self.campaign.make_events())
        running = self.start()
        eventually(lambda: not self.carrier.left() or running.has_ended(), SETTLED_SECS)
        running.stop()
        assert (_files(self.project.output), len(self.site.asked)) == (before, asked)
        self.check()


def _has_died(pid: int) -> bool:
    """Whether the kernel has taken all that it had, its locks as well."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def suspects_left(output: Path) -> int:
    """How many requests the notes of dead processes hold."""
    return sum(len(_left_in(path) or ()) for path in output.rglob("*.notes"))


def _files(output: Path) -> set[tuple[str, int, int]]:
    """What stands under final names."""
    found = (path for kind in ("rows", "dead_letters", "executions", "archive") for path in (output / kind).rglob("*"))
    return {(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in found if path.is_file()}


ON_FLINK_BY_HAND = pytest.param("flink", marks=[pytest.mark.engines, pytest.mark.soak, pytest.mark.timeout(900)])
"""In the suite Flink has a test of its own; all of them there would take it too long."""


@pytest.fixture(params=["loop", pytest.param("prism", marks=pytest.mark.engines), ON_FLINK_BY_HAND])
def engine(request: pytest.FixtureRequest) -> Engine:
    """What runs the events: a test parametrizes it for others, or for fewer."""
    if request.param == "prism":
        request.getfixturevalue("prism")
    if request.param == "flink":
        return flink_engine(request)
    return ENGINES[request.param]


def flink_engine(request: pytest.FixtureRequest) -> Engine:
    """On the cluster of the session, with workers that see the Pub/Sub of this test."""
    request.getfixturevalue("pubsub")
    flink = request.getfixturevalue("flink")
    pool = request.getfixturevalue("flink_workers")()
    return Engine(
        "flink", (*flink.flags, *pool.flags, LEASE), "", own_rows_once=False, carrier="pubsub", pids=pool.pids
    )


@pytest.fixture
def front(
    engine: Engine, project: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Front]]:
    """Begins a campaign: writes its sources, opens its site, publishes its events."""
    opened: list[tuple[Project, Site]] = []

    def place(campaign: Campaign, folder: Path, carrier: Carrier, runs_on: Engine, **more: Any) -> Front:
        folder.mkdir(exist_ok=True)
        made = Project(folder, project), Site(campaign.answer)
        opened.append(made)
        campaign.write_sources(made[0], **more)
        carrier.publish(campaign.make_events())
        return Front(campaign, runs_on, *made, carrier, made[1].resolve, {})

    def begin(events: int, hosts: int, mode: str = "http", by: str = "", **more: Any) -> Front:
        campaign = Campaign(events, hosts, mode)
        if campaign not in _QUIET:
            quiet_spool = SpoolCarrier(tmp_path / "quiet-spool")
            _QUIET[campaign] = quiet_run(place(campaign, tmp_path / "quiet", quiet_spool, ENGINES["loop"]))
        carrier: Carrier = (
            SpoolCarrier(tmp_path / "spool")
            if (by or engine.carrier) == "spool"
            else PubSubCarrier(request.getfixturevalue("pubsub"))
        )
        made = place(campaign, tmp_path / "front", carrier, engine, **more)
        made.quiet = _QUIET[campaign]
        return made

    yield begin
    for project_of_runs, site in opened:
        project_of_runs.end()
        site.close()


def quiet_run(front: Front) -> Latest:
    """Nothing happens; gives `_latest`."""
    running = front.start()
    front.wait_for_end(running)
    running.stop()
    front.quiet = latest(front.project.records("rows"))
    front.check()
    return front.quiet
