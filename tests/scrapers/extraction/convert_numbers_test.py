from decimal import Decimal
from typing import Any

import pytest

from scrapers.extraction.convert import ConvertContext, ConvertError, converter


def convert(spec: Any, value: Any) -> Any:
    return converter(spec)(value, ConvertContext())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1,234 reviews", 1234),
        ("4.7 out of 5", Decimal("4.7")),
        ("4,7", Decimal("4.7")),
        ("1.234,5", Decimal("1234.5")),
        ("1,234.5", Decimal("1234.5")),
        ("1.234.567", 1234567),
        ("1 234 567", 1234567),
        ("1’234", 1234),
        ("5 12", 5),
        ("(12)", 12),
        ("$1,000.50", Decimal("1000.50")),
        ("-5", -5),
        ("−5 °C", -5),
        ("12.5K followers", 12500),
        ("3M", 3000000),
        ("45 %", 45),
        (".402", Decimal("0.402")),
        (7, 7),
        (4.5, 4.5),
    ],
)
def test_numbers_in_texts(value, expected):
    assert convert("number", value) == expected


def test_a_language_or_a_sign_settles_what_a_point_means():
    assert convert({"number": {"locale": "de"}}, "1.234") == 1234
    assert convert({"number": {"locale": "de-CH"}}, "1.5") == Decimal("1.5")
    assert convert({"number": ","}, "1.234,50") == Decimal("1234.50")


def test_a_text_without_a_number_is_said():
    for text in ("no", "A4 paper", "-"):
        with pytest.raises(ConvertError, match="number"):
            convert("number", text)


@pytest.mark.parametrize(
    ("spec", "value", "expected"),
    [
        ("price", "£51.77", Decimal("51.77")),
        ("price", "1.234,50 €", Decimal("1234.50")),
        ("price", "$1,299.00", Decimal("1299.00")),
        ({"price": {"decimal": ","}}, "EUR 1.234", Decimal("1234")),
        ("price", 9.9, Decimal("9.9")),
        ("currency", "£51.77", "£"),
        ("currency", "12.00 EUR", "EUR"),
        ("currency", "12.00", None),
    ],
)
def test_prices_and_currencies(spec, value, expected):
    assert convert(spec, value) == expected


def test_a_text_without_a_price_is_said():
    with pytest.raises(ConvertError, match="price"):
        convert("price", "on request")
