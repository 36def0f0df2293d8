"""What a process and all that it starts cost: CPU exactly, memory by samples. Linux only: reads /proc."""

import contextlib
import ctypes
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Collection
from typing import NamedTuple

__all__ = [
    "Sample",
    "Sampler",
    "adopt_orphans",
    "children_cpu_secs",
    "descendants",
    "machine_busy_secs",
    "pss_bytes",
    "reap_orphans",
]

_TICKS = os.sysconf("SC_CLK_TCK")
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def adopt_orphans() -> None:
    """Makes this process the parent of whatever its children leave behind, so that it is reaped and counted here."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children_cpu_secs() -> float:
    """CPU seconds of every descendant that has ended and was reaped."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def machine_busy_secs() -> float:
    """CPU seconds that the whole machine has worked."""
    with open("/proc/stat") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / _TICKS


def descendants(root: int, without: Collection[int] = ()) -> dict[int, float]:
    """Process id -> CPU seconds so far, of all below `root`; those of `without` and what is below them are left out."""
    children: dict[int, list[tuple[int, float]]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
            cpu_secs = (int(fields[11]) + int(fields[12])) / _TICKS
            children.setdefault(int(fields[1]), []).append((int(name), cpu_secs))
    found: dict[int, float] = {}
    open_ids = [root]
    while open_ids:
        for pid, cpu_secs in children.get(open_ids.pop(), ()):
            if pid not in without:
                found[pid] = cpu_secs
                open_ids.append(pid)
    return found


def pss_bytes(pid: int) -> int:
    """Proportional set size: what is shared with other processes counts in parts. 0 for a process that has gone."""
    with contextlib.suppress(OSError, ValueError, StopIteration), open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    return 0


def reap_orphans(without: Collection[int], patience_secs: float = 5.0) -> int:
    """Waits until no descendant is left; ends by id what stays. Says how many had to be ended."""
    until = time.monotonic() + patience_secs
    ended: set[int] = set()
    while left := descendants(os.getpid(), without):
        with contextlib.suppress(ChildProcessError):
            for pid in left:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > until:
            for pid in left.keys() - ended:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                ended.add(pid)
        time.sleep(0.02)
    return len(ended)


class Sample(NamedTuple):
    """The tree at one moment.

    Attributes:
      at: monotonic seconds.
      pages: asked of the shop so far.
      cpu_secs: of all processes seen so far, ended ones at their last sample.
      memory_bytes: sum of proportional set sizes.
      processes: alive at that moment.
    """

    at: float
    pages: int
    cpu_secs: float
    memory_bytes: int
    processes: int = 0


class Sampler(threading.Thread):
    """Looks at the tree below this process a few times a second.

    Args:
      without: process ids that are not the contestant's (the shop's).
      pages: how many pages the shop has been asked for.
    """

    def __init__(self, without: Collection[int], pages: Callable[[], int], every_secs: float) -> None:
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self._without = without
        self._pages = pages
        self._every_secs = every_secs
        self._cpu: dict[int, float] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self._every_secs):
            now = descendants(os.getpid(), self._without)
            self._cpu.update(now)
            pages = self._pages()
            memory = sum(map(pss_bytes, now))
            self.samples.append(Sample(time.monotonic(), pages, sum(self._cpu.values()), memory, len(now)))

    def end(self) -> None:
        """Ends the sampling; returns when it has."""
        self._ended.set()
        self.join()
