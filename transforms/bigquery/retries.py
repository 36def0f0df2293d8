"""How often and how long a service that says "not now" is asked again."""

import dataclasses
import itertools
import random
import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["Retries"]

T = TypeVar("T")


def _jitter() -> float:
    return random.random()  # noqa: S311  not the function itself, which would be pickled with the generator's state


@dataclasses.dataclass(frozen=True, slots=True)
class Retries:
    """Exponential backoff with jitter within a total time, after which the last error is raised.

    Attributes:
      total_secs: from the first try; no pause goes beyond them, whatever the error is worth.
      first_secs, most_secs: bounds of a pause; doubled each time. As BigQuery's service level agreement asks
        (https://cloud.google.com/bigquery/sla): a second at least, 32 seconds at most.
      sleep, clock, jitter: seconds to wait; seconds that only grow; a number from 0 to 1.
    """

    total_secs: float = 300.0
    first_secs: float = 1.0
    most_secs: float = 32.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = _jitter

    def run(self, attempt: Callable[[], T], worth_secs: Callable[[Exception], float]) -> T:
        """What the first attempt that succeeds returns.

        Args:
          worth_secs: how long after the first try an error is still worth another; 0: it will not pass by itself.

        Raises:
          Exception: of the last attempt.
        """
        started = self.clock()
        for number in itertools.count():
            try:
                return attempt()
            except Exception as error:
                pause = min(self.most_secs, self.first_secs * 2.0 ** min(number, 30)) * (1 + self.jitter() / 4)
                waited = self.clock() - started + pause
                if waited > min(self.total_secs, worth_secs(error)):
                    raise
            self.sleep(pause)
        raise AssertionError("unreachable")
