"""What an engine keeps of one execution of a stream."""

import copy
import dataclasses
from typing import Any

from transforms.streaming.folded import Folded, Part

__all__ = ["Gathered", "Kept", "ReadOnce", "Standing"]


@dataclasses.dataclass(slots=True)
class Standing:
    """The little that is read with each part.

    Attributes:
      opened_at: Unix seconds, as all here; of the first part.
      look_at: when the timer is set for; 0 for never.
      ids: that the last look found.
      closing_since: 0: nobody has begun to close it.
      ended_at: when it had ended, or was last asked for after that; 0: it is open.
      drained: the input has ended, and it stays as it is.
      has_fold: some parts are kept as one.
    """

    opened_at: float
    look_at: float = 0.0
    ids: int = 0
    closing_since: float = 0.0
    ended_at: float = 0.0
    drained: bool = False
    has_fold: bool = False


@dataclasses.dataclass(slots=True)
class Gathered:
    """All that came of an execution, as one bundle knows it that has read it once, or saw the first of it come.

    Attributes:
      loose: how many of the parts are kept one by one.
    """

    folded: Folded
    loose: int = 0

    def add(self, part: Part) -> None:
        """One more has come."""
        self.folded.add([part])
        self.loose += 1


class ReadOnce:
    """A state whose value is asked of the engine once a bundle: that is a call to another process, each time.

    Args:
      state: of a key.
      known: values of this state in this bundle, by key.
    """

    def __init__(self, state: Any, known: dict[str, Any], key: str) -> None:
        self._state = state
        self._known = known
        self._key = key

    def read(self) -> Any:
        if self._key not in self._known:
            self._known[self._key] = self._state.read()
        return self._known[self._key]

    def write(self, value: Any) -> None:
        self._known[self._key] = value
        self._state.write(value)

    def clear(self) -> None:
        self._known[self._key] = None
        self._state.clear()


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """What the engine keeps of one execution: states, and timers (`look` by the clock, the others by the watermark).

    Attributes:
      parts: Bag of Part that came since the last fold.
      folded: Folded, without those.
      standing: Standing; None: nothing is known of it.
      drain: fires at the end of the input.
      gathered: of this bundle.
    """

    parts: Any
    folded: Any
    standing: Any
    look: Any
    drain: Any
    forget: Any
    gathered: dict[str, Gathered] = dataclasses.field(default_factory=dict)
    execution_id: str = ""

    def add(self, part: Part, is_first: bool) -> None:
        """Keeps a part that came, before anybody has begun to close it."""
        self.parts.add(part)
        if is_first:
            self.gathered[self.execution_id] = Gathered(Folded())
        if self.execution_id in self.gathered:
            self.gathered[self.execution_id].add(part)

    def fold(self, least: int, standing: Standing) -> Folded:
        """All that came; from so many parts on it is kept as one, which `standing` then says."""
        known = self.gathered.get(self.execution_id)
        if known is None:
            loose = list(self.parts.read())
            folded: Folded = (self.folded.read() if standing.has_fold else None) or Folded()
            folded.add(loose)
            known = self.gathered[self.execution_id] = Gathered(folded, len(loose))
        if known.loose >= least:
            self.keep(known.folded, standing)
            known.loose = 0
        return known.folded

    def keep(self, folded: Folded, standing: Standing) -> None:
        """Puts the fold, as it is now, in the place of all parts."""
        self.folded.write(copy.deepcopy(folded))  # it is encoded at the bundle's end only, and more may come
        self.parts.clear()
        standing.has_fold = True

    def clear(self) -> None:
        """Keeps nothing."""
        self.gathered.pop(self.execution_id, None)
        for state in (self.parts, self.folded, self.standing):
            state.clear()
