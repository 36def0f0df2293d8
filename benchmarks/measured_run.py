"""One run of one contestant: whole process, start to exit."""

import dataclasses
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.process_tree import Sample, Sampler, children_cpu_secs, machine_busy_secs, reap_orphans
from benchmarks.shop_process import ShopProcess

__all__ = ["SAMPLE_SECS", "Run", "measure"]

SAMPLE_SECS = 0.25


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """What one run cost.

    Attributes:
      pages: asked of it.
      wall_secs: from the start of the process to its exit.
      first_page_secs: from the start of the process to the first page that the shop was asked for.
      cpu_secs: user and system, of the whole tree, the shop excluded.
      peak_bytes: highest sample of the tree's memory (proportional set size: what processes share counts once).
      noise: cores that strangers used meanwhile; above 0.15 the figures mean little.
      complaint: empty when it ended well.
    """

    pages: int
    wall_secs: float
    first_page_secs: float
    cpu_secs: float
    peak_bytes: int
    noise: float
    complaint: str
    samples: tuple[Sample, ...]

    @property
    def pages_a_sec(self) -> float:
        return self.pages / self.wall_secs

    @property
    def cpu_ms_a_page(self) -> float:
        return self.cpu_secs / self.pages * 1000


def measure(
    command: Sequence[str],
    shop: ShopProcess,
    pages: int,
    folder: Path,
    *,
    timeout_secs: float = 1_800,
    sample_secs: float = SAMPLE_SECS,
) -> Run:
    """Runs a command and waits for all that it started.

    Args:
      pages: that the command will fetch.
      folder: its working directory, and where what it says is kept.
    """
    before = shop.stats(reset=True)
    cpu_before, busy_before = children_cpu_secs(), machine_busy_secs()
    sampler = Sampler({shop.pid}, shop.pages_asked, sample_secs)
    with (folder / "said.txt").open("wb") as said:
        started, started_at = time.monotonic(), time.time()
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, env=contestant_environment())
        sampler.start()
        try:
            status: int | str = process.wait(timeout_secs)
        except subprocess.TimeoutExpired:
            status = f"none within {timeout_secs:g} s"
            process.kill()
            process.wait()
        wall_secs = time.monotonic() - started
    sampler.end()
    killed = reap_orphans({shop.pid})
    after = shop.stats()
    cpu_secs = children_cpu_secs() - cpu_before
    strangers = machine_busy_secs() - busy_before - cpu_secs - (after["cpu_secs"] - before["cpu_secs"])
    return Run(
        pages=pages,
        wall_secs=wall_secs,
        first_page_secs=max(0.0, after["first_page_at"] - started_at),
        cpu_secs=cpu_secs,
        peak_bytes=max((sample.memory_bytes for sample in sampler.samples), default=0),
        noise=strangers / wall_secs,
        complaint=_complaint(status, killed, folder / "said.txt"),
        samples=tuple(sampler.samples),
    )


def contestant_environment() -> dict[str, str]:
    """Ours, without what makes Python compile its modules at every start: that would be counted as start-up."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _complaint(status: int | str, killed: int, said: Path) -> str:
    complaint = "" if status == 0 else f"exit status {status}: {said.read_text(errors='replace')[-500:]}"
    return complaint + (f" ({killed} processes stayed and were ended)" if killed else "")
