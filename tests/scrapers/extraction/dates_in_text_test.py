from datetime import datetime as at

import pytest

from scrapers.extraction.dates_in_text import find_range


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Tuesday, March 23, 2021 @ 8:30 a.m.", at(2021, 3, 23, 8, 30), None),
        ("06/15/2018 2:00 PM, Board Room, 567 W. Lake Street, Chicago, IL 60661", at(2018, 6, 15, 14), None),
        ("Feb 21, 2018 - 10:30 AM", at(2018, 2, 21, 10, 30), None),
        ("Board Meeting Schedule 2021 Tuesday, January 26, 9 a.m.", at(2021, 1, 26, 9), None),
        ("2019 Meetings: Feburary 20", at(2019, 2, 20), None),
        ("12:00 noon, on February 7, 2019 in Room 1115", at(2019, 2, 7, 12), None),
        ("Room 1010 at 10:30 a.m., the 13th of Dec. 2017", at(2017, 12, 13, 10, 30), None),
        ("03.21.19 Committee", at(2019, 3, 21), None),
        ("2019-02-07T12:00 and more", at(2019, 2, 7, 12), None),
        ("31/01/2020 14:30", at(2020, 1, 31, 14, 30), None),
        ("July 12, 2021, 5p", at(2021, 7, 12, 17), None),
        ("March 3, 2021 7:00 - 9:00 PM", at(2021, 3, 3, 19), at(2021, 3, 3, 21)),
        ("7-9 pm March 3, 2021", at(2021, 3, 3, 19), at(2021, 3, 3, 21)),
        ("11-1 p.m. March 3, 2021", at(2021, 3, 3, 11), at(2021, 3, 3, 13)),
        ("from 6:00pm until 8:30pm, Wed. 12 Dec 2019", at(2019, 12, 12, 18), at(2019, 12, 12, 20, 30)),
        ("December 31, 2019 9 pm to 1 am", at(2019, 12, 31, 21), at(2020, 1, 1, 1)),
        ("Feb 7, 2019 7 pm – Feb 8, 2019 9 am", at(2019, 2, 7, 19), at(2019, 2, 8, 9)),
        ("March 3-5, 2021", at(2021, 3, 3), at(2021, 3, 5)),
        ("January 7, 2020 - January 9, 2020 from 9am to 5pm", at(2020, 1, 7, 9), at(2020, 1, 9, 17)),
        ("Tuesday, May 5 2020, 9:30 a.m. and Friday, May 8 2020, 2 p.m.", at(2020, 5, 5, 9, 30), None),
    ],
)
def test_dates_are_found_in_sentences_and_ranges_have_ends(text, start, end):
    found = find_range(text)
    assert (found.start, found.end, found.has_year) == (start, end, True)


def test_the_order_of_numbers_is_the_months_first_unless_said_otherwise():
    assert find_range("on 1/2/2021").start == at(2021, 1, 2)
    assert find_range("on 1/2/2021", "DMY").start == at(2021, 2, 1)


@pytest.mark.parametrize(
    "text", ["", "no date", "February 2018 Board Meeting", "Room 12/3", "99/99/2020", "May we meet at 5"]
)
def test_texts_without_a_date(text):
    assert find_range(text) is None


def test_a_text_may_leave_the_year_open():
    assert find_range("Friday, May 8, 2 p.m.").has_year is False
    assert find_range("2021: Feb 29") is None


def test_long_texts_take_time_that_grows_with_their_length():
    for piece in ("1 - ", "1:00 to ", "Jan 1 - ", "9 a", "Jan 1, 2020 \ue000 - \ue063"):
        find_range(piece * 5000)
