"""What figures of events are made of: when each was published, and when its rows could be read."""

import statistics
from collections.abc import Collection, Mapping, Sequence

__all__ = ["backlog_at", "latencies", "percentile"]


def percentile(values: Sequence[float], percent: int) -> float:
    """Of values in any order; at least two.

    >>> percentile([1, 2, 3, 4, 5], 50)
    3.0
    """
    return float(statistics.quantiles(values, n=100, method="inclusive")[percent - 1])


def latencies(sent: Mapping[int, float], readable: Mapping[int, float], of: Collection[int]) -> list[float]:
    """Seconds from published to readable, of these. Raises SystemExit when rows are missing."""
    if missing := [number for number in of if number not in readable]:
        raise SystemExit(f"events: {len(missing)} of {len(of)} have no rows")
    return [readable[number] - sent[number] for number in of]


def backlog_at(when: float, sent: Mapping[int, float], readable: Mapping[int, float]) -> int:
    """Pages that were asked for at that moment and whose rows could not yet be read."""
    asked = sum(at <= when for at in sent.values())
    return asked - sum(at <= when for at in readable.values())
