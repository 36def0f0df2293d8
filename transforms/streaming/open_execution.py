"""One execution on its way to its end: what is looked at when, and what then happens."""

import dataclasses
import functools
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

from schemas.events.arrival import Ended, Heard
from schemas.execution import Execution
from schemas.plan import Plan
from schemas.tally import Tally
from schemas.written import Written
from transforms.streaming.folded import Folded, Part
from transforms.streaming.kept import Kept, Standing
from transforms.streaming.patience import Patience

__all__ = ["ENDED", "Closer", "OpenExecution", "Pace"]

_LOG = logging.getLogger(__name__)
_LATE = Metrics.counter("complete_stream", "late_parts")
ENDED = "ended"
FOLD_AT = 64
"""So many parts are kept one by one before they are folded: an execution of 100,000 requests is rewritten rarely."""
FEW_IDS = 200
"""An execution with so few is looked at whenever a part comes: one of a page or two then ends with its last part."""
_OVERDUE_SECS = 60.0
_WAIT_SECS = 0.02


@dataclasses.dataclass(frozen=True, slots=True)
class Pace:
    """When what is looked at.

    Attributes:
      pause_secs: from a part to a look at the whole, where it has many ids.
      secs_per_id: more of it, for each id that such a look has to read.
      wait_secs: that a bundle may wait for closings that it has begun, or looks at.
      poll_secs: between two looks at a closing that goes on; a tenth of it during its first second.
      deadline_secs: from the first part to the end, where the plan has no deadline.
      grace_secs: after the deadline, for what has ended because of it to arrive.
      drain_secs: that the end of the input may wait for closings.
      forget_secs: that it is known of an execution that it has ended.
    """

    pause_secs: float = 0.1
    secs_per_id: float = 1e-5
    wait_secs: float = 0.1
    poll_secs: float = 0.5
    deadline_secs: float = 3_600.0
    grace_secs: float = 30.0
    drain_secs: float = 30.0
    forget_secs: float = 86_400.0


class Closer(Protocol):
    """Closes executions in threads of the process. Nothing of it raises because of an execution."""

    def close(self, plan: Plan, tally: Tally, files: list[Written]) -> None:
        """Begins to close an execution, and tries until it is done; one that was begun goes on."""

    def is_at_work(self, execution_id: str) -> bool:
        """Whether it was begun in this process, and not taken."""

    def take(self, execution_id: str, wait_secs: float = 0.0) -> Execution | None:
        """An execution that is closed and told; once. None: not within these seconds, or not begun here."""

    def drop(self, file: Written) -> None:
        """Removes a file that came too late."""


