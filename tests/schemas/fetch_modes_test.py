import pytest

from schemas.fetch_modes import FetchCounts, Mode, fetch_modes, next_mode
from schemas.ids import content_id
from schemas.outcome import Outcome
from schemas.tally import Tally


@pytest.mark.parametrize(
    ("before", "enough", "won", "then"),
    [
        ("http", 300, 30, "http"),
        ("http", 2, 30, "browser"),
        ("http", 4, 30, "http"),
        ("http", 0, 2, "http"),
        ("http", 0, 3, "browser"),
        ("browser", 0, 1, "browser"),
        ("browser", 1, 3, "http"),
        ("browser", 0, 0, "browser"),
        ("http", 0, 0, "http"),
    ],
)
def test_a_run_begins_with_the_browser_when_hardly_a_page_was_enough_over_http(
    before: Mode, enough: int, won: int, then: Mode
) -> None:
    assert next_mode(before, FetchCounts(enough=enough, won=won)) == then


def ended(number: int, **more: object) -> Outcome:
    return Outcome("e1", "shop", content_id(number), more.pop("end", "pages"), **more)  # type: ignore[arg-type]


def test_requests_are_counted_by_page_type_and_way_whichever_worker_had_them() -> None:
    outcomes = [
        ended(1, page_type="listing"),
        ended(2, page_type="listing", http_in_vain=True, rendered=True, browser_secs=0.5),
        ended(3, page_type="listing", http_in_vain=True, browser_secs=0.25),
        ended(4, page_type="listing", http_in_vain=True),
        ended(5, page_type="listing", rendered=True, browser_secs=1.0, end="dead", reason="not_ready"),
        ended(6, page_type="listing", end="dead", reason="http_4xx"),
        ended(7, page_type="listing", end="dropped", reason="robots"),
        ended(8, page_type="detail"),
        ended(9, page_type="detail", from_archive=True),
        ended(10, page_type="detail", from_archive=True, rendered=True),
    ]
    total = Tally()
    for one in reversed(outcomes):
        part = Tally()
        part.end(one)
        total.add(part)

    listing = FetchCounts(http=4, browser=2, http_in_vain=3, browser_in_vain=1, enough=1, won=1)
    assert total.fetched == {"listing": listing, "detail": FetchCounts(http=1, enough=1)}
    assert (total.counts["pages_rendered"], total.browser_secs) == (2, 1.75)


def test_the_execution_tells_of_page_types_that_have_to_do_with_a_browser() -> None:
    fetched = {"auto": FetchCounts(http=9, enough=9), "plain": FetchCounts(http=1), "app": FetchCounts(browser=2)}

    told = fetch_modes({"auto": "http", "unseen": "browser"}, fetched)

    assert {name: counts["mode"] for name, counts in told.items()} == {
        "auto": "http",
        "app": "browser",
        "unseen": "browser",
    }
    assert told["auto"]["http"] == 9
