from typing import Any

import pytest

from scrapers.extraction.convert import ConvertContext, ConvertError, converter

HERE = ConvertContext(url="https://shop.test/c/lamps?page=2", params={"season": 2001}, fetched_at=1_709_640_000)


def convert(spec: Any, value: Any, **functions: Any) -> Any:
    return converter(spec, lambda name: functions[name.replace(".", "_")])(value, HERE)


def test_nothing_stays_nothing():
    assert convert("price", None) is None
    assert convert("price", "") is None


def test_of_a_list_each_element_is_converted_and_nothing_is_left_out():
    assert convert("text", ["<b>a</b>", "", " ", "c"]) == ["a", "c"]


def test_several_are_applied_in_turn():
    assert convert([{"split": ";"}, "upper", {"join": " + "}], "a; b") == "A + B"


def test_a_converter_that_gives_lists_is_spliced_into_a_list():
    assert convert("lines", ["a\nb", "c"]) == ["a", "b", "c"]


def test_a_function_of_the_source_gets_the_value_and_if_it_likes_the_context():
    assert convert("shop.doubled", 2, shop_doubled=lambda value: value * 2) == 4
    assert convert("shop.season", 2, shop_season=lambda value, context: context.params["season"]) == 2001


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("prise", "unknown converter `prise`; there are .*price"),
        ({"price": {"dezimal": ","}}, "`price` has no option `dezimal`; it has decimal, locale"),
        ({"price": ";"}, "option `decimal`"),
        ({"url": 1}, "`url` has no options"),
        ({"price": {}, "text": {}}, "mapping of one name"),
        (5, "expected a converter's name"),
        ({"datetime": {"zone": "Europe/Nowhere"}}, "no time zone `Europe/Nowhere`"),
        ({"datetime": {"format": "YYYY"}}, "codes such as"),
        ({"datetime": {"order": "MYX"}}, "one of YMD"),
        ({"datetime": {"prefer": "soon"}}, "one of future"),
        ({"duration": "weeks"}, "one of seconds"),
        ({"duration": {"clock": "s:m"}}, "'h:m' or 'm:s'"),
        ({"replace": {"pattern": "("}}, "option `pattern`"),
        ({"replace": {"pattern": "a", "by": r"\7"}}, "invalid group"),
        ({"split": ""}, "option `by`"),
        ({"entries": "some"}, "one of sections"),
        ({"shop.f": 1}, "takes no options"),
    ],
)
def test_a_wrong_spec_is_said_when_it_is_made(spec, message):
    with pytest.raises(ValueError, match=message):
        converter(spec, lambda name: str)


@pytest.mark.parametrize("name", ["price", "number", "datetime", "date", "time", "duration", "url", "text", "split"])
@pytest.mark.parametrize("value", [{"a": 1}, True])
def test_a_record_or_a_truth_value_is_no_text(name, value):
    with pytest.raises(ConvertError, match="expected"):
        convert(name, value)
