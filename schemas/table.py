"""A table as a source describes it: its columns, their types and rules, and its key."""

import dataclasses
from typing import Any, Literal

__all__ = ["Column", "ColumnType", "Table"]

ColumnType = Literal[
    "string",
    "integer",
    "float",
    "numeric",
    "boolean",
    "date",
    "time",
    "datetime",
    "timestamp",
    "bytes",
    "json",
    "record",
]


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """One column and the rules that a value must keep.

    Attributes:
      type: BigQuery's name in lower case; `numeric` is exact (38 digits, 9 after the point), `timestamp` has a zone.
      repeated: a list of values.
      columns: those of a `record`.
      min, max: bounds of a number, a date, or the length of a list or a string.
      pattern: a regular expression that the whole text must match.
      enum: the only values allowed.
      personal: names or describes a person.
    """

    name: str
    type: ColumnType = "string"
    required: bool = False
    repeated: bool = False
    columns: tuple["Column", ...] = ()
    min: Any = None
    max: Any = None
    pattern: str | None = None
    enum: tuple[Any, ...] | None = None
    personal: str | None = None
    description: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """One table: `name` as the source writes it (`shop.products`), `key` the columns that identify a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    description: str = ""
    version: str = ""
