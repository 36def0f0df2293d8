"""What the requests of one source did to one host, against what they were allowed."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

__all__ = ["MOST_HOSTS", "HostUse", "hosts_told"]

MOST_HOSTS = 200
"""That an execution row tells of one by one: some 40 kB."""

TOLERATED_SECS = 0.01
"""A timer may be so early, and two clocks so far apart: what comes sooner than that came too soon."""


@dataclasses.dataclass(slots=True)
class HostUse:
    """Of one execution and one registrable domain (or IP, or single-label host), as one process saw it; those of
    several processes and slots add up.

    Counted where a request leaves: the last moment before its bytes do, for each hop of a redirect (at the host that it
    goes to), each retry, each robots.txt. A page in a browser is one request: what it fetches for itself (styles,
    answers to its scripts) and a log-in are not counted, and keep no delay.

    Gaps are those that the host saw, whichever source the request before was of. robots.txt is asked for within the
    delay that a host's first request waits, so no gap is measured to it.

    Attributes:
      requests: sent; `robots` of them for robots.txt.
      first_at, last_at: Unix seconds.
      delay_secs: the shortest that was to be kept between two requests; infinite before the first.
      crawl_delay_secs: the longest that robots.txt asked for, before it is capped; 0 for none.
      min_gap_secs: the shortest gap; infinite before the second request.
      short_gaps: requests that followed sooner than they were allowed to, by more than 10 ms.
      concurrency: requests that were allowed at the same time; `most_at_once` there were.
      slots: keys that the source spreads the host over; each of them keeps `delay_secs` and `concurrency` for itself,
        wherever it runs.
      slow_downs: answers 429 and 503.
      paused_secs: for which their Retry-After stopped all requests to the host; the sum of what was kept.
    """

    requests: int = 0
    robots: int = 0
    first_at: float = float("inf")
    last_at: float = 0.0
    delay_secs: float = float("inf")
    crawl_delay_secs: float = 0.0
    min_gap_secs: float = float("inf")
    short_gaps: int = 0
    concurrency: int = 0
    most_at_once: int = 0
    slots: int = 1
    slow_downs: int = 0
    paused_secs: float = 0.0

    def add(self, other: Self) -> None:
        """Adds what another process, or another part of this one, did to the same host."""
        for name in ("requests", "robots", "short_gaps", "slow_downs", "paused_secs"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("first_at", "delay_secs", "min_gap_secs"):
            setattr(self, name, min(getattr(self, name), getattr(other, name)))
        for name in ("last_at", "crawl_delay_secs", "concurrency", "most_at_once", "slots"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))

    def sent(self, at: float, gap_secs: float, wanted_secs: float) -> None:
        """Counts a request that goes out.

        Args:
          at: Unix seconds.
          gap_secs: since the request before.
          wanted_secs: that it was to be.
        """
        self.requests += 1
        self.last_at = at
        if wanted_secs < self.delay_secs:
            self.delay_secs = wanted_secs
        if at < self.first_at:
            self.first_at = at
        if gap_secs < self.min_gap_secs:
            self.min_gap_secs = gap_secs
        if gap_secs < wanted_secs - TOLERATED_SECS:
            self.short_gaps += 1

    def record(self) -> dict[str, Any]:
        """As the execution row has it: null for what was never measured."""
        record = dataclasses.asdict(self)
        for name in ("first_at", "last_at", "delay_secs", "crawl_delay_secs", "min_gap_secs", "paused_secs"):
            value = record[name]
            record[name] = round(value, 4) if 0 <= value < float("inf") else None
        return record


def hosts_told(hosts: Mapping[str, HostUse]) -> dict[str, dict[str, Any]]:
    """Host -> record, sorted: of more than MOST_HOSTS those with short gaps and most requests; `*` is all others."""
    kept = sorted(hosts, key=lambda host: (-hosts[host].short_gaps, -hosts[host].requests, host))
    told = {host: hosts[host] for host in sorted(kept[:MOST_HOSTS])}
    for host in kept[MOST_HOSTS:]:
        told.setdefault("*", HostUse()).add(hosts[host])
    return {host: use.record() for host, use in told.items()}
