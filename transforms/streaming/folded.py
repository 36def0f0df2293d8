"""The fold of one execution's parts, in whatever order they come."""

import dataclasses
from collections.abc import Iterable

from schemas.events.arrival import Heard
from schemas.plan import Plan
from schemas.tally import Tally
from schemas.written import Written
from transforms.close_execution import lost

__all__ = ["Folded", "Part"]

Part = Plan | Tally | Written | Heard


@dataclasses.dataclass(slots=True)
class Folded:
    """What is known of an execution so far.

    Attributes:
      plan: the first that came; None: none has.
      heard: keys of the events that wait for its end.
    """

    plan: Plan | None = None
    tally: Tally = dataclasses.field(default_factory=Tally)
    files: list[Written] = dataclasses.field(default_factory=list)
    heard: set[str] = dataclasses.field(default_factory=set)

    def add(self, parts: Iterable[Part]) -> None:
        """Adds parts."""
        for part in parts:
            if isinstance(part, Tally):
                self.tally.add(part)
            elif isinstance(part, Written):
                self.files.append(part)
            elif isinstance(part, Heard):
                self.heard.add(part.event_key)
            elif self.plan is None:
                self.plan = part
                self.tally.know([part.planned_id])

    @property
    def ids(self) -> int:
        """How many ids it holds: what it costs to read and to write."""
        return (len(self.tally.known) + len(self.tally.ended)) // 8

    @property
    def is_whole(self) -> bool:
        """Whether everything that was to be done is done, and all that came of it is written."""
        return self.plan is not None and not lost(self.tally, self.files)
