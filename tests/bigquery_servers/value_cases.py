"""Values that BigQuery takes, as sent in JSON and as given back, and values that it refuses, in its words."""

import datetime as dt
from decimal import Decimal

__all__ = ["REFUSED", "TAKEN"]

NOON = dt.datetime(2026, 1, 31, 12, 0, 0, 500000, tzinfo=dt.UTC)

TAKEN = [
    ("STRING", "Käse", "Käse"),
    ("STRING", 12, "12"),
    ("BYTES", "AP8=", b"\x00\xff"),
    ("INTEGER", 1 - 2**53, 1 - 2**53),
    ("INTEGER", str(2**63 - 1), 2**63 - 1),
    ("INTEGER", str(-(2**63)), -(2**63)),
    ("FLOAT", "1e300", 1e300),
    ("FLOAT", 3, 3.0),
    ("BOOLEAN", True, True),
    ("BOOLEAN", "false", False),
    ("NUMERIC", "9" * 29 + ".123456789", Decimal("9" * 29 + ".123456789")),
    ("NUMERIC", 1.5, Decimal("1.5")),
    ("NUMERIC", "1.1234567890", Decimal("1.1234567890")),
    ("BIGNUMERIC", "0." + "1" * 38, Decimal("0." + "1" * 38)),
    ("DATE", "0001-01-01", dt.date(1, 1, 1)),
    ("DATE", "9999-12-31", dt.date(9999, 12, 31)),
    ("TIME", "23:59:59.5", dt.time(23, 59, 59, 500000)),
    ("DATETIME", "2026-01-31T12:00:00.5", NOON.replace(tzinfo=None)),
    ("TIMESTAMP", "2026-01-31T14:00:00.5+02:00", NOON),
    ("TIMESTAMP", "2026-01-31 12:00:00.500 UTC", NOON),
    ("TIMESTAMP", NOON.timestamp(), NOON),
    ("TIMESTAMP", "9999-12-31T23:59:59.999999Z", dt.datetime.max.replace(tzinfo=dt.UTC)),
]
REFUSED = [
    ("STRING", True, "Conversion from bool to string is unsupported."),
    ("STRING", {"a": 1}, "is not a record"),
    ("STRING", ["a"], "Array specified for non-repeated field: value."),
    ("BYTES", "A", "base64"),
    ("BYTES", "Käse", "base64"),
    ("INTEGER", 2**53, "must come as text"),
    ("INTEGER", str(2**63), "Cannot convert value to integer (bad value): 9223372036854775808"),
    ("INTEGER", 1.5, "Cannot convert value to integer (bad value): 1.5"),
    ("INTEGER", "twelve", "Cannot convert value to integer (bad value): twelve"),
    ("FLOAT", "1e400", "Cannot convert value to floating point"),
    ("FLOAT", "dear", "Cannot convert value to floating point"),
    ("BOOLEAN", "maybe", "Cannot convert value to boolean"),
    ("NUMERIC", "1" + "0" * 29, "Invalid NUMERIC value"),
    ("NUMERIC", "0.1234567891", "Invalid NUMERIC value: 0.1234567891"),
    ("NUMERIC", "NaN", "Invalid NUMERIC value"),
    ("DATE", "0000-12-31", "Invalid date"),
    ("DATE", "2026-02-30", "Invalid date"),
    ("DATE", "31.01.2026", "Invalid date"),
    ("TIME", "24:00:00", "Invalid time"),
    ("DATETIME", "2026-01-31T12:00:00Z", "Invalid datetime"),
    ("TIMESTAMP", "yesterday", "Could not parse 'yesterday' as a timestamp."),
    ("TIMESTAMP", "2026-01-31T12:00:00.1234567Z", "Could not parse"),
    ("TIMESTAMP", "10000-01-01T00:00:00Z", "Could not parse"),
    ("TIMESTAMP", "9999-12-31T23:59:59-01:00", "Could not parse"),
    ("TIMESTAMP", 10**15, "Could not parse"),
]
