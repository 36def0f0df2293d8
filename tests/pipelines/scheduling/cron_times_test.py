import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.scheduling.cron_times import last_tick, next_tick

YEAR = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).timestamp()


def at(text, zone="UTC"):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def ticks(cron, zone, after, until):
    """All moments between two, in UTC."""
    found, now, end = [], at(after), at(until)
    while (now := next_tick(cron, zone, now)) <= end:
        found.append(f"{datetime.datetime.fromtimestamp(now, datetime.UTC):%m-%d %H:%M}")
    return found


def test_sunday_at_two():
    assert ticks("0 2 * * SUN", "UTC", "2026-11-20", "2026-12-01") == ["11-22 02:00", "11-29 02:00"]


def test_a_time_of_day_is_that_of_the_zone():
    days = "2026-07-01", "2026-07-02"
    assert ticks("30 8 * * *", "America/New_York", *days) == ["07-01 12:30"]
    assert ticks("30 8 * * *", "Asia/Kolkata", *days) == ["07-01 03:00"]


def test_a_time_that_clocks_leap_over_fires_nothing():
    assert ticks("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00", "2026-03-31") == ["03-28 01:30", "03-30 00:30"]
    assert ticks("0 * * * *", "Europe/Berlin", "2026-03-28T23:30", "2026-03-29T02:30") == [
        "03-29 00:00",
        "03-29 01:00",  # 03:00 on the wall
        "03-29 02:00",
    ]


def test_a_time_that_comes_twice_fires_twice():
    assert ticks("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", "2026-10-27") == [
        "10-25 00:30",
        "10-25 01:30",
        "10-26 01:30",
    ]


def test_half_an_hour_is_a_change_of_the_clock_as_well():
    assert ticks("45 1 * * *", "Australia/Lord_Howe", "2026-04-04", "2026-04-05") == ["04-04 14:45", "04-04 15:15"]


def test_the_last_one_is_found_backwards():
    assert last_tick("0 2 * * SUN", "UTC", at("2026-11-22T02:00")) == at("2026-11-22T02:00")
    assert last_tick("0 2 * * SUN", "UTC", at("2026-11-22T01:59")) == at("2026-11-15T02:00")
    assert last_tick("30 2 * * *", "Europe/Berlin", at("2026-10-25T01:00")) == at("2026-10-25T00:30")
    assert last_tick("30 2 * * *", "Europe/Berlin", at("2026-10-25T02:00")) == at("2026-10-25T01:30")


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"])
CRONS = st.sampled_from(["*/15 * * * *", "30 2 * * *", "0 0 * * *", "5 */2 * * *", "0 1 * * SUN", "59 1,2 * 3,10 *"])


@given(CRONS, ZONES, st.floats(0, 365 * 86_400))
def test_forwards_and_backwards_agree_and_each_is_on_the_clock(cron, zone, secs):
    now = YEAR + secs

    ahead = next_tick(cron, zone, now)
    behind = last_tick(cron, zone, now)

    assert behind <= now < ahead
    assert last_tick(cron, zone, ahead) == ahead
    assert next_tick(cron, zone, behind) == ahead
    minute = cron.split()[0]
    assert minute == "*/15" or datetime.datetime.fromtimestamp(ahead, ZoneInfo(zone)).minute == int(minute)


@pytest.mark.parametrize("cron", ["0 0 29 2 *", "0 3 * * 7", "0 3 * * 0", "0 3 1 * MON"])
def test_rare_and_odd_ones(cron):
    assert next_tick(cron, "Europe/Berlin", YEAR) > YEAR
