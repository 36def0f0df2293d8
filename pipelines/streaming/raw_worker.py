"""`python -m pipelines.streaming.raw_worker FD PID`: reads raw output for the process that works on events.

It is told of groups of events over a socket, one after the other, and says what became of each. It ends when the other
end is closed, and at once when that process has died: what it was at work on then comes again, as after any crash.
"""

import os
import pickle
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pipelines import exit_status
from pipelines.leaving import leave_in_order
from pipelines.progress import Progress
from pipelines.scrape import log_to_stderr
from pipelines.stopping import end_with_process
from pipelines.streaming.event_run import EventRuns
from pipelines.streaming.raw_messages import READY, Group, Place, Sources
from pipelines.streaming.raw_runs import RawRuns, Result
from scrapers.archive.redaction import Redactor
from scrapers.source_files.bundle import unpack_sources
from scrapers.source_files.load import SourceSet, load_sources
from transforms import filesystem

__all__ = ["serve"]


class _Opened:
    """The sources as this process has them (`raw_runs.Opened`)."""

    def __init__(self, told: Sources) -> None:
        self.told, self.bundle = told, told.bundle
        self.digest, self.git_commit = told.digest, told.git_commit
        with filesystem.open_to_read(told.bundle) as file:
            folder = unpack_sources(file.read(), Path(tempfile.gettempdir()) / f"scrapeline-{os.getuid()}")
        self.sources = SourceSet(folder, {name: load_sources(folder, [name])[name] for name in told.names})
        self._redactor, self._hidden, self._progress = Redactor(), frozenset[str](), Progress("")

    def hide(self, texts: Sequence[str]) -> None:
        """Has these stand in no letter."""
        for text in {*texts} - self._hidden:
            self._redactor.add_secret(text)
        self._hidden |= {*texts}

    def given(self) -> Mapping[str, Any]:
        """What a run takes from here instead of making it (`pipelines.once_a_process.give`)."""
        return {"sources": self.sources, "redactor": self._redactor, "progress": self._progress}


def serve(connection: "Connection[Any, Any]") -> None:
    """Works on groups until the other end is closed."""
    place: Place = connection.recv()
    runs = RawRuns(EventRuns(place.where, file_format=place.file_format, bigquery_method=place.bigquery_method))
    opened: _Opened | None = None
    connection.send(READY)
    for group in _groups(connection):
        try:
            if opened is None or opened.told != group.sources:
                opened = _Opened(group.sources)
            opened.hide(group.hidden)
            results = runs.run(group.asked, opened)
        except Exception as error:  # noqa: BLE001  handed on, as of a thread
            results = [error] * len(group.asked)
        connection.send([_sendable(result) for result in results])


def _groups(connection: "Connection[Any, Any]") -> Iterator[Group]:
    while True:
        try:
            group: Group = connection.recv()
        except EOFError:
            return
        yield group


def _sendable(result: Result) -> Result:
    """An error with where it was raised, in a form that the other process can make again."""
    if not isinstance(result, Exception):
        return result
    where = "".join(traceback.format_exception(result))
    try:
        made = pickle.loads(pickle.dumps(result))  # noqa: S301  its own
    except Exception:  # noqa: BLE001  of a library: whatever it needs to be made
        made = RuntimeError(f"{type(result).__name__}: {result}")
    made.add_note(where)
    return made if isinstance(made, Exception) else RuntimeError(str(result))


if __name__ == "__main__":
    log_to_stderr()
    end_with_process(int(sys.argv[2]))
    serve(Connection(int(sys.argv[1])))
    leave_in_order(exit_status.OK)
