"""What the streaming scrape asks of the process that it runs in."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from schemas.outcome import Scraped
from schemas.request import RequestSpec

__all__ = ["Change", "Desk", "Desks"]

HostKey = tuple[str, int]


class Change(Protocol):
    """What is to be written down together with what has ended: `jots`, instead of all others when it `rewrites`."""

    @property
    def rewrites(self) -> bool: ...

    @property
    def jots(self) -> tuple[Any, ...]: ...

    @property
    def token(self) -> str: ...

    @property
    def paused_until(self) -> float:
        """Unix seconds."""


class Desk(Protocol):
    """What the process keeps of one host.

    Attributes:
      tick_at: Unix seconds for which the next look was asked.
      next_look_secs: until then.
    """

    tick_at: float
    next_look_secs: float

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """To be held from `knows` to the writing."""

    def knows(self, token: str | None) -> bool:
        """Whether its memory is of the state with this token."""

    def restore(self, jots: Iterable[Any], paused_until: float) -> None:
        """Begins anew from the state."""

    def take(self, spec: RequestSpec) -> None:
        """Starts the work on a spec."""

    def wait(self, secs: float) -> None:
        """Waits, no longer than that, for what is at work to end; not at all while the process has much in hand."""

    def finished(self) -> list[Scraped | RequestSpec]:
        """What has ended since the last call; a RequestSpec is work found for another host."""

    def change(self) -> Change | None:
        """What is to be written down since the last call; None for nothing."""

    def stop(self) -> None:
        """Starts nothing more."""

    def discard(self) -> None:
        """Gives up what is in flight."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left."""

    @property
    def has_stopped(self) -> bool:
        """Whether nothing is in flight any more after `stop`."""


class Desks(Protocol):
    """Those of the process, shared by all DoFns."""

    def desk(self, key: HostKey) -> Desk:
        """The desk of a host."""

    def stopping(self) -> bool:
        """Whether nothing more is to be begun: the job drains, and what has not begun comes again with its event."""

    def wait_for_room(self, secs: float) -> float:
        """Waits at most so long while the process has too much in hand; gives the seconds that are left."""

    def drain_until(self, secs: float) -> float:
        """Until when (`time.monotonic`) what is at work may end, once the source has ended."""
