"""How figures of events are made of moments."""

import pytest

from benchmarks.event_figures import backlog_at, latencies, percentile
from benchmarks.event_service import page_url

SENT = {1: 10.0, 2: 11.0, 3: 12.0}
READABLE = {1: 10.5, 2: 13.0, 3: 12.5}


def test_a_latency_is_from_published_to_readable() -> None:
    assert latencies(SENT, READABLE, [1, 2]) == [0.5, 2.0]
    with pytest.raises(SystemExit, match="1 of 2 have no rows"):
        latencies({4: 1.0, **SENT}, READABLE, [1, 4])


def test_a_backlog_is_what_was_asked_for_and_is_not_there() -> None:
    assert [backlog_at(when, SENT, READABLE) for when in (9, 10.2, 12.1, 14)] == [0, 1, 2, 0]


def test_percentiles_lie_among_the_values() -> None:
    assert percentile(list(range(101)), 95) == 95


def test_a_page_with_another_delay_is_of_another_host() -> None:
    assert page_url(41, "http") == "http://after50ms-1.example/list/41"
    assert page_url(41, "browser", 60_000) == "http://after60000ms-1.example/js/list/41"
