"""A clock for those without a cloud: starts runs when their schedules say so.

A moment is fired once, also when several clocks look at one output. Of the moments that a source missed, because no
clock was there or its run before took too long, the last is fired, once, and the others are not. One run of a source
goes on at a time.
"""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from pipelines.scheduling.due import Due

__all__ = ["LocalClock", "Running"]

_MINUTE = 60.0
POLL_SECS = 0.5


class Running(Protocol):
    """A run that goes on, as `subprocess.Popen` has it."""

    def poll(self) -> int | None:
        """Its exit status; None while it goes on."""

    def terminate(self) -> None:
        """Asks it to end: what is in flight is written."""


@dataclasses.dataclass(eq=False)
class LocalClock:
    """Runs the sources that are due.

    Attributes:
      due: (now) -> what is due; looked at when a minute begins, and when a run has ended.
      claim: whether a moment is this clock's to fire.
      start: starts a run, or raises OSError.
      now: Unix seconds.
      say: a line for people.
      at_once: the most runs that go on at a time.
      wait: lets so many seconds pass.
      failed: runs that did not end with status 0.
    """

    due: Callable[[float], Sequence[Due]]
    claim: Callable[[Due], bool]
    start: Callable[[Due], Running]
    now: Callable[[], float]
    say: Callable[[str], None]
    at_once: int = 5
    wait: Callable[[float], None] = time.sleep
    failed: int = 0
    _running: dict[str, Running] = dataclasses.field(default_factory=dict)
    _looked_at: float | None = None
    _stops: int = 0

    def step(self, *, starts: bool = True) -> None:
        """Takes what has ended and starts what is due.

        Args:
          starts: False: only takes what has ended.
        """
        ended = [name for name, run in self._running.items() if run.poll() is not None]
        for name in ended:
            status = self._running.pop(name).poll()
            self.failed += status != 0
            self.say(f"{name}: ended{'' if status == 0 else f' with status {status}'}")
        minute = self.now() // _MINUTE
        if starts and (ended or minute != self._looked_at):
            self._looked_at = minute
            self._fire()

    def _fire(self) -> None:
        for one in self.due(self.now()):
            if len(self._running) >= self.at_once:
                return  # looked at again when one of them has ended
            if one.source not in self._running and self.claim(one):
                self._start(one)

    def _start(self, one: Due) -> None:
        try:
            self._running[one.source] = self.start(one)
        except OSError as error:  # no process, no memory, no disk: the next moment may find some
            self.failed += 1
            self.say(f"{one.source}: cannot be started: {error}")

    def run(self, *, once: bool = False) -> None:
        """Goes on until it is stopped, and then until all runs have ended.

        Args:
          once: until nothing is due and nothing runs.
        """
        while not self._stops:
            self.step()
            if once and not self._running:
                return
            self.wait(POLL_SECS)
        if self._running:
            self.say(f"stopping: waiting for {', '.join(self._running)}; once more stops them, too")
        while self._running:
            self.wait(POLL_SECS)
            self.step(starts=False)

    def stop(self) -> None:
        """Starts nothing more, and when it is called again, asks the runs to end. A signal handler may call it."""
        self._stops += 1
        if self._stops > 1:
            for run in list(self._running.values()):
                run.terminate()
