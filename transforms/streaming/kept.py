"""What an engine keeps of one execution of a stream."""

import dataclasses
from typing import Any

from transforms.streaming.folded import Folded

__all__ = ["Kept", "ReadOnce", "Standing"]


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
    """

    opened_at: float
    look_at: float = 0.0
    ids: int = 0
    closing_since: float = 0.0
    ended_at: float = 0.0
    drained: bool = False


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
    """

    parts: Any
    folded: Any
    standing: Any
    look: Any
    drain: Any
    forget: Any

    def fold(self, least: int) -> Folded:
        """All that came; from so many parts on it is kept as one."""
        loose = list(self.parts.read())
        folded: Folded = self.folded.read() or Folded()
        folded.add(loose)
        if len(loose) >= least:
            self.keep(folded)
        return folded

    def keep(self, folded: Folded) -> None:
        """Puts the fold in the place of all parts."""
        self.folded.write(folded)
        self.parts.clear()

    def clear(self) -> None:
        """Keeps nothing."""
        for state in (self.parts, self.folded, self.standing):
            state.clear()
