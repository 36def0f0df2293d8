"""When a host is looked at again: when its page is usually there, and not much later when it is late."""

import itertools

import pytest

from scrapers.fetching.desk_looks import Looks, Manner, PageTimes

RENDERED, QUICK = Manner(renders=True, one_by_one=False), Manner(renders=False, one_by_one=False)
POLITE = Manner(renders=False, one_by_one=True)


def looks_of(manner: Manner | None, times: PageTimes | None = None) -> Looks:
    looks = Looks(times or PageTimes())
    looks.manner = manner
    return looks


def taught(manner: Manner, *page_secs: float, times: PageTimes | None = None) -> Looks:
    """Has had pages that took so long, one after the other, long ago."""
    looks = looks_of(manner, times)
    for number, secs in enumerate(page_secs):
        looks.begin(f"old {number}", 100.0 * number)
        looks.end(f"old {number}", 100.0 * number + secs, is_page=True)
        looks.close(f"old {number}")
    return looks


def until_found(looks: Looks, ends_at: float, now: float = 1_000.0) -> list[float]:
    """Seconds after it was taken at which a page is looked for, until it is there."""
    looks.begin("new", now)
    found = [now]
    while found[-1] < now + ends_at:
        found.append(found[-1] + looks.next_secs(found[-1]))
    return [round(at - now, 3) for at in found[1:]]


def test_the_first_look_is_when_the_page_is_usually_there() -> None:
    assert until_found(taught(RENDERED, 0.8, 0.8), 0.8) == [0.8]


def test_a_late_page_is_looked_for_in_growing_steps_of_at_most_so_long() -> None:
    found = until_found(taught(RENDERED, 0.8), 10.0)
    assert found[:3] == [0.8, 1.0, 1.25]
    steps = [round(later - earlier, 3) for earlier, later in itertools.pairwise(found)]
    assert steps == sorted(steps)
    assert steps[-1] == 1.5


def test_a_page_that_takes_long_as_usual_is_looked_for_often_enough_for_its_host_to_be_kept() -> None:
    assert until_found(taught(RENDERED, 60.0), 5.0) == [1.5, 3.0, 4.5, 6.0]


def test_quick_pages_are_looked_for_soon() -> None:
    assert until_found(taught(QUICK, 0.05, 0.05), 0.35) == [0.1, 0.2, 0.3, 0.4]


def test_what_is_usual_shrinks_with_the_pages_however_late_they_are_seen() -> None:
    looks = taught(RENDERED, 4.0, *[0.5] * 20)
    assert until_found(looks, 0.5)[0] == pytest.approx(0.5, abs=0.01)


def test_the_first_page_of_a_host_is_looked_for_as_those_of_other_hosts_that_are_had_like_it() -> None:
    times = PageTimes()
    taught(RENDERED, 1.0, times=times)
    assert until_found(looks_of(RENDERED, times), 1.0) == [1.0]
    assert until_found(looks_of(QUICK, times), 0.1) == [0.1]


def test_what_was_no_page_tells_nothing_of_pages() -> None:
    looks = taught(RENDERED, 0.8)
    looks.begin("dead", 500.0)
    looks.end("dead", 560.0, is_page=False)
    looks.close("dead")
    assert until_found(looks, 0.8) == [0.8]


def test_a_page_that_waits_for_others_begins_when_they_have_ended() -> None:
    looks = taught(POLITE, 1.0)
    for spec in ("first", "second"):
        looks.begin(spec, 1_000.0)
    looks.end("first", 1_001.0, is_page=True)
    looks.close("first")
    assert looks.next_secs(1_001.25) == pytest.approx(0.75)
    looks.end("second", 1_002.0, is_page=True)
    looks.close("second")
    assert until_found(looks, 1.0, now=2_000.0) == [1.0]


def test_a_quick_page_beside_one_that_hangs_is_looked_for_soon() -> None:
    looks = taught(QUICK, 0.2)
    looks.begin("hangs", 1_000.0)
    looks.begin("new", 1_030.0)
    assert looks.next_secs(1_030.0) == pytest.approx(0.2)


def test_while_nothing_is_known_of_the_work_the_next_look_is_soon() -> None:
    looks = looks_of(None)
    looks.begin("new", 0.0)
    assert looks.next_secs(30.0) == pytest.approx(0.1)
