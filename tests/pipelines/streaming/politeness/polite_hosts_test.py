"""The check of politeness bears a request that is seen late, and finds a second process at a host."""

import pytest

from tests.pipelines.streaming.politeness.polite_hosts import DELAY_SECS, HOSTS, LINKED, check_polite
from tests.pipelines.streaming.politeness.recording_site import Seen, Visits

STEADY = [DELAY_SECS * number for number in range(10)]


def visits_of(came: list[float], most: int = 1) -> Visits:
    visits = Visits(str, secs=0)
    visits.seen.update({domain: Seen(list(STEADY), 1) for domain in (LINKED, *(f"h{n}.test" for n in range(HOSTS)))})
    visits.seen["h3.test"] = Seen(came, most)
    return visits


def test_a_request_that_is_seen_late_is_borne() -> None:
    check_polite(visits_of([*STEADY[:4], STEADY[4] + 0.3 * DELAY_SECS, *STEADY[5:]]))


@pytest.mark.parametrize("offset", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_second_process_at_a_host_is_found(offset: float) -> None:
    other = [offset * DELAY_SECS + at for at in STEADY[3:6]]
    with pytest.raises(AssertionError):
        check_polite(visits_of(sorted(STEADY + other)))


def test_two_requests_at_once_are_found() -> None:
    with pytest.raises(AssertionError):
        check_polite(visits_of(STEADY, most=2))
