"""Processes that read raw output beside the one that works on events: it is Python that computes, one core each."""

import contextlib
import logging
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from pipelines.streaming.event_run import EventRuns
from pipelines.streaming.generation import Generation
from pipelines.streaming.raw_group import is_much
from pipelines.streaming.raw_messages import READY, Group, Place, Sources
from pipelines.streaming.raw_runs import RawRuns, Result
from schemas.events.event import Event
from scrapers.source_files.check_raw import names_taken

__all__ = ["RawWorkers", "WorkerDied", "workers_here"]

_LOG = logging.getLogger(__name__)
MOST_WORKERS = 4
IDLE_SECS = 60.0
"""After which they end: what they keep in memory is somebody else's again."""
END_SECS = 10.0
_COMMAND = (sys.executable, "-m", "pipelines.streaming.raw_worker")


class WorkerDied(Exception):
    """The process that worked on an event died: that counts as a crash over it."""


def workers_here() -> int:
    """How many are of use on this machine: one a core; none where there is but one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS) if cores > 1 else 0


class _Worker:
    """One process, and the socket to it."""

    def __init__(self) -> None:
        self._connection, theirs = multiprocessing.Pipe()
        with theirs:
            words = [str(theirs.fileno()), str(os.getpid())]
            self._process = subprocess.Popen(
                [*_COMMAND, *words], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=2
            )

    def is_ready(self, place: Place) -> bool:
        """Waits until it has started; False: it did not."""
        with contextlib.suppress(EOFError, OSError):
            self._connection.send(place)
            return bool(self._connection.recv() == READY)
        return False

    def run(self, group: Group) -> list[Result]:
        """What became of each event. Raises EOFError, OSError: it died."""
        self._connection.send(group)
        results: list[Result] = self._connection.recv()
        return results

    def end(self) -> int:
        """Has it end; gives its exit status."""
        self._connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(END_SECS)
        self._process.kill()
        return self._process.wait()


class RawWorkers:
    """Sees groups of events to their end: here, or, from when many wait, in processes of their own.

    Any number of threads may call it, with different events.

    Args:
      most: processes; 0: all is done here.
    """

    def __init__(self, runs: EventRuns, most: int) -> None:
        self._runs, self._most = runs, most
        self._here = RawRuns(runs)
        self._changed = threading.Condition()
        self._idle: list[_Worker] = []
        self._ready = self._starting = 0
        self._used_at = self._start_not_before = 0.0
        self._is_over = False

    @property
    def at_once(self) -> int:
        """Groups that are of use at once: one more than there are workers, which so need not wait for the next."""
        with self._changed:
            if not self._ready:
                return 1
            is_idle = len(self._idle) == self._ready and time.monotonic() - self._used_at > IDLE_SECS
            workers = self._none_idle() if is_idle else []
            count = self._ready + 1
        if workers:  # the loop that asks has other events to begin
            threading.Thread(target=_end, args=(workers,), name="raw-workers-end").start()
        return count

    def run(self, asked: Sequence[tuple[Event, str]], generation: Generation) -> list[Result]:
        """As `RawRuns.run`; where a worker died, all of its events have `WorkerDied`."""
        worker = self._take(may_start=is_much([event for event, _ in asked]))
        if worker is None:
            return self._here.run(asked, generation)
        try:
            results = worker.run(Group(asked, _told(generation), generation.redactor.texts))
        except (EOFError, OSError):
            self._lost(worker)
            return [WorkerDied("the process that read its raw output died")] * len(asked)
        self._give(worker)
        for done in results:
            for event in done if isinstance(done, list) else ():
                told = event.data
                self._runs.availability.ended(told["scraper_name"], told["execution_id"], told["status"])
        return results

    def close(self) -> None:
        """Ends those that are idle, and those that are yet to start."""
        with self._changed:
            self._is_over = True
            workers = self._none_idle()
        _end(workers)

    def _none_idle(self) -> list[_Worker]:
        """Those that were idle."""
        workers, self._idle = self._idle, []
        self._ready -= len(workers)
        return workers

    def _take(self, *, may_start: bool) -> _Worker | None:
        """A worker, as soon as one is idle; None: there is none.

        Args:
          may_start: whether some are started then: what is little is done before they are ready.
        """
        with self._changed:
            while self._ready and not self._idle:
                self._changed.wait()
            if self._idle:
                return self._idle.pop()
            if not may_start or not self._most or self._starting or time.monotonic() < self._start_not_before:
                return None
            self._starting = self._most
        place = Place(self._runs.where, self._runs.file_format, self._runs.bigquery_method)
        for _ in range(self._most):
            threading.Thread(target=self._start, args=(place,), daemon=True, name="raw-worker").start()
        return None

    def _start(self, place: Place) -> None:
        try:
            worker = _Worker()
        except OSError as error:
            _LOG.warning("a process that reads raw output cannot be started: %s", error)
        else:
            if worker.is_ready(place):
                self._give(worker, is_new=True)
                return
            _LOG.warning("a process that reads raw output did not start: exit status %d", worker.end())
        with self._changed:
            self._starting -= 1
            self._start_not_before = time.monotonic() + IDLE_SECS

    def _give(self, worker: _Worker, *, is_new: bool = False) -> None:
        with self._changed:
            self._ready += is_new
            self._starting -= is_new
            self._idle.append(worker)
            self._used_at = time.monotonic()
            self._changed.notify()
            workers = self._none_idle() if self._is_over else []
        _end(workers)

    def _lost(self, worker: _Worker) -> None:
        _LOG.warning("a process that read raw output died: exit status %d", worker.end())
        with self._changed:
            self._ready -= 1
            self._changed.notify_all()


def _end(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.end()


def _told(generation: Generation) -> Sources:
    names = tuple(name for name, loaded in generation.sources.items() if names_taken(loaded))
    return Sources(generation.bundle, generation.digest, generation.git_commit, names)
