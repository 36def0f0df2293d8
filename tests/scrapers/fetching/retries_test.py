"""Backoff and Retry-After."""

import pytest

from scrapers.fetching.retries import backoff_secs, parse_retry_after

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(("attempt", "least"), [(1, 1), (2, 2), (3, 4), (4, 8)])
def test_the_wait_doubles_and_jitter_only_adds(attempt: int, least: float) -> None:
    waits = [backoff_secs(attempt) for _ in range(200)]
    assert least <= min(waits)
    assert max(waits) <= least * 1.25
    assert len(set(waits)) > 100


@pytest.mark.parametrize(
    ("value", "secs"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
        ("Tuesday, 14-Nov-23 22:14:20 GMT", 60.0),
        ("Tue, 14 Nov 2023 23:14:20 +0100", 60.0),
        ("Tue, 14 Nov 2023 22:12:20 GMT", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("9" * 400, 999_999_999.0),
    ],
)
def test_retry_after_in_both_forms(value: str, secs: float | None) -> None:
    assert parse_retry_after(value, NOW) == secs
