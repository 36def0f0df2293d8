"""What the local clock looks at, and the runs that it starts."""

import dataclasses
import datetime
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipelines.places import Places
from pipelines.scheduling.cron_times import last_tick
from pipelines.scheduling.due import Due, due
from pipelines.source_health.book import local_file
from pipelines.source_health.sqlite_book import SqliteBook
from pipelines.source_health.standing import healths, unreadable
from pipelines.source_health.wording import moment_text, out_because
from schemas.health import Health
from scrapers.source_files.load import LoadedSource, SourceFileErrors, load_sources

__all__ = ["ScheduledRuns"]


@dataclasses.dataclass(eq=False)
class ScheduledRuns:
    """The scheduled sources of one folder and one output.

    Attributes:
      folder: of source files; read anew each time, so a file dropped in is seen.
      flags: of `scrapeline run`, for every run.
      say: a line for people.
      now: Unix seconds.
    """

    folder: Path
    where: Places
    flags: Sequence[str]
    say: Callable[[str], None]
    now: Callable[[], float] = time.time
    _settled: dict[str, float] = dataclasses.field(default_factory=dict)
    """Source -> its last moment of which it is known that nothing is to be done about it."""

    def due(self, now: float) -> list[Due]:
        """What is due and available. What is due and is not is said, and counts as fired: its next moment is another.

        Nothing is due while source files have mistakes or the log cannot be read; that is said, and passes.
        """
        try:
            sources = {name: loaded for name, loaded in load_sources(self.folder).items() if loaded.source.schedule}
        except SourceFileErrors as errors:
            self.say(f"nothing is started while source files have mistakes:\n{errors}")
            return []
        try:
            fired = self._book.last_ticks()
        except (OSError, sqlite3.Error) as error:
            self.say(f"nothing is started while {local_file(self.where)} cannot be read: {error}")
            return []
        ticks = {name: tick for name, tick in self._ticks(sources, now).items() if tick > fired.get(name, 0.0)}
        new = {name: sources[name] for name, tick in ticks.items() if tick > self._settled.get(name, 0.0)}
        if not new:  # a log in a warehouse costs something each time it is read
            return []
        try:
            found = healths(self.where, list(new))
        except unreadable(self.where) as error:
            self.say(f"nothing is started while {self.where} cannot be read: {error}")
            return []
        ready = self._available(due(new, found, fired, now), found, now)
        waiting = {one.source for one in ready}
        self._settled |= {name: ticks[name] for name in new if name not in waiting}
        return ready

    def _ticks(self, sources: Mapping[str, LoadedSource], now: float) -> dict[str, float]:
        schedules = {name: loaded.source.schedule for name, loaded in sources.items()}
        return {name: last_tick(one.cron, one.timezone, now) for name, one in schedules.items() if one is not None}

    def _available(self, overdue: Sequence[Due], found: Mapping[str, Health], now: float) -> list[Due]:
        ready = []
        for one in overdue:
            if why := out_because(found[one.source], now):
                if self.claim(one):
                    self.say(f"{one.source}: due since {moment_text(one.tick)}, left out: {why}")
            else:
                ready.append(one)
        return ready

    def claim(self, one: Due) -> bool:
        """Whether nobody has fired this moment before; False, too, while that cannot be written down."""
        try:
            return self._book.claim_tick(one.source, one.tick, self.now())
        except (OSError, sqlite3.Error) as error:
            self.say(f"{one.source}: not started, since that cannot be noted in {local_file(self.where)}: {error}")
            return False

    def start(self, one: Due) -> "subprocess.Popen[bytes]":
        """Starts `scrapeline run`, in a session of its own: a Ctrl-C here does not reach it."""
        log = self._log(one)
        log.parent.mkdir(parents=True, exist_ok=True)
        words = ["run", one.source, "--scheduled", "--sources", str(self.folder), *self.flags]
        with log.open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "pipelines", *words],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.say(f"{one.source}: started for {moment_text(one.tick)}, process {process.pid}; log: {log}")
        return process

    def _log(self, one: Due) -> Path:
        tick = datetime.datetime.fromtimestamp(one.tick, datetime.UTC)
        return local_file(self.where).parent / "scheduled" / f"{one.source}-{tick:%Y%m%dT%H%MZ}.log"

    @property
    def _book(self) -> SqliteBook:
        return SqliteBook(local_file(self.where))
