"""Closes an execution of a stream: publishes its files, writes its row, tells of it. To repeat it changes nothing.

In its folder stand `begun` (of one that may be asked for again when it is too late to begin), `ended.json` (what it
comes to, and of which files: whoever writes it first decides, and whoever repeats the closing, with whatever parts,
goes by that) and `told` (all is done).
"""

import base64
import contextlib
import dataclasses
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from pipelines.places import Places
from pipelines.resume import clean_up
from pipelines.streaming.completion import completion
from schemas.events.event import Event
from schemas.execution import Execution
from schemas.plan import Plan
from schemas.tally import Tally
from schemas.written import Published, Written
from transforms import filesystem
from transforms.close_execution import close_execution
from transforms.fetch_modes import keep_fetch_modes
from transforms.output_layout import OutputLayout

__all__ = ["Closing", "begun_already", "ended_already", "layout_of", "note_begun", "temporary_paths"]

_LOG = logging.getLogger(__name__)
_ENDED = "ended.json"
_TOLD = "told"
_BEGUN = "begun"


def layout_of(output: str, execution_id: str) -> OutputLayout:
    """Where the files of an execution of a stream stand."""
    return OutputLayout(output, f"execution-{execution_id}", 1)


def ended_already(output: str, execution_id: str) -> bool:
    """Whether an execution has ended, and all of it is written and told: then nothing of it is to be done again."""
    return filesystem.exists(f"{layout_of(output, execution_id).run}/{_TOLD}")


def note_begun(output: str, execution_id: str) -> None:
    """Notes that an execution was begun in time."""
    with contextlib.suppress(FileExistsError):
        filesystem.write_whole(f"{layout_of(output, execution_id).run}/{_BEGUN}", b"")


def begun_already(output: str, execution_id: str) -> bool:
    """Whether an execution was begun in time, as noted, or because something of it is written."""
    run = layout_of(output, execution_id).run
    return filesystem.exists(run) or filesystem.exists(f"{run}/{_BEGUN}")  # a bucket has no folders


def temporary_paths(file: Written) -> list[str]:
    """Where a file stands until its execution closes, and what stands beside it."""
    return [path for path in (file.temporary, file.keys_file) if path]


@dataclasses.dataclass(frozen=True, slots=True)
class Closing:
    """The steps of a closing. Whatever fails may be called again, here or in other processes, also at the same time.

    Attributes:
      count: what publishing these files will come to; nothing is written for it.
      publish: brings an execution's files to where they stay; to repeat it gives the same.
      write_execution: writes the row; to repeat it leaves the first one.
      tables: a source -> names of its tables; none for one that is gone.
      tell: tells of an execution that has ended, as far as it can be told.
      clock: Unix seconds.
    """

    where: Places
    count: Callable[[list[Written]], Published]
    publish: Callable[[Plan, list[Written]], Published]
    write_execution: Callable[[Execution], Execution]
    tables: Callable[[str], Sequence[str]]
    tell: Callable[[Event], None]
    clock: Callable[[], float] = time.time

    def close(self, plan: Plan, tally: Tally, files: list[Written]) -> Execution:
        """Closes an execution.

        Raises:
          OSError, WarehouseUnavailable, WarehouseRefused: something could not be written.
        """
        layout = layout_of(self.where.folder, plan.execution_id)
        if not filesystem.exists(f"{layout.run}/{_ENDED}"):
            self._decide(layout, plan, tally, files)
        execution, event, decided = _read_ended(layout)
        if not filesystem.exists(f"{layout.run}/{_TOLD}"):
            self.publish(plan, decided)
            self.write_execution(execution)
            if not plan.replay_of:
                keep_fetch_modes(self.where.folder, execution)
            self.tell(event)
            with contextlib.suppress(FileExistsError):
                filesystem.write_whole(f"{layout.run}/{_TOLD}", b"")
        _clean(layout, execution, [*decided, *files])
        return execution

    def _decide(self, layout: OutputLayout, plan: Plan, tally: Tally, files: list[Written]) -> None:
        """Notes what the execution comes to, and of which files, before any of them is where others read it: an engine
        that went back to a checkpoint, or a process that was taken for dead, has other files of the same rows."""
        execution = close_execution(plan, tally, files, self.count(files), self.clock())
        event = completion(execution.record(), self.where, self.tables(plan.source), plan.event_id)
        ended = {
            "execution": dataclasses.asdict(execution),
            "event": dataclasses.asdict(event),
            "files": list(map(_said_of, files)),
        }
        with contextlib.suppress(FileExistsError):  # another process was quicker: what it wrote holds
            filesystem.write_whole(f"{layout.run}/{_ENDED}", json.dumps(ended, default=str).encode())


def _read_ended(layout: OutputLayout) -> tuple[Execution, Event, list[Written]]:
    with filesystem.open_to_read(f"{layout.run}/{_ENDED}") as file:
        ended = json.load(file)
    values = ended["execution"]
    execution = Execution(**{**values, "reasons": tuple(values["reasons"]), "drift": tuple(values["drift"])})
    return execution, Event(**ended["event"]), list(map(_written, ended["files"]))


def _said_of(file: Written) -> dict[str, Any]:
    said = {field.name: getattr(file, field.name) for field in dataclasses.fields(file)}
    return said | {"keys": base64.b64encode(file.keys).decode()}


def _written(said: dict[str, Any]) -> Written:
    return Written(**{**said, "coverage": Counter(said["coverage"]), "keys": base64.b64decode(said["keys"])})


def _clean(layout: OutputLayout, execution: Execution, files: list[Written]) -> None:
    """Removes what is under construction; of an execution that something is missing of, only what is known: somebody
    may still write there. What cannot be removed is no failure."""
    try:
        filesystem.remove(sorted({path for file in files for path in temporary_paths(file)}))
        if execution.holds:
            clean_up(layout)
    except OSError as error:
        _LOG.warning("execution %s: what it left under construction stays: %s", execution.execution_id, error)
