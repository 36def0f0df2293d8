"""Values of single columns as BigQuery reads them from JSON: what it takes, and its words for what it does not take.

Ranges and text forms: https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types; large integers and JSON
columns: https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json#limitations. Where BigQuery is known
to convert (a number for a STRING, text for a number) it is done here too. Not known, and refused here: a boolean for a
STRING in load jobs.
"""

import base64
import binascii
import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = ["ALIASES", "PARSERS", "NotAValue", "parse_value", "plain_json"]

ALIASES = {
    "INT64": "INTEGER",
    "FLOAT64": "FLOAT",
    "BOOL": "BOOLEAN",
    "STRUCT": "RECORD",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}
_DIGITS = {"NUMERIC": (29, 9), "BIGNUMERIC": (38, 38)}  # before and after the point
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_TIME = re.compile(r"\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?")
_TIMESTAMP = re.compile(rf"({_DATE.pattern})(?:[Tt ]({_TIME.pattern}))?\s?(Z|z|UTC|[+-]\d{{1,2}}(?::?\d{{2}})?)?")
_FORMAT = "Required format is YYYY-MM-DD HH:MM[:SS[.SSSSSS]]"
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class NotAValue(Exception):
    """The column's type has no such value; the text is BigQuery's, without the name of the column."""


def parse_value(field: Mapping[str, Any], value: Any, json_as_text: bool) -> Any:
    """The value as Google's client would give it back.

    Args:
      json_as_text: JSON columns come as JSON text, as `tabledata.insertAll` wants; load jobs take any JSON.

    Raises:
      NotAValue
    """
    kind = ALIASES.get(field["type"], field["type"])
    if kind == "JSON":
        return json_text(value) if json_as_text else plain_json(value)
    if isinstance(value, dict):
        raise NotAValue("This field: {name} is not a record.")
    return PARSERS[kind](value, field)


def parse_string(value: Any, field: Mapping[str, Any]) -> str:
    if isinstance(value, bool):
        raise NotAValue("Conversion from bool to string is unsupported.")
    text = str(value)
    if len(text) > int(field.get("maxLength") or len(text)):
        raise NotAValue(f"has maximum length {field['maxLength']} but got a value with length {len(text)}")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise NotAValue("Invalid UTF-8: half of a surrogate pair")
    return text


def parse_bytes(value: Any, _: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise NotAValue("Could not decode base64 string to bytes.") from None


def parse_integer(value: Any, _: Mapping[str, Any]) -> int:
    """A JSON number beyond 2**53 is refused: BigQuery asks for text there, "to avoid data corruption"."""
    if isinstance(value, int) and abs(value) >= 2**53:
        raise NotAValue(f"An integer as large as {value} must come as text (the words are ours).")
    wrong = NotAValue(f"Cannot convert value to integer (bad value): {value}")
    number = number_of(value, wrong)
    if not number.is_finite() or number != number.to_integral_value() or not -(2**63) <= number < 2**63:
        raise wrong
    return int(number)


def parse_float(value: Any, _: Mapping[str, Any]) -> float:
    wrong = NotAValue(f"Cannot convert value to floating point (bad value): {value}")
    number = float(number_of(value, wrong))
    if number in (float("inf"), float("-inf")) and "inf" not in str(value).lower():
        raise wrong
    return number


def parse_boolean(value: Any, _: Mapping[str, Any]) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise NotAValue(f"Cannot convert value to boolean (bad value): {value}")


def parse_numeric(value: Any, field: Mapping[str, Any]) -> Decimal:
    """More digits than the column has are refused, not rounded, also behind the point."""
    kind = ALIASES.get(field["type"], field["type"])
    wrong = NotAValue(f"Invalid {kind} value: {value}")
    number = number_of(value, wrong)
    before, after = _DIGITS[kind]
    if field.get("precision"):
        after = int(field.get("scale") or 0)
        before = int(field["precision"]) - after
    if not number.is_finite() or (number and number.adjusted() >= before) or decimals(number) > after:
        raise wrong
    return number


def decimals(number: Decimal) -> int:
    """Digits behind the point, without zeros at the end; Python's arithmetic would round to 28 digits."""
    _, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).rstrip("0") if number else ""
    return max(0, -int(exponent) - (len(digits) - len(text))) if text else 0


def number_of(value: Any, wrong: NotAValue) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise wrong
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        raise wrong from None


def parse_date(value: Any, _: Mapping[str, Any]) -> dt.date:
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError
        return dt.date(*map(int, value.split("-")))
    except ValueError:
        raise NotAValue(f"Invalid date: '{value}'") from None


def parse_time(value: Any, _: Mapping[str, Any]) -> dt.time:
    try:
        if not isinstance(value, str) or not _TIME.fullmatch(value):
            raise ValueError
        whole, _point, fraction = value.partition(".")
        hours, minutes, seconds = map(int, whole.split(":"))
        return dt.time(hours, minutes, seconds, int(fraction.ljust(6, "0")))
    except ValueError:
        raise NotAValue(f"Invalid time string '{value}'") from None


def parse_datetime(value: Any, _: Mapping[str, Any]) -> dt.datetime:
    wrong = NotAValue(f"Invalid datetime string '{value}'")
    found = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[4]:
        raise wrong
    return moment(found, wrong)


def parse_timestamp(value: Any, _: Mapping[str, Any]) -> dt.datetime:
    """Text with or without a zone (then it is UTC), or seconds since 1970, also as text."""
    wrong = NotAValue(f"Could not parse '{value}' as a timestamp. {_FORMAT}")
    found = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    try:
        if found is None:
            return EPOCH + dt.timedelta(microseconds=int(number_of(value, wrong) * 1_000_000))
        return moment(found, wrong).replace(tzinfo=zone(found[4])).astimezone(dt.UTC)
    except (OverflowError, ValueError):
        raise wrong from None


def moment(found: re.Match[str], wrong: NotAValue) -> dt.datetime:
    try:
        return dt.datetime.combine(parse_date(found[1], {}), parse_time(found[2] or "0:0:0", {}))
    except NotAValue:
        raise wrong from None


def zone(text: str | None) -> dt.tzinfo:
    if not text or text.upper() in ("Z", "UTC"):
        return dt.UTC
    hours, minutes = text[1:].partition(":")[0], text[-2:] if len(text) > 3 else "0"
    offset = dt.timedelta(hours=int(hours[:2]), minutes=int(minutes))
    return dt.timezone(-offset if text[0] == "-" else offset)


def json_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise NotAValue("This field: {name} is not a record.")
    try:
        return json.loads(value, parse_constant=refuse_constant)
    except ValueError as error:
        raise NotAValue(f"Invalid JSON value: {error}") from None


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def plain_json(value: Any) -> Any:
    """A JSON value whose fractions were read exactly, as Python's json would have read it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [plain_json(one) for one in value]
    if isinstance(value, dict):
        return {name: plain_json(one) for name, one in value.items()}
    return value


PARSERS: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "STRING": parse_string,
    "BYTES": parse_bytes,
    "INTEGER": parse_integer,
    "FLOAT": parse_float,
    "BOOLEAN": parse_boolean,
    "NUMERIC": parse_numeric,
    "BIGNUMERIC": parse_numeric,
    "DATE": parse_date,
    "TIME": parse_time,
    "DATETIME": parse_datetime,
    "TIMESTAMP": parse_timestamp,
}
