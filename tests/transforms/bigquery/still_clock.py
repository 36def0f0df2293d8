"""Time that passes only where somebody sleeps: retries are tested by it in no time."""

from transforms.bigquery.retries import Retries


class StillClock:
    """Seconds that only sleeping moves.

    Attributes:
      pauses: how long each sleep was.
    """

    def __init__(self) -> None:
        self.secs = 0.0
        self.pauses: list[float] = []

    def sleep(self, secs: float) -> None:
        self.pauses.append(secs)
        self.secs += secs

    def retries(self) -> Retries:
        """Retries by this clock, with the bounds that are in use and no jitter."""
        return Retries(sleep=lambda secs: self.sleep(secs), clock=lambda: self.secs, jitter=lambda: 0.0)
