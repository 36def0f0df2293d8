"""Counts what requests do to their hosts, at the moment when they go out."""

import time
from types import TracebackType

from schemas.host_use import HostUse
from scrapers.fetching.pacing import HostClock
from scrapers.fetching.source_rules import SourceRules
from scrapers.fetching.ticket import Ticket

__all__ = ["HostUses", "Sending", "robots_sent", "use_of"]

_NO_GAP = float("inf")


class HostUses:
    """What one visit's requests have done to each host since it was last told. The loop's.

    Attributes:
      hosts: how many there are to tell of.
    """

    def __init__(self) -> None:
        self._uses: dict[tuple[str, str], dict[str, HostUse]] = {}
        self.hosts = 0

    def of(self, rules: SourceRules, execution_id: str, host: str) -> HostUse:
        """The count of an execution's requests to a registrable domain; to be looked up anew for each of them."""
        hosts = self._uses.get((execution_id, rules.name))
        if hosts is None:
            hosts = self._uses[execution_id, rules.name] = {}
        use = hosts.get(host)
        if use is None:
            use = hosts[host] = HostUse(concurrency=rules.concurrency, slots=rules.slots)
            self.hosts += 1
        return use

    def take(self) -> list[tuple[str, str, dict[str, HostUse]]]:
        """(execution_id, source, host -> count) of all, and begins to count anew."""
        taken = [(execution_id, source, hosts) for (execution_id, source), hosts in self._uses.items()]
        self._uses, self.hosts = {}, 0
        return taken

    def take_of(self, execution_id: str, source: str) -> dict[str, HostUse] | None:
        """Host -> count of one execution, and begins to count it anew; None when there is nothing to tell."""
        hosts = self._uses.pop((execution_id, source), None)
        self.hosts -= len(hosts or ())
        return hosts


def use_of(ticket: Ticket, host: str) -> HostUse:
    """What the execution of a request has done to a host so far."""
    if ticket.uses is None:  # a request that is in no visit is told of nowhere
        ticket.uses = HostUses()
    return ticket.uses.of(ticket.rules, ticket.request.execution_id, host)


class Sending:
    """One request at its host, from its going out (it is called then) to its answer (it is left then).

    Args:
      clock: of the host.
      delay_secs: that the request wants on both sides of it.
    """

    __slots__ = ("_clock", "_delay_secs", "_is_out", "_ticket")

    def __init__(self, ticket: Ticket, clock: HostClock, delay_secs: float) -> None:
        self._ticket = ticket
        self._clock = clock
        self._delay_secs = delay_secs
        self._is_out = False

    def __enter__(self) -> "Sending":
        return self

    def __call__(self) -> None:
        """The request goes out. Once more over a new connection, where the old one was dead already, it is the same."""
        clock = self._clock
        wanted_secs, gap_secs = clock.sent(self._delay_secs)
        if self._is_out:
            return
        self._is_out = True
        clock.out += 1
        use = use_of(self._ticket, clock.domain.name)
        use.sent(time.time(), gap_secs, wanted_secs)
        if clock.out > use.most_at_once:
            use.most_at_once = clock.out

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_out:
            self._clock.out -= 1


def robots_sent(ticket: Ticket, host: str) -> None:
    """Counts a request for robots.txt that goes out."""
    use = use_of(ticket, host)
    use.sent(time.time(), _NO_GAP, _NO_GAP)
    use.robots += 1
