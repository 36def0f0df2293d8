"""Items become rows: checked against their table, with identities made from content; every bad field is named."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic_core import SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from schemas.ids import canonical_json, canonical_jsons, hash_jsons
from schemas.item_shape import UNKNOWN_COLUMN, cleaned, set_unknown_aside, without_personal
from schemas.reading import FieldProblem, Item
from schemas.row_problems import describe, problem_of, without_personal_value
from schemas.row_rules import columns_schema
from schemas.table import Column, Table

__all__ = ["MAX_ROW_BYTES", "UNKNOWN_COLUMN", "Accepted", "RowMaker", "coverage", "with_unknown"]

MAX_ROW_BYTES = 10_000_000  # a row of BigQuery's streaming inserts: 10 MB

Row = dict[str, Any]


@dataclasses.dataclass(slots=True)
class Accepted:
    """What became of a page's items; the first four lists run in parallel.

    Attributes:
      row_keys: identity of what a row describes: of its key columns, or of the whole row in a table without key.
      row_ids: identity of a row with its content.
      numbers: the item's place on the page, from 0.
      refused: item number and every bad field; rule `row_too_large` is a reason of its own.
    """

    rows: list[Row] = dataclasses.field(default_factory=list)
    row_keys: list[str] = dataclasses.field(default_factory=list)
    row_ids: list[str] = dataclasses.field(default_factory=list)
    numbers: list[int] = dataclasses.field(default_factory=list)
    refused: list[tuple[int, list[FieldProblem]]] = dataclasses.field(default_factory=list)


def with_unknown(table: Table) -> Table:
    """The table with a JSON column that takes fields it does not know."""
    if any(column.name == UNKNOWN_COLUMN for column in table.columns):
        return table
    unknown = Column(UNKNOWN_COLUMN, "json", description="Fields that the table does not know, by path.")
    return dataclasses.replace(table, columns=(*table.columns, unknown))


class RowMaker:
    """Makes rows of one table.

    Args:
      keep_unknown: fields that the table does not know go into the JSON column `_unknown` (`self.table` has it)
        instead of refusing the item. A table that has that column keeps them anyway.
      hash_key: the secret for columns that are `personal: hash`; empty for none.

    Raises:
      ValueError: the table's own rules make no sense (a bound that is no value of its column, a key that is no column).
    """

    def __init__(self, table: Table, *, keep_unknown: bool = False, hash_key: bytes = b"") -> None:
        self.table = with_unknown(table) if keep_unknown else table
        self._columns = self.table.columns
        self._keeps_unknown = any(column.name == UNKNOWN_COLUMN for column in self._columns)
        self._dropped = [column.name for column in self._columns if column.personal == "drop"]
        self._key = tuple(table.key)
        self._hash_key = hash_key
        names = {column.name for column in self._columns}
        if wrong := [name for name in self._key if name not in names]:
            raise ValueError(f"table {table.name}: key column {wrong[0]!r} is not one of its columns")
        if lost := [name for name in self._key if name in self._dropped]:
            raise ValueError(f"table {table.name}: key column {lost[0]!r} is `personal: drop`; hash it instead")
        schema = columns_schema(self._columns, hash_key)
        self._page = SchemaValidator(cs.list_schema(schema))
        self._one = SchemaValidator(schema)

    def accept(self, items: list[Item], problems: Mapping[int, list[FieldProblem]]) -> Accepted:
        """Rows of the good items; of the others, every bad field. Never raises for an item.

        Args:
          problems: what conversion already said, by item number: it refuses the item, since a conversion was asked for.
        """
        if problems:
            return self._accept_each([self._shaped(item) for item in items], problems)
        if (accepted := self._accept_page(items)) is not None:
            return accepted
        shaped = [self._shaped(item) for item in items]
        if shaped != items and (accepted := self._accept_page(shaped)) is not None:
            return accepted
        return self._accept_each(shaped, problems)

    def _accept_page(self, items: list[Item]) -> Accepted | None:
        """All items in one call; None when something about one of them is unusual."""
        try:
            return self._identify(self._page.validate_python(items), range(len(items)))
        except (ValidationError, _Refused, TypeError):
            return None

    def _shaped(self, item: Item) -> Any:
        shaped = cleaned(item, self._columns)
        if self._keeps_unknown and isinstance(shaped, dict):
            return set_unknown_aside(shaped, self._columns)
        return shaped

    def _accept_each(self, items: list[Item], problems: Mapping[int, list[FieldProblem]]) -> Accepted:
        accepted = Accepted()
        for number, item in enumerate(items):
            try:
                one = self._identify([self._check(item, problems.get(number, []))], (number,))
            except _Refused as refused:
                accepted.refused.append((number, refused.problems))
                continue
            except TypeError as error:
                accepted.refused.append((number, [problem_of("", "type", f"it cannot be written as JSON: {error}")]))
                continue
            accepted.rows += one.rows
            accepted.row_keys += one.row_keys
            accepted.row_ids += one.row_ids
            accepted.numbers.append(number)
        return accepted

    def _check(self, item: Any, converted: list[FieldProblem]) -> Row:
        try:
            row: Row = self._one.validate_python(item)
        except ValidationError as error:
            found = describe(error.errors(include_url=False), self._columns)
        else:
            found = self._missing_keys(row)
            if not found and not converted:
                return row
        named = {problem.field for problem in converted}
        said = [without_personal_value(problem, self._columns) for problem in converted]
        raise _Refused([*said, *(problem for problem in found if problem.field not in named)])

    def _missing_keys(self, row: Row) -> list[FieldProblem]:
        return [problem_of(name, "key", "a key column needs a value") for name in self._key if _absent(row[name])]

    def _identify(self, rows: list[Row], numbers: Sequence[int]) -> Accepted:
        """The hot path: one JSON text of each row gives its size and its identity.

        Raises:
          TypeError: a row is no JSON; _Refused: a key is missing or a row is too large. Both name the first one only.
        """
        for row in rows if self._dropped else ():
            for name in self._dropped:
                del row[name]
        contents = canonical_jsons(rows)
        for row, content in zip(rows, contents, strict=True):
            if len(content) > MAX_ROW_BYTES:
                raise _Refused([_too_large(row, len(content))])
        ids = hash_jsons(contents)
        if not self._key:
            return Accepted(rows, list(ids), ids, list(numbers))
        keys = [[row[name] for name in self._key] for row in rows]
        for row, parts in zip(rows, keys, strict=True):
            if None in parts or [] in parts:
                raise _Refused(self._missing_keys(row))
        return Accepted(rows, hash_jsons(canonical_jsons(keys)), ids, list(numbers))

    def without_personal(self, item: Item) -> Item:
        """A refused item as its letter may keep it: personal values hashed or left out, as in the table."""
        letter_item: Item = without_personal(item, self._columns, self._hash_key)
        return letter_item


class _Refused(Exception):
    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__(problems)
        self.problems = problems


def _absent(value: Any) -> bool:
    return value is None or value == []


def _too_large(row: Row, size: int) -> FieldProblem:
    name = max(row, key=lambda column: len(canonical_json(row[column])))
    return problem_of(
        name, "row_too_large", f"the row has {size} bytes as JSON, most of them here; {MAX_ROW_BYTES} fit"
    )


def coverage(rows: Sequence[Row], is_absent: Callable[[Any], bool] = _absent) -> Counter[str]:
    """Column -> number of rows in which it holds something. A row's columns are those of the first."""
    names = rows[0] if rows else ()
    return Counter({name: sum(not is_absent(row[name]) for row in rows) for name in names})
