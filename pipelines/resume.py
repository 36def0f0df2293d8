"""Finds a run that ended early and keeps what it had fetched."""

import dataclasses
import fcntl
import os
import shutil
from pathlib import Path
from typing import BinaryIO

from pipelines.places import Places
from pipelines.plans import PLAN_FILE, read_plans
from schemas.plan import Plan
from schemas.warehouse import PREFIX
from scrapers.archive.warc_bytes import whole_length
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["FORGOTTEN", "NothingToResume", "StillRunning", "clean_up", "find_run", "own_run", "salvage_archives"]

COPY_BYTES = 1 << 20
OUTPUT_FILE = "output"
FORGOTTEN = "forgotten"
"""A file in the folder of a run some of whose archived pages were removed."""


class NothingToResume(ValueError):
    """No such run or execution; the text names those there are."""


class StillRunning(ValueError):
    """Another process works on the run."""


def find_run(output: str, wanted: str) -> tuple[OutputLayout, list[Plan]]:
    """The next attempt of a run, or of one of its executions, with the plans to go on with.

    Args:
      wanted: a run id or an execution id.

    Raises:
      NothingToResume
    """
    runs: dict[str, int] = {}
    for path in filesystem.match(f"{output}/.scrapeline/runs", f"*/attempt-*-{PLAN_FILE}"):
        run_id, name = path.rsplit("/", 2)[1:]
        runs[run_id] = max(runs.get(run_id, 0), int(name.split("-")[1]))
    for run_id in [wanted] if wanted in runs else runs:
        plans = read_plans(OutputLayout(output, run_id, 1))
        chosen = [plan for plan in plans if wanted in (run_id, plan.execution_id) and not plan.reparse_of]
        if chosen and filesystem.exists(f"{output}/.scrapeline/runs/{run_id}/{FORGOTTEN}"):
            raise NothingToResume(
                f"--resume: pages of run {run_id} were removed by `scrapeline forget`; it would fetch them again"
            )
        if chosen:
            attempt = runs[run_id] + 1
            return OutputLayout(output, run_id, attempt), [
                dataclasses.replace(plan, attempt=attempt) for plan in chosen
            ]
    newest = ", ".join(sorted(runs)[-3:]) or "none"
    raise NothingToResume(f"--resume: no run or execution {wanted} under {output}; the newest runs there: {newest}")


def keep_output(layout: OutputLayout, where: Places) -> None:
    """Writes down where a new run writes to."""
    filesystem.write_whole(f"{layout.run}/{OUTPUT_FILE}", str(where).encode())


def check_output(layout: OutputLayout, where: Places) -> None:
    """A run goes on where it has begun, else one half of it would be here and the other there.

    Raises:
      NothingToResume: it wrote to another output.
    """
    path = f"{layout.run}/{OUTPUT_FILE}"
    if not filesystem.exists(path):  # a run of an older version
        return
    with filesystem.open_to_read(path) as file:
        begun = file.read().decode()
    if begun != str(where) and (where.warehouse or begun.startswith(PREFIX)):  # a folder may have been moved
        raise NothingToResume(f"--resume: run {layout.run_id} writes to {begun}, not to {where}: add --output {begun}")


def own_run(layout: OutputLayout) -> BinaryIO | None:
    """Makes this process the only one that works on a run, as long as the file stays open; the lock dies with it.

    None on a filesystem that is not local: nobody is kept out there.

    Raises:
      StillRunning
    """
    if not filesystem.is_local(layout.root):
        return None
    path = Path(layout.run, "lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise StillRunning(f"run {layout.run_id} is still going on in another process") from None
    os.register_at_fork(after_in_child=lock.close)  # else forked workers would hold the lock of a launcher that died
    return lock


def salvage_archives(layout: OutputLayout) -> None:
    """Gives the archive files that a dead attempt left under construction their names, cut at the last whole record."""
    for path in filesystem.match(layout.run, "attempt-*/archive__*.warc.gz"):
        final = f"{layout.archive}/{path.rsplit('archive__', 1)[1]}"
        whole = f"{path}.whole"
        filesystem.remove([whole])
        with filesystem.open_to_read(path) as source:
            length = whole_length(source)
        if length and not filesystem.exists(final):
            _copy(path, whole, length)
            filesystem.publish(whole, final)
        filesystem.remove([path])


def _copy(path: str, copy: str, length: int) -> None:
    with filesystem.open_to_read(path) as source, filesystem.create(copy) as target:
        while length and (piece := source.read(min(length, COPY_BYTES))):
            target.write(piece)
            length -= len(piece)


def clean_up(layout: OutputLayout) -> None:
    """Removes what the attempts of a run left under construction, once all of its executions are closed."""
    if not filesystem.is_local(layout.root):
        filesystem.remove([*filesystem.match(layout.run, "attempt-*/*"), *filesystem.match(layout.replay, "*")])
    else:
        for entry in os.scandir(layout.run):
            if entry.is_dir():
                try:
                    os.rmdir(entry.path)  # nearly always all of it has got its final name
                except OSError:
                    shutil.rmtree(entry.path, ignore_errors=True)
            elif entry.name.endswith(".stop"):
                os.unlink(entry.path)
