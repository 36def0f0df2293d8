"""`python -m pipelines.streaming.process`: the process that works on events; `scrapeline run --streaming` starts it.

Exit status: 0 it was asked to stop and has drained; 1 no event can be taken any more; 2 a mistake in the command line
or in the folder of sources.
"""

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from pipelines import exit_status
from pipelines.leaving import when_left
from pipelines.places import Places, WrongPlace
from pipelines.preparation import FORMATS
from pipelines.scrape import end, log_to_stderr
from pipelines.source_outputs import places_of_run
from pipelines.stopping import stop_on_signals, stop_with_stdin
from pipelines.streaming.carriers import add_carrier_flags, open_inbox, open_letter_box, open_outbox
from pipelines.streaming.event_run import EventRuns
from pipelines.streaming.generation import Shared
from pipelines.streaming.host_locks import HostLocks, hosts_folder
from pipelines.streaming.inbox import InboxLost
from pipelines.streaming.pace import Pace
from pipelines.streaming.raw_workers import workers_here
from pipelines.streaming.service import Service
from pipelines.streaming.sweeping import DAY_SECS, Keep, Swept, start_sweeping
from pipelines.streaming.telling import in_words
from schemas.events.event import Event
from schemas.events.reading import Limits
from scrapers.fetching.attempt_notes import open_notes
from transforms import filesystem

__all__ = ["main"]

TAKEN = ("scrape.requested", "scraper.complete")


def main(argv: Sequence[str] | None = None) -> int:
    """Works on events until it is asked to stop; returns the exit status."""
    options = _parser().parse_args(argv)
    try:
        where = places_of_run(options.output, options.files, Path(options.sources), None)
        state = _state(where)
        stop_file = state / f"{os.getpid()}.stop"
        stop_on_signals(str(stop_file))
        service = _service(options, where, state, stop_file)
    except (WrongPlace, ValueError, OSError, InboxLost) as error:
        print(error, file=sys.stderr)
        return exit_status.USAGE
    if options.end_with_stdin:
        stop_with_stdin(str(stop_file))
    spool = Path(options.spool) if options.spool else None
    keep = Keep.for_events(options.max_event_age_secs, options.keep_days * DAY_SECS)
    start_sweeping(Swept(where.folder, spool, state, hosts_folder()), keep)
    print("ready", flush=True)
    try:
        service.serve()
    except InboxLost as error:
        print(error, file=sys.stderr)
        return exit_status.FAILED
    finally:
        stop_file.unlink(missing_ok=True)
    return exit_status.OK


def _own() -> Path:
    """A folder of this user on this machine."""
    return Path(tempfile.gettempdir()) / f"scrapeline-{os.getuid()}"


def _state(where: Places) -> Path:
    """What stays from one start to the next."""
    local = filesystem.is_local(where.folder)
    state = Path(where.folder, ".scrapeline", "streaming") if local else _own() / "streaming"
    state.mkdir(parents=True, exist_ok=True)
    return state


def _service(options: argparse.Namespace, where: Places, state: Path, stop_file: Path) -> Service:
    cut = threading.Event()
    notes = open_notes(state / "notes")
    when_left(notes.close)
    resolve = tuple(options.resolve)
    return Service(
        Path(options.sources),
        open_inbox(options, state),
        open_outbox(options),
        EventRuns(where, resolve, FORMATS[options.file_format], options.bigquery_method),
        Shared(where, resolve, options.browser_tabs, cut.is_set, notes, HostLocks(hosts_folder())),
        stop=stop_file.exists,
        cut=cut.set,
        limits=Limits(max_age_secs=options.max_event_age_secs, kinds=TAKEN),
        pace=Pace(slots=options.slots, raw_workers=workers_here()),
        letter_box=open_letter_box(options),
        say=say,
    )


def say(event: Event) -> None:
    """A line for each execution that has ended."""
    print(in_words(event), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pipelines.streaming.process", allow_abbrev=False)
    add = parser.add_argument
    add("--sources", required=True)
    add("--output", default="")
    add("--files", default="")
    add("--format", dest="file_format", choices=("parquet", "json"), default="parquet")
    add("--bigquery_method", choices=("load", "storage", "insert"), default="insert")
    add("--resolve", action="append", default=[])
    add("--browser_tabs", type=int, default=4)
    add("--slots", type=int, default=Pace().slots)
    add("--max_event_age_secs", type=float, default=Limits().max_age_secs)
    add("--keep_days", type=float, default=Keep().spool_secs / DAY_SECS)
    add("--end_with_stdin", action="store_true")
    add_carrier_flags(parser)
    return parser


if __name__ == "__main__":
    log_to_stderr()
    end(main())
