"""Who is to be forgotten: values of columns, as each table has them."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from schemas.ids import canonical_json
from schemas.row_rules import columns_schema, hash_personal
from schemas.table import Column, Table

__all__ = ["Condition", "NoSuchColumn", "Subject", "parse_keys"]


class NoSuchColumn(ValueError):
    """What was asked for cannot be looked for; the text says what can."""


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    """One column's value.

    Attributes:
      value: as the table has it: of its type, hashed where the column is `personal: hash`.
      said: texts by which an untyped item or a letter may say it.
    """

    column: Column
    value: Any
    said: frozenset[str]

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether a row has the value, in Arrow's types or in JSON's."""
        found = row.get(self.column.name)
        values = found if isinstance(found, list) else [found]
        return any(one is not None and (one == self.value or _text(one) in self.said) for one in values)


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """All conditions on one table; a row is the subject's when all hold."""

    table: Table
    conditions: tuple[Condition, ...]

    def has(self, row: Mapping[str, Any] | None) -> bool:
        """Whether a row, or an item before it was one, is the subject's."""
        return row is not None and all(condition.holds(row) for condition in self.conditions)

    @property
    def columns(self) -> list[str]:
        return [condition.column.name for condition in self.conditions]


def parse_keys(given: Sequence[str], tables: Sequence[Table], hash_key: bytes) -> list[Subject]:
    """The subject in each table that has all of the columns.

    Args:
      given: `VALUE` of the table's one key column, or `NAME=VALUE`; the former may hold a `=` after what is no name.
      hash_key: of columns that are `personal: hash`.

    Raises:
      NoSuchColumn: no table has them, or a value is none of its column.
    """
    found, missing = [], []
    for table in tables:
        try:
            conditions = tuple(_condition(text, table, hash_key) for text in given)
        except NoSuchColumn as error:
            missing.append(str(error))
            continue
        found.append(Subject(table, conditions))
    if not found:
        raise NoSuchColumn("; ".join(missing) or "the source has no table")
    return found


def _condition(text: str, table: Table, hash_key: bytes) -> Condition:
    columns = {column.name: column for column in table.columns}
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        if len(table.key) != 1:
            raise NoSuchColumn(f"--key {text}: the key of {table.name} is {' and '.join(table.key) or 'not given'}; "
                               "say NAME=VALUE")  # fmt: skip
        name, value = table.key[0], text
    column = columns.get(name)
    if column is None:
        raise NoSuchColumn(f"--key {text}: {table.name} keeps no column {name!r}, but {', '.join(columns)}")
    return Condition(column, _typed(column, value, table, hash_key), _said(column, value, hash_key))


def _typed(column: Column, value: str, table: Table, hash_key: bytes) -> Any:
    plain = Column(column.name, column.type, personal=column.personal)  # what is looked for keeps no other rules
    try:
        return SchemaValidator(columns_schema((plain,), hash_key)).validate_python({column.name: value})[column.name]
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise NoSuchColumn(f"--key: {value!r} is no value of {table.name}.{column.name}: {why}") from None


def _said(column: Column, value: str, hash_key: bytes) -> frozenset[str]:
    return frozenset({value, hash_personal(value, hash_key)} if column.personal == "hash" else {value})


def _text(value: Any) -> str:
    """A value as somebody would give it on the command line.

    >>> _text("A 1"), _text(7), _text(True)
    ('A 1', '7', 'true')
    """
    if isinstance(value, str):
        return value
    try:
        said = json.loads(canonical_json(value))
    except (TypeError, ValueError):
        return str(value)
    return said if isinstance(said, str) else json.dumps(said)
