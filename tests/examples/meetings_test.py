from datetime import UTC, datetime

PAGE = """<table class=agendaminuteDataTbl><tr><th>Date/time<th>Categories<th>Meeting name<th>Location<th>Attachments
<tr><td>06/15/2018<br>2:00 PM<td>x<td>Audit Committee<td>Board Room<br>567 W. Lake Street<td>
<a href=/n.pdf>Notice</a><a href=/a.pdf>Agenda</a>
<tr><td>06/15/2030<br>9 - 11:30 a.m.<td>x<td>Regular Board Meeting<td>Board Room<td>
<tr><td>06/16/2030<br>noon<td>x<td>Budget hearing (CANCELLED)<td>Board Room<td></table>"""


def test_meetings_of_a_table(read_rows):
    audit, board, hearing = read_rows("meetings_table", PAGE)
    assert (audit["kind"], audit["status"], audit["location"]) == (
        "committee",
        "passed",
        "Board Room, 567 W. Lake Street",
    )
    assert (audit["start"], audit["end"]) == (datetime(2018, 6, 15, 19, tzinfo=UTC), None)
    assert audit["links"] == [
        {"title": "Notice", "href": "https://site.test/n.pdf"},
        {"title": "Agenda", "href": "https://site.test/a.pdf"},
    ]
    assert (board["kind"], board["status"], board["links"]) == ("board", "planned", [])
    assert board["end"] == datetime(2030, 6, 15, 16, 30, tzinfo=UTC)
    assert (hearing["kind"], hearing["status"]) == (None, "cancelled")


def test_meetings_between_line_breaks(read_rows):
    html = """<div class=page-description><p>2020 Meetings</p><p>Advisory Board May 14, 2020
    <a href=/1.pdf>Agenda<br></a>
    Board of Directors Oct. 9, 2030 (cancelled)</p></div>"""
    advisory, directors = read_rows("meetings_lines", html)
    assert (advisory["title"], advisory["start"].date().isoformat(), advisory["status"]) == (
        "Advisory Board", "2020-05-14", "passed",
    )  # fmt: skip
    assert advisory["links"] == [{"title": "Agenda", "href": "https://site.test/1.pdf"}]
    assert (directors["title"], directors["status"], directors["links"]) == ("Board of Directors", "cancelled", [])


def test_meetings_of_a_calendar(read_rows):
    text = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
SUMMARY:Office closed
DTSTART;VALUE=DATE:20240508
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Finance Meeting
DTSTART;TZID=America/Chicago:20300509T153000
DTEND:20300509T213000Z
END:VEVENT
END:VCALENDAR"""
    [row] = read_rows("meetings_calendar", text)
    assert (row["title"], row["status"], row["location"]) == ("Finance Meeting", "planned", None)
    assert (row["start"], row["end"]) == (
        datetime(2030, 5, 9, 20, 30, tzinfo=UTC), datetime(2030, 5, 9, 21, 30, tzinfo=UTC),
    )  # fmt: skip
