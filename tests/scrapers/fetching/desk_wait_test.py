"""A bundle waits for a quick page; where pages take longer, the next ones do not."""

import time
from typing import Any, cast

from scrapers.fetching.desk import Desk
from scrapers.fetching.desk_load import Load
from scrapers.fetching.desk_visit import DeskVisit
from scrapers.fetching.settings import FetchSettings

LONG_SECS = 60.0


class OpenVisit:
    """Stands in for a visit whose page ends when the test says so."""

    is_done = False


def desk_of(visit: OpenVisit) -> Desk:
    return Desk(("shop.test", 0), lambda: cast(DeskVisit, cast(Any, visit)), lambda: "token", Load(FetchSettings()))


def waits_long(desk: Desk) -> bool:
    begun = time.monotonic()
    desk.wait(LONG_SECS)
    return time.monotonic() - begun >= LONG_SECS


def test_a_page_that_was_waited_for_in_vain_keeps_no_further_bundle() -> None:
    desk = desk_of(OpenVisit())
    desk.wait(0.2)
    assert not waits_long(desk)


def test_too_little_patience_tells_nothing_of_a_host() -> None:
    visit = OpenVisit()
    desk = desk_of(visit)
    desk.wait(0.0)
    assert desk._slow_until == 0.0
    visit.is_done = True
    assert not waits_long(desk)
