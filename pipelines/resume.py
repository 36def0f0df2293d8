"""Finds a run that ended early and keeps what it had fetched."""

import dataclasses
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.plans import PLAN_FILE, read_plans
from schemas.plan import Plan
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["NothingToResume", "find_run", "salvage_archives"]


class NothingToResume(ValueError):
    """No such run or execution; the text names those there are."""


def find_run(output: str, wanted: str) -> tuple[OutputLayout, list[Plan]]:
    """The next attempt of a run, or of one of its executions, with the plans to go on with.

    Args:
      wanted: a run id or an execution id.
    """
    runs: dict[str, int] = {}
    for path in filesystem.match(f"{output}/.scrapeline/runs/*/attempt-*-{PLAN_FILE}"):
        run_id, name = path.rsplit("/", 2)[1:]
        runs[run_id] = max(runs.get(run_id, 0), int(name.split("-")[1]))
    for run_id in [wanted] if wanted in runs else runs:
        plans = read_plans(OutputLayout(output, run_id, 1))
        chosen = [plan for plan in plans if wanted in (run_id, plan.execution_id)]
        if chosen:
            attempt = runs[run_id] + 1
            return OutputLayout(output, run_id, attempt), [
                dataclasses.replace(plan, attempt=attempt) for plan in chosen
            ]
    newest = ", ".join(sorted(runs)[-3:]) or "none"
    raise NothingToResume(f"--resume: no run or execution {wanted} under {output}; the newest runs there: {newest}")


def salvage_archives(layout: OutputLayout) -> None:
    """Gives the archive files that a dead attempt left under construction their names, cut at the last whole record."""
    for path in filesystem.match(f"{layout.run}/attempt-*/archive__*.warc.gz"):
        final = f"{layout.archive}/{path.rsplit('archive__', 1)[1]}"
        whole = f"{path}.whole"
        filesystem.remove([whole])
        with filesystem.open_to_read(path) as source, filesystem.create(whole) as target:
            for member in whole_members(source):
                target.write(member)
        if not filesystem.match(final):
            filesystem.publish(whole, final)
        filesystem.remove([path, whole])


def whole_members(file: BinaryIO) -> Iterator[bytes]:
    """The gzip members of a file, up to the first that is cut or broken."""
    rest = b""
    while True:
        unzip, member = zlib.decompressobj(wbits=31), bytearray()
        while not unzip.eof:
            piece = rest or file.read(1 << 16)
            if not piece:
                return
            try:
                unzip.decompress(piece)
            except zlib.error:
                return
            rest = unzip.unused_data
            member += piece[: len(piece) - len(rest)]
        yield bytes(member)
