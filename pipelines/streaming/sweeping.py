"""Removes what events leave behind when nobody needs it any more; never what is unfinished."""

import contextlib
import dataclasses
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.forget.holds import HOLD_FILE
from pipelines.streaming.host_locks import sweep_host_locks
from scrapers.fetching.attempt_notes import sweep_notes
from transforms import filesystem

__all__ = ["DAY_SECS", "Keep", "Swept", "start_sweeping", "sweep"]

_LOG = logging.getLogger(__name__)
DAY_SECS = 86_400.0
EVERY_SECS = 3_600.0
_SPOOL = ("done", "failed", "outbox", "tmp")
_RUNS = ("event-*", "execution-*")
_TOLD = "told"


@dataclasses.dataclass(frozen=True, slots=True)
class Keep:
    """How long what is kept, in seconds.

    Attributes:
      spool_secs: files of a spool in `done`, `failed`, `outbox`, after they got there; and in `tmp`.
      mark_secs: that an event has ended and been told, so that it does nothing twice: longer than any event may take to
        come again.
      host_secs: who was at a host last; what processes of an engine have told one another, to some that are gone.
    """

    spool_secs: float = 7 * DAY_SECS
    mark_secs: float = 8 * DAY_SECS
    host_secs: float = DAY_SECS

    @classmethod
    def for_events(cls, max_age_secs: float, spool_secs: float) -> "Keep":
        """What goes with events that may be so old: older ones are letters `expired`, so that their marks are needless.

        Pub/Sub keeps a message for 7 days (`topics.RETAIN_SECS`), and a clock may be a day off.
        """
        return cls(spool_secs, max(max_age_secs, 7 * DAY_SECS) + DAY_SECS)


@dataclasses.dataclass(frozen=True, slots=True)
class Swept:
    """Where things are that a process of events leaves; empty or None for what it does not have.

    Attributes:
      output: folder of the output.
      spool: a spool folder.
      state: of this machine: notes of requests and events.
      hosts: of this machine: locks of hosts.
    """

    output: str
    spool: Path | None = None
    state: Path | None = None
    hosts: Path | None = None


def sweep(places: Swept, keep: Keep, now: float, *, dry_run: bool = False) -> dict[str, int]:
    """What was removed (or would be), by kind. While a legal hold is in the output folder nothing is.

    Args:
      now: Unix seconds.
    """
    if filesystem.exists(f"{places.output}/{HOLD_FILE}"):
        return {}
    counts: dict[str, int] = {}
    for name in _SPOOL if places.spool else ():
        assert places.spool is not None
        counts[f"spool {name}"] = _remove(_old(places.spool / name, now - keep.spool_secs), dry_run)
    runs = list(_ended_runs(f"{places.output}/.scrapeline/runs", now - keep.mark_secs))
    counts["ended events"] = len(runs)
    between = filesystem.older(f"{places.output}/.scrapeline/streaming/acknowledged", "*", now - keep.host_secs)
    counts["messages between processes"] = len(between)
    if not dry_run:
        filesystem.remove(between)
        for run in runs:
            _remove_run(run)
        if places.state:
            counts["notes"] = _sweep_notes(places.state, now - keep.mark_secs)
        if places.hosts:
            counts["hosts"] = sweep_host_locks(places.hosts, keep.host_secs, now)
    return {kind: count for kind, count in counts.items() if count}


def _old(folder: Path, before: float) -> Iterator[Path]:
    """Files that have not been changed since a moment; a file that is moved keeps its time of change."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.is_file() and max(entry.stat().st_mtime, entry.stat().st_ctime) < before:
                    yield Path(entry.path)


def _remove(paths: Iterator[Path], dry_run: bool) -> int:
    count = 0
    for path in paths:
        if not dry_run:
            path.unlink(missing_ok=True)
        count += 1
    return count


def _ended_runs(runs: str, before: float) -> Iterator[str]:
    """Folders of runs that have ended, and of which it was told, before a moment."""
    for pattern in _RUNS:
        for told in filesystem.older(runs, f"{pattern}/{_TOLD}", before):
            yield told.rpartition("/")[0]


def _remove_run(run: str) -> None:
    """`told` goes last: what is left of a removal that breaks off is removed by the next."""
    told = f"{run}/{_TOLD}"
    if not filesystem.is_local(run):
        filesystem.remove([path for path in filesystem.match(run, "*") if path != told])
        filesystem.remove([told])
        return
    with contextlib.suppress(FileNotFoundError), os.scandir(run) as entries:
        for entry in entries:
            if entry.is_dir():
                shutil.rmtree(entry.path, ignore_errors=True)
            elif entry.name != _TOLD:
                Path(entry.path).unlink(missing_ok=True)
    Path(told).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        os.rmdir(run)


def _sweep_notes(state: Path, before: float) -> int:
    """Notes of dead processes: of requests, and of events that never came again."""
    count = sum(_remove(_old(state / way / "events", before), dry_run=False) for way in ("pubsub", "admitting"))
    return count + sweep_notes(state / "notes", before)


def start_sweeping(places: Swept, keep: Keep, clock: Callable[[], float] = time.time) -> None:
    """Sweeps now and every hour, in a thread that ends with the process. What cannot be removed is said, and stays."""

    def go_on() -> None:
        while True:
            try:
                if counts := sweep(places, keep, clock()):
                    _LOG.info("removed, for age: %s", ", ".join(f"{count} {kind}" for kind, count in counts.items()))
            except OSError as error:
                _LOG.warning("what is old could not be removed: %s", error)
            time.sleep(EVERY_SECS)

    threading.Thread(target=go_on, daemon=True, name="sweeping").start()
