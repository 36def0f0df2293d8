"""iCalendar files, read as JSON."""

from collections.abc import Callable

import pytest

from schemas.reading import Reading
from scrapers.extraction.calendar_json import read_calendar
from scrapers.extraction.tolerant_body import BadDocument

Read = Callable[..., Reading]
FILE = """BEGIN:VCALENDAR\r
VERSION:2.0\r
X-WR-CALNAME:Board\\, City\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20240508\r
SUMMARY:Day\\; off\\nor \r
 not\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;TZID=America/Chicago:20240509T083000\r
DTEND;TZID="Nowhere/Known":20240509T093000\r
CREATED:20240502T153248Z\r
LOCATION;LANGUAGE=en;ALTREP="http://x.test/a:b":Room 9\\, City Hall\r
CATEGORIES:Board,Public\\, open\r
CATEGORIES:Budget\r
URL:https://x.test/e?a=b;c:d\r
not a line\r
BEGIN:VALARM\r
TRIGGER:-PT15M\r
END:VALARM\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_components_are_lists_and_properties_are_texts() -> None:
    calendar = read_calendar(FILE)

    assert calendar["x_wr_calname"] == "Board, City"
    day, meeting = calendar["vevent"]
    assert day == {"dtstart": "2024-05-08", "summary": "Day; off\nor not"}
    assert meeting == {
        "dtstart": "2024-05-09T08:30:00-05:00",
        "dtend": "2024-05-09T09:30:00",
        "created": "2024-05-02T15:32:48+00:00",
        "location": "Room 9, City Hall",
        "categories": ["Board", "Public, open", "Budget"],
        "url": "https://x.test/e?a=b;c:d",
        "valarm": [{"trigger": "-PT15M"}],
    }


@pytest.mark.parametrize("content_type", ["text/calendar; charset=utf-8", "text/html", "application/octet-stream"])
def test_events_are_items_whatever_the_answer_calls_itself(read: Read, content_type: str) -> None:
    rules = """
items: {jmes: "vevent[?contains(dtstart, 'T')]"}
fields: {name: {jmes: location}, start: {jmes: dtstart, type: timestamp}}
"""

    [item] = read(rules, FILE, content_type).items

    assert item == {"name": "Room 9, City Hall", "start": "2024-05-09T08:30:00-05:00"}


@pytest.mark.parametrize("text", ["BEGIN:VCALENDAR\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:soon", "BEGIN:VCALENDAR\n" * 50])
def test_broken_files_give_what_they_have(text: str) -> None:
    assert isinstance(read_calendar(text), dict)


def test_what_is_no_calendar_is_said() -> None:
    with pytest.raises(BadDocument):
        read_calendar("SUMMARY:x")
