"""Limits by themselves; what they do to a run is tested in crawl_test.py."""

from typing import Any

import pytest

from schemas.outcome import Outcome, Scraped
from schemas.reasons import Dead, Drop
from scrapers.fetching.limits import Limiter, Uses


class Rules:
    """Of a source without limits."""

    name = "shop"

    class source:  # noqa: N801  named as the attribute that it stands for
        class limits:  # noqa: N801
            max_secs = max_pages = None


def blocked(execution_id: str) -> Scraped:
    return Scraped(Outcome(execution_id, "shop", "r", "dead", str(Dead.BLOCKED)))


@pytest.fixture
def limiter() -> Limiter:
    return Limiter(0, Uses())


def test_a_pause_ends_with_its_execution_for_a_queue_may_stay_open_for_weeks(limiter: Limiter) -> None:
    rules: Any = Rules
    for _ in range(3):
        limiter.watch(blocked("first"))
    assert limiter.spent(rules, "first", 0.0) == (Drop.BACKOFF, "paused after 3 pages blocked in a row")
    assert limiter.spent(rules, "second", 0.0) is None


def test_a_page_that_is_none_of_them_ends_the_row(limiter: Limiter) -> None:
    rules: Any = Rules
    for ended in (
        blocked("first"),
        blocked("first"),
        Scraped(Outcome("first", "shop", "r", "pages")),
        blocked("first"),
    ):
        limiter.watch(ended)
    assert limiter.spent(rules, "first", 0.0) is None


def test_what_an_execution_used_is_kept_until_it_has_ended() -> None:
    uses = Uses()
    assert uses.of("first", 0.0).take("page", 0, 1)
    assert not uses.of("first", 1.0).take("another", 0, 1)

    uses.forget(["first", "unknown"])
    assert uses.of("first", 2.0).started == 2.0