@dataclasses.dataclass(frozen=True, slots=True)
class OpenExecution:
    """What happens to one execution. Its methods yield Execution, and `(event_key, Ended)` tagged ENDED.

    Args:
      clock: Unix seconds.
    """

    execution_id: str
    kept: Kept
    closer: Closer
    pace: Pace
    clock: Callable[[], float] = time.time
    patience: Patience = dataclasses.field(default_factory=functools.partial(Patience, 0.0))

    def add(self, part: Part, end_of_input: Any) -> Iterator[Any]:
        """Takes a part.

        Args:
          end_of_input: the timestamp that says so.
        """
        now = self.clock()
        standing: Standing | None = self.kept.standing.read()
        if standing is not None and standing.ended_at:
            self._remember(standing, now)
            yield from self._too_late(part)
            return
        is_first = standing is None
        if standing is None or standing.drained:
            standing = dataclasses.replace(standing, drained=False, look_at=0.0) if standing else Standing(now)
            self.kept.drain.set(end_of_input)
        if standing.closing_since:
            self.kept.parts.add(part)
            return
        self.kept.add(part, is_first)
        if standing.ids > FEW_IDS:
            self._look_by(standing, now + self.pace.pause_secs + standing.ids * self.pace.secs_per_id)
        else:
            yield from self._go_on(standing)

    def look(self) -> Iterator[Any]:
        """Begins to close it when it is whole, or when its time is over; ends it when that is done."""
        standing: Standing | None = self.kept.standing.read()
        if standing is None or standing.ended_at or standing.drained:
            return
        standing.look_at = 0.0
        yield from self._go_on(standing)

    def _go_on(self, standing: Standing) -> Iterator[Any]:
        if not standing.closing_since:
            folded = self.kept.fold(FOLD_AT, standing)
            end_at = self._end_at(folded, standing)
            if not folded.is_whole and self.clock() < end_at:
                standing.ids = folded.ids
                self._look_by(standing, end_at)
                return
            if folded.plan is None:
                yield from self._give_up(folded, standing)
                return
            self._begin(folded, standing)
        execution = self.patience.spend(self._closed)
        if execution is not None:
            yield from self._end(execution, standing)
            return
        is_new = self.clock() - standing.closing_since < 1
        self._look_again(standing, self.clock() + self.pace.poll_secs * (0.1 if is_new else 1.0))

    def drain(self, until: float) -> Iterator[Any]:
        """The input has ended: closes what is whole, and leaves the rest to the job that its events go to next.

        Args:
          until: how long it waits; Unix seconds.
        """
        standing: Standing | None = self.kept.standing.read()
        if standing is None or standing.ended_at:
            return
        if not standing.closing_since and (folded := self.kept.fold(1, standing)).is_whole:
            self._begin(folded, standing)
        execution = self._closed(0.0) if standing.closing_since else None
        while execution is None and standing.closing_since and self.clock() < until:
            time.sleep(_WAIT_SECS)
            execution = self._closed(0.0)
        if execution is None:
            standing.drained = True
            self.kept.standing.write(standing)
        else:
            yield from self._end(execution, standing)
        self.kept.look.set(self.clock())  # set for hours it would keep the job from its end

    def forget(self) -> None:
        """Forgets that it has ended, unless the watermark only runs ahead of the clock because the input has ended."""
        standing: Standing | None = self.kept.standing.read()
        if standing is not None and standing.ended_at and self.clock() >= standing.ended_at + self.pace.forget_secs:
            self.kept.clear()

    def _end_at(self, folded: Folded, standing: Standing) -> float:
        planned = folded.plan.deadline_at if folded.plan is not None else 0.0
        return (planned or standing.opened_at + self.pace.deadline_secs) + self.pace.grace_secs

    def _begin(self, folded: Folded, standing: Standing) -> None:
        if not folded.is_whole:
            folded.tally.notes["closed at its deadline, before all of it had ended"] += 1
        standing.closing_since = self.clock()
        self.kept.keep(folded, standing)
        self.kept.standing.write(standing)

    def _closed(self, wait_secs: float) -> Execution | None:
        """What became of its closing, which is begun where this process knows of none."""
        if not self.closer.is_at_work(self.execution_id):
            folded: Folded = self.kept.folded.read()
            assert folded.plan is not None
            self.closer.close(folded.plan, folded.tally, folded.files)
        return self.closer.take(self.execution_id, wait_secs)

    def _end(self, execution: Execution, standing: Standing) -> Iterator[Any]:
        folded: Folded = self.kept.folded.read()
        late = list(self.kept.parts.read())
        yield execution
        for event_key in sorted(folded.heard):
            yield self._told(event_key)
        for part in late:
            yield from self._too_late(part)
        self._clear(standing)
        self._remember(Standing(standing.opened_at), self.clock())

    def _give_up(self, folded: Folded, standing: Standing) -> Iterator[Any]:
        """Parts whose plan never came: the event that has it was refused when it came again, and that is its letter."""
        _LOG.error("execution %s: its plan never came, what there is of it is left out", self.execution_id)
        for file in folded.files:
            self.closer.drop(file)
        for event_key in sorted(folded.heard):
            yield self._told(event_key)
        self._clear(standing)

    def _clear(self, standing: Standing) -> None:
        """Keeps nothing, and no timer: one that is set for hours would keep the job from its end."""
        self.kept.clear()
        self.kept.drain.clear()
        if standing.look_at:
            self.kept.look.clear()

    def _too_late(self, part: Part) -> Iterator[Any]:
        if isinstance(part, Heard):
            yield self._told(part.event_key)
            return
        if isinstance(part, Plan) or (isinstance(part, Tally) and not (part.ended or part.known or part.counts)):
            return  # planned again, or what hosts were asked: nothing that the execution counts
        _LATE.inc()
        _LOG.warning("execution %s has ended, what comes now is left out: %s", self.execution_id, part)
        if isinstance(part, Written):
            self.closer.drop(part)

    def _told(self, event_key: str) -> TaggedOutput:
        return TaggedOutput(ENDED, (event_key, Ended(self.execution_id)))

    def _remember(self, standing: Standing, now: float) -> None:
        standing.ended_at = now
        self.kept.standing.write(standing)
        self.kept.forget.set(now + self.pace.forget_secs)

    def _look_by(self, standing: Standing, when: float) -> None:
        """Keeps the standing; its timer, too, when it is set for then or earlier."""
        if self.clock() - _OVERDUE_SECS < standing.look_at <= when:
            self.kept.standing.write(standing)
        else:
            self._look_again(standing, when)

    def _look_again(self, standing: Standing, when: float) -> None:
        standing.look_at = when
        self.kept.standing.write(standing)
        self.kept.look.set(when)
