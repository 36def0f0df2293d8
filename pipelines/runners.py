"""Which engine runs a batch on this machine, and with how many processes."""

import os
from collections.abc import Sequence

__all__ = ["is_local", "local_flags", "runner_of", "waits", "workers_for", "workers_for_archive"]

WORTH_A_SECOND_WORKER = 1_500
"""Pages. Worker processes cost half a second of CPU at their start and 80 MB each; with 1,000 pages of 30 rows that is
about what they bring, with 2,000 a run is a fifth faster."""

MOST_WORKERS_BY_DEFAULT = 4
ARCHIVED_BYTES_A_PAGE = 8_000
"""Of a listing of 39 KB, compressed."""


def workers_for(seeds: int, *, renders: bool = False) -> int:
    """How many processes are fastest for so many requests known before the start: one, or one a core for many.

    Args:
      renders: some pages want a browser. Each process has its own Chromium; one with four tabs fills two cores.
    """
    if renders:
        return 1
    return min(os.cpu_count() or 1, MOST_WORKERS_BY_DEFAULT) if seeds >= WORTH_A_SECOND_WORKER else 1


def workers_for_archive(paths: Sequence[str]) -> int:
    """How many processes are fastest for these archive files; one where their size is not known."""
    if any("://" in path for path in paths):
        return 1
    return workers_for(sum(map(os.path.getsize, paths)) // ARCHIVED_BYTES_A_PAGE)


def local_flags(flags: list[str], workers: int) -> list[str]:
    """The flags with Beam's for a batch on this machine, with so many processes.

    Beam's own choice behind `DirectRunner` fails on a grouping behind a grouping, or asks the network for another
    engine; its in-process batch engine (FnApiRunner) is deterministic and loses nothing.
    """
    chosen = [*flags, "--runner=FnApiRunner"]
    if workers > 1:
        chosen += ["--direct_running_mode=multi_processing", f"--direct_num_workers={workers}"]
    return chosen


def runner_of(words: Sequence[str]) -> str:
    """The runner that options of a command line name: `--runner=NAME` or `--runner NAME`; DirectRunner for none."""
    for word, following in zip(words, [*words, ""][1:], strict=True):
        name, equals, value = word.partition("=")
        if name == "--runner":
            return value if equals else following
    return "DirectRunner"


def is_local(runner: str) -> bool:
    """Whether the engine runs in this process and its children."""
    return runner in ("DirectRunner", "FnApiRunner")


def waits(runner: str) -> bool:
    """Whether the launching program waits for the job: on Dataflow it only submits it."""
    return "Dataflow" not in runner
