"""Closes an execution of a stream: publishes its files, writes its row, tells of it. To repeat it changes nothing.

In its folder stand `closing.json` (the names that its files get, until it is decided), `ended.json` (what it came to:
whoever repeats the closing, with whatever parts, goes by that) and `told` (all is done).
"""

import contextlib
import dataclasses
import json
import logging
import time
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

__all__ = ["Closing", "ended_already", "layout_of", "temporary_paths"]

_LOG = logging.getLogger(__name__)
_CLOSING = "closing.json"
_ENDED = "ended.json"
_TOLD = "told"


def layout_of(output: str, execution_id: str) -> OutputLayout:
    """Where the files of an execution of a stream stand."""
    return OutputLayout(output, f"execution-{execution_id}", 1)


def ended_already(output: str, execution_id: str) -> bool:
    """Whether an execution has ended, and all of it is written and told: then nothing of it is to be done again."""
    return filesystem.exists(f"{layout_of(output, execution_id).run}/{_TOLD}")


def temporary_paths(file: Written) -> list[str]:
    """Where a file stands until its execution closes, and what stands beside it."""
    return [path for path in (file.temporary, file.keys_file) if path]


@dataclasses.dataclass(frozen=True, slots=True)
class Closing:
    """The steps of a closing. Whatever fails may be called again, here or in another process, one at a time.

    Attributes:
      publish: brings an execution's files to where they stay; to repeat it gives the same.
      write_execution: writes the row; to repeat it leaves the first one.
      tables: a source -> names of its tables; none for one that is gone.
      tell: tells of an execution that has ended, as far as it can be told.
      clock: Unix seconds.
    """

    where: Places
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
        execution, event = _read_ended(layout)
        if not filesystem.exists(f"{layout.run}/{_TOLD}"):
            self.write_execution(execution)
            if not plan.replay_of:
                keep_fetch_modes(self.where.folder, execution)
            self.tell(event)
            with contextlib.suppress(FileExistsError):
                filesystem.write_whole(f"{layout.run}/{_TOLD}", b"")
        _clean(layout, execution, files)
        return execution

    def _decide(self, layout: OutputLayout, plan: Plan, tally: Tally, files: list[Written]) -> None:
        """Publishes the files and notes what the execution came to."""
        self._only_these(layout, {file.final for file in files if file.final})
        published = self.publish(plan, files)
        execution = close_execution(plan, tally, files, published, self.clock())
        event = completion(execution.record(), self.where, self.tables(plan.source), plan.event_id)
        ended = {"execution": dataclasses.asdict(execution), "event": dataclasses.asdict(event)}
        with contextlib.suppress(FileExistsError):  # another process was quicker: what it wrote holds
            filesystem.write_whole(f"{layout.run}/{_ENDED}", json.dumps(ended, default=str).encode())

    def _only_these(self, layout: OutputLayout, finals: set[str]) -> None:
        """Removes what an earlier try has published of other parts, as after an engine went back to a checkpoint."""
        path = f"{layout.run}/{_CLOSING}"
        earlier: set[str] = set(_read_json(path)) if filesystem.exists(path) else set()
        if not finals <= earlier:
            filesystem.replace_whole(path, json.dumps(sorted(finals | earlier)).encode())
        filesystem.remove(sorted(earlier - finals))


def _read_json(path: str) -> Any:
    with filesystem.open_to_read(path) as file:
        return json.load(file)


def _read_ended(layout: OutputLayout) -> tuple[Execution, Event]:
    ended = _read_json(f"{layout.run}/{_ENDED}")
    values = ended["execution"]
    execution = Execution(**{**values, "reasons": tuple(values["reasons"]), "drift": tuple(values["drift"])})
    return execution, Event(**ended["event"])


def _clean(layout: OutputLayout, execution: Execution, files: list[Written]) -> None:
    """Removes what is under construction; of an execution that something is missing of, only what is known: somebody
    may still write there. What cannot be removed is no failure."""
    try:
        filesystem.remove([f"{layout.run}/{_CLOSING}", *(path for file in files for path in temporary_paths(file))])
        if execution.holds:
            clean_up(layout)
    except OSError as error:
        _LOG.warning("execution %s: what it left under construction stays: %s", execution.execution_id, error)
