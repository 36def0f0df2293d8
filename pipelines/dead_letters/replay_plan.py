"""A replay as a run: what is written for it before it starts, and the plans that it starts with."""

import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

from pipelines.dead_letters.lines import Lines
from pipelines.dead_letters.replay_files import ABOUT, About, SentBack, about_json, read_about, requests_file, rows_file
from pipelines.dead_letters.rows_there import RowsThere
from pipelines.dead_letters.sending_back import Refused
from pipelines.stores.store import Store
from schemas.plan import Plan
from schemas.table import Table
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["MOST_EXECUTIONS", "RUN_PREFIX", "TooManyExecutions", "keep_replay", "plan_replay", "write_replay"]

RUN_PREFIX = "replay-"
MOST_EXECUTIONS = 400
"""At once. Each has files open of its own; a process may have 1,024 by default on Linux."""


class TooManyExecutions(ValueError):
    """The letters are of more executions than one replay takes."""


def write_replay(
    folder: pathlib.Path,
    sent: Iterable[SentBack | Refused],
    store: Store,
    lines: Lines,
    tables: Mapping[str, Iterable[Table]],
    output: str,
) -> Iterator[SentBack | Refused]:
    """Writes what the run takes along, while what goes back passes through.

    Args:
      folder: a local one, empty.
      tables: source -> its tables.
      output: the folder of runs: replays that died have rows, too, if a warehouse took them before the end.

    Raises:
      TooManyExecutions
    """
    about: dict[str, About] = {}
    items: dict[str, set[str]] = {}
    files: dict[str, BinaryIO] = {}
    with contextlib.ExitStack() as stack:
        for one in sent:
            if isinstance(one, SentBack):
                execution_id = one.request.execution_id
                if execution_id not in files:
                    if len(files) >= MOST_EXECUTIONS:
                        raise TooManyExecutions(
                            f"letters of more than {MOST_EXECUTIONS} executions: do a part, by --since and --until"
                        )
                    files[execution_id] = stack.enter_context(open(requests_file(str(folder), execution_id), "wb"))
                    about[execution_id] = _about(one, lines)
                files[execution_id].write(one.to_line())
                about[execution_id] = dataclasses.replace(
                    about[execution_id], requests=about[execution_id].requests + 1
                )
                if one.items_only:
                    items.setdefault(execution_id, set()).add(one.request.request_id)
            yield one
    died = _replays_that_died(output, lines)
    for execution_id, one_about in about.items():
        family = {one for one, root in lines.roots.items() if root == one_about.root} | {one_about.root}
        family |= died.get(one_about.root, set())
        rows = RowsThere.read(store, tables[one_about.source], family, items.get(execution_id, set()))
        pathlib.Path(rows_file(str(folder), execution_id)).write_bytes(rows.to_bytes())
    (folder / ABOUT).write_bytes(about_json(about))


def _about(sent: SentBack, lines: Lines) -> About:
    first = lines.by_id[sent.letters[0].letter_id].execution_id
    root = lines.roots.get(first, first)
    runs = {lines.runs[one] for one, of in lines.roots.items() if of == root and one in lines.runs}
    return About(sent.request.source, root, tuple(sorted(runs)), 0)


def _replays_that_died(output: str, lines: Lines) -> dict[str, set[str]]:
    """Root -> executions of replays that have a plan and no row in the log."""
    found: dict[str, set[str]] = {}
    for path in filesystem.match(f"{output}/.scrapeline/runs", f"{RUN_PREFIX}*/attempt-1-plan.json"):
        with filesystem.open_to_read(path) as file:
            for plan in json.load(file):
                if plan["execution_id"] not in lines.roots:
                    found.setdefault(plan["replay_of"], set()).add(plan["execution_id"])
    return found


def plan_replay(folder: str, run_id: str, started_at: float) -> list[Plan]:
    """A plan for each execution whose letters go back."""
    return [
        Plan(execution_id, run_id, about.source, 1, started_at, replay_of=about.root)
        for execution_id, about in read_about(folder).items()
    ]


def keep_replay(folder: str, layout: OutputLayout) -> int:
    """Copies what the run takes along to where its workers read it; gives the number of requests."""
    for path in filesystem.match(folder, "*"):
        with filesystem.open_to_read(path) as file:
            filesystem.replace_whole(f"{layout.replay}/{path.rpartition('/')[2]}", file.read())
    return sum(about.requests for about in read_about(folder).values())
