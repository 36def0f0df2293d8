"""How long a bundle waits for what is nearly done: a timer costs a bundle more, and a look at state."""

import dataclasses
import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["Patience"]

T = TypeVar("T")


@dataclasses.dataclass(slots=True)
class Patience:
    """Of one bundle.

    Attributes:
      secs: that it may still wait, for all of its elements together.
    """

    secs: float

    def spend(self, wait: Callable[[float], T]) -> T:
        """Waits for one thing.

        Args:
          wait: waits no longer than the seconds it is given.
        """
        begun = time.monotonic()
        try:
            return wait(self.secs)
        finally:
            self.secs = max(0.0, self.secs - (time.monotonic() - begun))
