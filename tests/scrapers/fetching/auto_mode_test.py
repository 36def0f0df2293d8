import random

import pytest

from scrapers.fetching.auto_mode import AutoMode

SHOP = ("shop", "detail")


def crawl(auto: AutoMode, needs: list[bool], gives: bool | None = True) -> list[str]:
    """Fetches a page for each need as the fetcher does; gives how: http, browser, or both."""
    ways = []
    for need in needs:
        if auto.first(*SHOP) == "browser":
            ways.append("browser")
        elif not need:
            auto.learned(*SHOP, http_enough=True)
            ways.append("http")
        elif auto.asks_browser(*SHOP):
            auto.learned(*SHOP, http_enough=False, browser_gave_more=gives)
            ways.append("both")
        else:
            auto.learned(*SHOP, http_enough=False)
            ways.append("http")
    return ways


def mixed(share: float, count: int = 3000) -> list[bool]:
    draw = random.Random(f"{share}")  # noqa: S311  a site, not a secret
    return [draw.random() < share for _ in range(count)]


@pytest.mark.parametrize("browser_cost", [5, 20, 50])
@pytest.mark.parametrize("share", [0, 0.02, 0.1, 0.3, 0.5, 0.8, 0.9, 0.97, 1])
def test_the_cost_is_near_that_of_knowing_what_each_page_needs(share: float, browser_cost: int) -> None:
    needs = mixed(share)
    costs = {"http": 1, "browser": browser_cost, "both": 1 + browser_cost}
    ideal = sum(browser_cost if need else 1 for need in needs)

    assert sum(costs[way] for way in crawl(AutoMode(), needs)) <= 1.2 * ideal


def test_the_browser_is_asked_for_no_page_that_is_enough_over_http() -> None:
    needs = mixed(0.1)

    assert [way == "both" for way in crawl(AutoMode(), needs)] == needs


def test_pages_go_straight_to_the_browser_once_http_was_in_vain_ten_times() -> None:
    assert crawl(AutoMode(), [True] * 40) == ["both"] * 10 + ["browser"] * 30


def test_every_fiftieth_page_is_tried_over_http_again() -> None:
    ways = crawl(AutoMode(), [True] * 210)

    assert [number for number, way in enumerate(ways) if way == "both"] == [*range(10), 59, 109, 159, 209]


def test_one_page_that_is_enough_over_http_again_brings_http_back() -> None:
    auto = AutoMode()
    crawl(auto, [True] * 10)

    assert crawl(auto, [False] * 60) == ["browser"] * 49 + ["http"] * 11


def test_a_run_after_one_that_ended_with_the_browser_tries_its_first_page_over_http() -> None:
    assert crawl(AutoMode({SHOP: "browser"}), [True] * 5) == ["both"] + ["browser"] * 4
    assert crawl(AutoMode({SHOP: "browser"}), [False] * 5) == ["http"] * 5


def test_requests_that_start_together_do_not_all_try_http() -> None:
    auto = AutoMode({SHOP: "browser"})

    assert [auto.first(*SHOP) for _ in range(4)] == ["http", "browser", "browser", "browser"]


def test_a_field_that_no_page_has_soon_costs_a_browser_page_in_twenty_only() -> None:
    ways = crawl(AutoMode(), [True] * 1020, gives=False)

    assert ways[:20] == ["both"] * 20
    assert [ways[20:].count(way) for way in ("both", "http", "browser")] == [50, 950, 0]


def test_one_page_that_gains_by_the_browser_has_it_asked_every_time_again() -> None:
    auto = AutoMode()
    crawl(auto, [True] * 39, gives=False)

    assert crawl(auto, [True] * 3) == ["both"] * 3


def test_a_browser_that_fails_teaches_nothing() -> None:
    auto = AutoMode()

    assert set(crawl(auto, [True] * 100, gives=None)) == {"both"}


def test_page_types_and_sources_are_decided_apart() -> None:
    auto = AutoMode()
    crawl(auto, [True] * 20)

    assert auto.first(*SHOP) == "browser"
    assert (auto.first("shop", "listing"), auto.first("other", "detail")) == ("http", "http")
