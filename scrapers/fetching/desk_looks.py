"""When to look at a host again: a look is a bundle, and one that finds nothing costs no less."""

import dataclasses

__all__ = ["Looks", "Manner", "PageTimes"]

_LEAST_SECS, _MOST_SECS = 0.1, 1.5
_OVERDUE = 0.25
"""The part of what has passed already that is waited again."""
_WEIGHT = 0.3
"""Of the last page in what pages usually take."""
_MANY_SPECS = 50


@dataclasses.dataclass(frozen=True, slots=True)
class Manner:
    """How pages are had.

    Attributes:
      renders: in a browser.
      one_by_one: no two of a host at once.
    """

    renders: bool
    one_by_one: bool


class PageTimes:
    """How long pages of a process usually take, by whether they are rendered: for hosts that had none yet."""

    def __init__(self) -> None:
        self._usual_secs: dict[bool, float] = {}

    def usual_secs(self, renders: bool) -> float:
        """0 when there was none."""
        return self._usual_secs.get(renders, 0.0)

    def note(self, renders: bool, secs: float) -> None:
        """A page took so long. From any thread; of two at once one may not count."""
        self._usual_secs[renders] = _mean(self._usual_secs.get(renders), secs)


class Looks:
    """Of one host. Times are monotonic seconds, and pages end when they end, not when that is seen.

    Args:
      times: of the process.

    Attributes:
      manner: how the pages at work are had; None while that is not known.
    """

    def __init__(self, times: PageTimes) -> None:
        self.manner: Manner | None = None
        self._times = times
        self._usual_secs: float | None = None
        self._since: dict[str, float] = {}  # spec id -> when it was taken, or something of it last ended
        self._ended_at = float("-inf")

    def begin(self, spec_id: str, now: float) -> None:
        """A spec was taken."""
        self._since.setdefault(spec_id, now)

    def end(self, spec_id: str, at: float, is_page: bool) -> None:
        """A request of the spec ended then, as a page or as something else, which tells nothing of pages."""
        if spec_id not in self._since:
            return
        if is_page and self.manner is not None:
            secs = max(0.0, at - self._start(spec_id))
            self._usual_secs = _mean(self._usual_secs, secs)
            self._times.note(self.manner.renders, secs)
        self._since[spec_id] = self._ended_at = at

    def close(self, spec_id: str) -> None:
        """Nothing is left of the spec."""
        self._since.pop(spec_id, None)

    def next_secs(self, now: float) -> float:
        """How long to wait: until the first page is usually there, and a part of what has passed once it is late."""
        if self.manner is None or len(self._since) > _MANY_SPECS:
            return _LEAST_SECS
        usual_secs = self._usual_secs
        if usual_secs is None:
            usual_secs = self._times.usual_secs(self.manner.renders)
        passed_secs = [now - self._start(spec_id) for spec_id in self._since]
        return min([_pause_secs(secs, usual_secs) for secs in passed_secs], default=_LEAST_SECS)

    def _start(self, spec_id: str) -> float:
        """A page that has to wait for others begins when they have ended."""
        since = self._since[spec_id]
        return max(since, self._ended_at) if self.manner is not None and self.manner.one_by_one else since


def _pause_secs(passed_secs: float, usual_secs: float) -> float:
    left_secs = usual_secs - passed_secs
    return min(_MOST_SECS, left_secs if left_secs >= _LEAST_SECS else max(_LEAST_SECS, passed_secs * _OVERDUE))


def _mean(known: float | None, secs: float) -> float:
    return secs if known is None else known + _WEIGHT * (secs - known)
