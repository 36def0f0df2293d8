"""What ends a source's work before its requests are through: its limits, and pages that say that we are not welcome."""

from collections import Counter
from collections.abc import Iterable

from schemas.outcome import Scraped
from schemas.reasons import Dead, Drop
from scrapers.fetching.source_rules import SourceRules
from scrapers.fetching.spec_run import SpecRun
from scrapers.fetching.ticket import ExecutionUse, Ticket
from scrapers.source_files.sitemaps import SITEMAP

__all__ = ["Limiter"]

_BLOCKED_IN_A_ROW = 3
"""One block page may be chance; after three the rest of the host's requests would only make things worse."""

_PAUSED_AT_MOST = 10_000  # executions: the oldest of them have long ended

Refusal = tuple[Drop, str]


class Limiter:
    """The limits of the executions that have requests in one queue.

    A spec with a limit of its own has its share of `limits.max_pages` in it; others count against the execution's.

    Args:
      slot: of the queue's key; it has its share of `limits.max_pages`.
      uses: what executions have used in this process, by id.
    """

    def __init__(self, slot: int, uses: "Uses") -> None:
        self._slot = slot
        self._uses = uses
        self._blocked: Counter[str] = Counter()
        self._paused: dict[str, str] = {}

    def refuse(self, ticket: Ticket, now: float) -> Refusal | None:
        """Why a request is dropped unsent, or None; then it is counted. `now` in loop seconds."""
        if why := self.spent(ticket.rules, ticket.request.execution_id, now):
            return why
        limits, request = ticket.rules.source.limits, ticket.request
        if request.depth > limits.max_depth:
            return Drop.OVER_LIMIT, f"limits.max_depth {limits.max_depth} reached"
        if ticket.counted or request.page_type == SITEMAP:
            return None
        if ticket.budget.spent:
            return Drop.OVER_LIMIT, f"limit of {ticket.budget.limit} pages reached"
        counts = limits.max_pages is not None and ticket.budget.limit is None
        if counts and not self._uses.of(request.execution_id, now).take(
            request.request_id, self._slot, self._share(ticket.rules)
        ):
            return Drop.OVER_LIMIT, f"limits.max_pages {limits.max_pages} reached"
        ticket.budget.take()
        ticket.counted = True
        return None

    def refuse_spec(self, run: SpecRun, now: float) -> Refusal | None:
        """Why a spec is not expanded further, or None."""
        if why := self.spent(run.rules, run.execution_id, now):
            return why
        if run.budget.spent:
            return Drop.OVER_LIMIT, f"limit of {run.budget.limit} pages reached"
        max_pages = run.rules.source.limits.max_pages
        if max_pages is None or run.budget.limit is not None:
            return None
        if self._uses.of(run.execution_id, now).full(self._slot, self._share(run.rules)):
            return Drop.OVER_LIMIT, f"limits.max_pages {max_pages} reached"
        return None

    def spent(self, rules: SourceRules, execution_id: str, now: float) -> Refusal | None:
        """What ends a whole execution here: its time, or that its source is paused."""
        if paused := self._paused.get(execution_id):
            return Drop.BACKOFF, paused
        max_secs = rules.source.limits.max_secs
        if max_secs is not None and now - self._uses.of(execution_id, now).started > max_secs:
            return Drop.OVER_LIMIT, f"limits.max_secs {max_secs:g} reached"
        return None

    def watch(self, scraped: Scraped) -> None:
        """Pauses a source after several block pages or login walls in a row, until its next execution.

        In a stream the queue of a busy host may stay open for weeks, so that a pause without end would be for ever.
        """
        outcome = scraped.outcome
        if outcome.end == "dead" and outcome.reason in (Dead.BLOCKED, Dead.LOGIN_REQUIRED):
            self._blocked[outcome.execution_id] += 1
            if self._blocked[outcome.execution_id] >= _BLOCKED_IN_A_ROW:
                if len(self._paused) >= _PAUSED_AT_MOST:
                    del self._paused[next(iter(self._paused))]
                self._paused[outcome.execution_id] = f"paused after {_BLOCKED_IN_A_ROW} pages {outcome.reason} in a row"
        elif outcome.end == "pages":
            self._blocked.pop(outcome.execution_id, None)

    def _share(self, rules: SourceRules) -> int:
        max_pages = rules.source.limits.max_pages
        return 1 << 62 if max_pages is None else rules.share_of(max_pages, self._slot)


class Uses:
    """What executions have used of their limits in this process; the oldest are forgotten when there are many."""

    _MANY = 10_000

    def __init__(self) -> None:
        self._by_execution: dict[str, ExecutionUse] = {}

    def of(self, execution_id: str, now: float) -> ExecutionUse:
        """The use of an execution; its time starts with the first call."""
        use = self._by_execution.get(execution_id)
        if use is None:
            if len(self._by_execution) >= self._MANY:
                del self._by_execution[next(iter(self._by_execution))]
            use = self._by_execution[execution_id] = ExecutionUse(now)
        return use

    def forget(self, execution_ids: Iterable[str]) -> None:
        """Lets go of executions that have ended."""
        for execution_id in execution_ids:
            self._by_execution.pop(execution_id, None)
