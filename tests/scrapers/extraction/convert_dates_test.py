from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from scrapers.extraction.convert import ConvertContext, ConvertError, converter

FETCHED = datetime(2024, 3, 5, 12, tzinfo=UTC)
HERE = ConvertContext(fetched_at=FETCHED.timestamp())


def convert(spec: Any, value: Any) -> Any:
    return converter(spec)(value, HERE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-02T03:04:05Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04:05.5+02:00", datetime(2024, 1, 2, 1, 4, 5, 500000, tzinfo=UTC)),
        ("2024-01-02", datetime(2024, 1, 2)),
        ("Tue, 05 Mar 2024 10:00:00 GMT", datetime(2024, 3, 5, 10, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("March 5, 2023 7:30 pm", datetime(2023, 3, 5, 19, 30)),
        ("Sunday, Mar. 5th, 2023 at 7 p.m.", datetime(2023, 3, 5, 19)),
        ("5 September 2023, 12:05 AM", datetime(2023, 9, 5, 0, 5)),
        ("1st of May 2023", datetime(2023, 5, 1)),
        ("3 days ago", datetime(2024, 3, 2, 12)),
        ("yesterday", datetime(2024, 3, 4, 12)),
        ("5. März 2024", datetime(2024, 3, 5)),
    ],
)
def test_moments_without_a_format(text, expected):
    assert convert("datetime", text) == expected


def test_a_zone_is_the_pages_unless_the_text_names_its_own():
    spec = {"datetime": {"zone": "America/New_York"}}
    assert convert(spec, "2024-07-01 19:30").astimezone(UTC) == datetime(2024, 7, 1, 23, 30, tzinfo=UTC)
    assert convert(spec, "2024-07-01T19:30Z").utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text", ["Tue, Oct 17, 2017 7:30p", "Tue, Oct 17, 2017 7:30 PM", "Tue, Oct 17, 2017 7:30 p.m."]
)
def test_half_days_are_read_as_people_write_them(text):
    spec = {"datetime": {"format": "%a, %b %d, %Y %I:%M%p", "zone": "America/New_York"}}
    assert convert(spec, text).astimezone(UTC) == datetime(2017, 10, 17, 23, 30, tzinfo=UTC)


def test_formats_are_tried_in_turn():
    spec = {"date": {"formats": ["%d.%m.%Y", "%m/%d/%Y"]}}
    assert convert(spec, "31.12.2024") == convert(spec, "12/31/2024") == date(2024, 12, 31)


@pytest.mark.parametrize(
    ("prefer", "text", "expected"),
    [
        ("current", "Mar 1", date(2024, 3, 1)),
        ("future", "Mar 1", date(2025, 3, 1)),
        ("future", "Mar 5", date(2024, 3, 5)),
        ("past", "Mar 9", date(2023, 3, 9)),
    ],
)
def test_a_missing_year_comes_from_when_the_page_was_fetched(prefer, text, expected):
    assert convert({"date": {"format": "%b %d", "prefer": prefer}}, text) == expected


def test_languages_and_order_settle_what_is_meant():
    assert convert({"date": {"languages": ["es"]}}, "5 de marzo de 2024") == date(2024, 3, 5)
    assert convert({"date": {"order": "DMY"}}, "05/03/2024") == date(2024, 3, 5)


def test_a_day_out_of_range_is_said():
    with pytest.raises(ConvertError):
        convert({"date": {"zone": "Asia/Tokyo"}}, "0001-01-01T00:00:00+23:59")


def test_a_day_with_a_zone_is_the_day_that_it_was_there():
    assert convert({"date": {"zone": "America/New_York"}}, "2024-01-02T03:00:00Z") == date(2024, 1, 1)


@pytest.mark.parametrize(("text", "expected"), [("7:30p", time(19, 30)), ("19:30", time(19, 30)), ("7 pm", time(19))])
def test_times_of_day(text, expected):
    assert convert("time", text) == expected


@pytest.mark.parametrize("text", ["nothing", "5", "2024", "x" * 5000, "Feb 30, 2024"])
def test_what_is_no_date_is_said(text):
    with pytest.raises(ConvertError):
        convert("datetime", text)
    with pytest.raises(ConvertError):
        convert({"datetime": "%d.%m.%Y"}, text)
    with pytest.raises(ConvertError):
        convert("time", text + " o'clock")


def test_a_date_is_found_in_a_text_with_the_end_of_its_range():
    text = "Tuesday, March 3, 2020, 7-9 p.m., Room 906"
    zone = {"zone": "America/Chicago"}
    assert convert({"datetime": {"find": "start"}}, text) == datetime(2020, 3, 3, 19)
    assert convert({"datetime": {"find": "end", **zone}}, text).astimezone(UTC) == datetime(2020, 3, 4, 3, tzinfo=UTC)
    assert convert({"datetime": {"find": "end"}}, "March 3, 2020, 7 p.m.") is None
    assert convert({"datetime": {"find": "start"}}, "2020-03-03T19:00:00-06:00").hour == 19
    assert convert({"date": {"find": "start", "order": "DMY"}}, "on 3/4/2020") == date(2020, 4, 3)
    with pytest.raises(ConvertError):
        convert({"datetime": {"find": "end"}}, "no date here")


def test_what_is_found_without_a_year_lies_in_the_year_of_the_fetch():
    found = convert({"datetime": {"find": "start"}}, "Friday, May 8, 2 p.m.")
    assert found == datetime(FETCHED.year, 5, 8, 14)


def test_a_moment_is_past_or_future_when_the_page_was_fetched():
    spec = {"when": {"past": "PASSED", "future": "TENTATIVE"}}
    now = FETCHED
    assert convert(spec, now - timedelta(seconds=1)) == "PASSED"
    assert convert(spec, (now + timedelta(hours=1)).isoformat()) == "TENTATIVE"
    assert convert(spec, now.date()) == "TENTATIVE"
    assert convert(spec, (now - timedelta(days=1)).date().isoformat()) == "PASSED"
    local = {"when": {"past": "PASSED", "future": "TENTATIVE", "zone": "Asia/Tokyo"}}
    assert convert(local, now.replace(tzinfo=None) + timedelta(hours=1)) == "PASSED"


@pytest.mark.parametrize(
    "options", [{"find": "begin"}, {"find": "start", "format": "%Y"}, {"find": "end", "languages": "de"}]
)
def test_options_that_cannot_be_are_said(options):
    with pytest.raises(ValueError, match="find"):
        converter({"datetime": options})
