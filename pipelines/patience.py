"""How often a run that died is started again."""

from collections.abc import Mapping

__all__ = ["MAX_ATTEMPTS", "Patience"]

MAX_ATTEMPTS = 4
MAX_POISON = 10
"""Pages that may each cost the run two more attempts; a scraper that dies on every page must be given up some time."""


class Patience:
    """Counts the attempts of a run.

    An attempt that died without a page and without news is repeated once only: it would most likely die again. News is
    that a request was at work when an attempt died. Each that was twice is left out from then on, which is progress.
    """

    def __init__(self) -> None:
        self._attempts = 0
        self._idle = 0
        self._known: dict[str, int] = {}

    def goes_on(self, pages: int, crashes: Mapping[str, int]) -> bool:
        """Whether an attempt that died is followed by another.

        Args:
          pages: that it fetched.
          crashes: how many attempts had died over a request when this one began, by its id.
        """
        self._attempts += 1
        news = any(count > self._known.get(request_id, 0) for request_id, count in crashes.items())
        self._known.update(crashes)
        self._idle = 0 if pages or news else self._idle + 1
        poison = sum(count > 1 for count in self._known.values())
        return self._attempts < MAX_ATTEMPTS + 2 * min(poison, MAX_POISON) and self._idle < 2
