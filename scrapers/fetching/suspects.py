"""Requests that were at work when a process died: tried once more, alone; one that kills twice is given up."""

from collections.abc import Callable

from schemas.outcome import Scraped
from schemas.reasons import Dead, Drop
from scrapers.fetching.attempt_notes import AttemptNotes
from scrapers.fetching.failures import AttemptFailed, Stopped
from scrapers.fetching.solitude import Solitude
from scrapers.fetching.ticket import Ticket

__all__ = ["Suspects"]

_MOST_CRASHES = 2


class Suspects:
    """Stands at the beginning and the end of the work on each request.

    Alone means: this process works on no other request, from the wait for the host's turn to the end of the parsing.
    The second crash is then this request's own.

    Args:
      notes: of this process.
      stopping: whether the run is to end.
    """

    def __init__(self, notes: AttemptNotes, stopping: Callable[[], bool]) -> None:
        self._notes = notes
        self._crashes = dict(notes.crashes)
        self._stopping = stopping
        self._solitude = Solitude()

    def look(self) -> None:
        """Learns of processes that have died since: some of their work may come here now."""
        if self._notes.refresh():
            self._crashes = dict(self._notes.crashes)

    async def admit(self, ticket: Ticket) -> None:
        """Waits until the request may be worked on.

        Raises:
          AttemptFailed: it killed two processes.
          Stopped: while it waited, the run was stopped.
        """
        crashes = self._crashes.get(ticket.request.request_id, 0)
        if crashes >= _MOST_CRASHES:
            ticket.attempts = crashes
            often = "twice" if crashes == _MOST_CRASHES else f"{crashes} times"
            raise AttemptFailed(Dead.POISON, f"killed its worker process {often}")
        await self._solitude.enter(ticket, alone=crashes > 0)
        if self._stopping():
            raise Stopped

    def begin(self, ticket: Ticket) -> None:
        """The page is about to be asked for, or to be read out of the archive."""
        self._notes.begin(ticket.request.request_id)

    def rest(self, ticket: Ticket) -> None:
        """The request waits for its next attempt."""
        self._notes.end(ticket.request.request_id)
        self._solitude.leave(ticket)

    def end(self, ticket: Ticket, scraped: Scraped) -> None:
        """The request has ended."""
        self.rest(ticket)
        request_id = ticket.request.request_id
        if request_id in self._crashes and scraped.outcome.reason not in (Dead.POISON, Drop.CANCELLED):
            del self._crashes[request_id]
            self._notes.acquit(request_id)
