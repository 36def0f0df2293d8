"""A spec being expanded, one request at a time, only as fast as its host takes them."""

import itertools
from collections.abc import Callable, Iterator, Sequence

from schemas.outcome import Scraped
from schemas.reasons import Dead, Drop
from schemas.request import Request, RequestSpec
from scrapers.fetching import endings
from scrapers.fetching.source_rules import SourceRules
from scrapers.fetching.ticket import Budget, Ticket
from scrapers.source_files.seeds import expand

__all__ = ["SpecRun"]

_IDS_AN_OUTCOME = 1000


class SpecRun:
    """Expands one spec and tells which ids came out of it, a thousand at a time.

    Args:
      is_new: whether a request has not been seen in this visit; marks it as seen.
      emit: takes the spec's outcomes.
      budget: what is left of the spec's, where some of it was fetched before.
      first: follow-ups of its pages that had not ended then.
    """

    def __init__(
        self,
        spec: RequestSpec,
        rules: SourceRules,
        is_new: Callable[[Request], bool],
        emit: Callable[[Scraped], None],
        budget: Budget | None = None,
        first: Sequence[Request] = (),
    ) -> None:
        self.rules = rules
        self.budget = budget or Budget(spec.limit, deadline_at=spec.deadline_at)
        self.execution_id = spec.execution_id
        self._spec = spec
        self._is_new = is_new
        self._emit = emit
        self._ids: list[str] = []
        self._head: Request | None = None
        self._requests: Iterator[Request] | None = None
        self._first = first

    def take(self) -> Ticket | None:
        """The next request; None when there is none left, and then the spec has ended."""
        if not self._peek():
            return None
        request, self._head = self._head, None
        assert request is not None
        if len(self._ids) >= _IDS_AN_OUTCOME:
            self._emit(endings.spec_outcome(self._spec, tuple(self._ids), last=False))
            self._ids = []
        self._ids.append(request.request_id)
        return Ticket(request, self.rules, self.budget)

    def cut(self, reason: Drop, note: str) -> None:
        """Ends the spec here. What is left is not expanded; a note says so unless nothing was left.

        Requests that a page led to are known already: each of them ends, with the item that it carries.
        """
        while self._peek() and self._head is not None:
            if not self._head.referrer:
                note = f"{note}: further requests of this source's seeds were left out"
                self._emit(endings.spec_outcome(self._spec, tuple(self._ids), last=True, cut=reason, note=note))
                return
            if (ticket := self.take()) is not None:
                self._emit(endings.dropped(ticket, reason, note))
                note = ""

    def expire(self) -> None:
        """Ends the spec here: nobody wants what its seeds would still be expanded to."""
        self._emit(endings.spec_refused(self._spec, Dead.EXPIRED, endings.TOO_LATE, tuple(self._ids)))

    @property
    def can_expire(self) -> bool:
        """Whether what is left is known to nobody. Explicit requests are: each of them ends by itself."""
        return self._spec.stride is not None and (self._head is None or not self._head.referrer)

    def _peek(self) -> bool:
        """Whether there is another request; ends the spec when there is not."""
        if self._head is not None:
            return True
        try:
            if self._requests is None:
                spec = self._spec
                rest = spec.requests or expand(spec, self.rules.loaded)
                self._requests = itertools.chain(self._first, rest) if self._first else iter(rest)
            self._head = next((request for request in self._requests if self._is_new(request)), None)
        except Exception as error:  # noqa: BLE001  a source's own file, sitemap or template may break in any way
            self._emit(endings.spec_refused(self._spec, Dead.PARSE_ERROR, error, tuple(self._ids)))
            return False
        if self._head is None:
            self._emit(endings.spec_outcome(self._spec, tuple(self._ids), last=True))
        return self._head is not None
