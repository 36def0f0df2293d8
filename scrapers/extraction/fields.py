"""Fields of an item: fallback chains, lists, nested records, and what becomes of a value before the schema sees it."""

import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schemas.reading import FieldProblem
from scrapers.extraction.chain import Making, Way, ways_of
from scrapers.extraction.convert import TAKE_LISTS, ConvertError, Resolve
from scrapers.extraction.document import Document
from scrapers.extraction.nesting import refuse_nested
from scrapers.extraction.scope import Scope
from scrapers.extraction.selectors import CompiledSelector, hits
from scrapers.source_files.model import FieldRule, Selector

__all__ = ["CompiledField", "compile_fields", "is_missing", "read_record"]

Problems = list[FieldProblem]
_LONGEST_SHOWN = 200


def compile_fields(rules: Mapping[str, FieldRule], resolve: Resolve | None = None) -> list["CompiledField"]:
    """Compiles fields in the order in which they are declared, since templates see only those before them.

    Args:
      resolve: finds a `module.function` beside the source file.

    Raises:
      ValueError: a rule cannot be read; the message begins with the field's name.
    """
    fields = []
    for name, rule in rules.items():
        try:
            fields.append(CompiledField(name, rule, resolve))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return fields


def read_record(fields: Sequence["CompiledField"], scope: Scope, problems: Problems, path: str = "") -> dict[str, Any]:
    """The fields at one place, in the order declared; `scope.fields` grows with them."""
    record: dict[str, Any] = {}
    for field in fields:
        value = field.read(scope, problems, path + field.name)
        record[field.name] = scope.fields[field.name] = value
    return record


def is_missing(value: Any) -> bool:
    """Whether a field has nothing: null, or a list of nothing."""
    return value is None or value == []


class CompiledField:
    """One field.

    Attributes:
      ways: its fallback chain.
      fields: of the record that it is; empty when it is a plain value.
      as_found: whether a value needs nothing done to it (no map, no convert, no default).
    """

    def __init__(self, name: str, rule: FieldRule, resolve: Resolve | None = None) -> None:
        self.name = name
        self.required = rule.required
        self.fields = compile_fields(rule.fields or {}, resolve)
        steps = rule.convert if isinstance(rule.convert, list) else [rule.convert]
        self._every = rule.list_ or _name_of(steps[0] if steps else None) in TAKE_LISTS
        self._list = rule.list_
        self.ways = ways_of(rule, resolve, whole=rule.type == "json" and not self._every and not self.fields)
        self._pattern = CompiledSelector(Selector(re=rule.re)).pattern if rule.any_ and rule.re else None
        self._of_record = Making(rule, resolve)
        self._default = rule.default
        makings = [self._of_record] if self.fields else [way.making for way in self.ways]
        self.as_found = self._default is None and all(making.as_found for making in makings)

    @functools.cached_property
    def column(self) -> CompiledSelector | None:
        """Its first selector when that can be read over the whole page at once."""
        first = self.ways[0].selector if self.ways else None
        filled = any(way.template is not None for way in self.ways)  # with fields above it, which are read later
        alone = not (self.fields or self._every or self._pattern or filled)
        return first if first is not None and first.plain is not None and alone else None

    @functools.cached_property
    def json_keys(self) -> tuple[str, ...]:
        """The keys that lead to its value in a JSON object, when that is one plain path and stays as it is found."""
        alone = len(self.ways) == 1 and self.as_found and not (self.fields or self._every or self._pattern)
        selector = self.ways[0].selector if alone else None
        return selector.json_keys if selector is not None else ()

    @functools.cached_property
    def mapped(self) -> Callable[[Any], Any] | None:
        """Its `map`, when that is all that is ever done to a value: nothing can fail, and no other way is asked."""
        alone = len(self.ways) == 1 and self._default is None and not self.fields
        return self.ways[0].making.mapped if alone else None

    def read(self, scope: Scope, problems: Problems, path: str) -> Any:
        """The value at one place; what cannot be converted stays as it is and is a problem."""
        if self.fields:
            value, way = self._records(scope, problems, path), 0
        else:
            value, way = self.chosen(scope)
        return value if self.as_found else self.settled(value, way, scope.document, lambda: scope, problems, path)

    def settled(
        self, value: Any, way: int, document: Document, place: Callable[[], Scope], problems: Problems, path: str
    ) -> Any:
        """What `map`, `convert` and `default` make of a value; when they make nothing of it, the next way is gone.

        Args:
          way: the number of the way that gave the value.
          place: where the ways after that one look.
        """
        failed: tuple[ConvertError, Any] | None = None
        while not is_missing(value):
            making = self._of_record if self.fields else self.ways[way].making
            try:
                value = making(value, document.convert_context)
                if not is_missing(value):
                    return value
            except ConvertError as error:
                failed = failed or (error, value)
            if self.fields or way + 1 >= len(self.ways):
                break
            value, way = self.chosen(place(), way + 1)
        if failed is not None:
            problems.append(FieldProblem(path, "convert", str(failed[0]), str(failed[1])[:_LONGEST_SHOWN]))
            return failed[1]
        return copy.deepcopy(self._default) if self._default is not None and is_missing(value) else value

    def chosen(self, scope: Scope, start: int = 0) -> tuple[Any, int]:
        """What the fallback chain gives from that way on, before map, convert and default; and which way gave it."""
        for number in range(start, len(self.ways)):
            way = self.ways[number]
            if not self._every and self._pattern is None:
                value = way.first(scope)
                if value is not None:
                    return value, number
                continue
            values = way.values(scope)
            if self._pattern is not None:
                values = [hit for value in values for hit in hits(self._pattern, value)]
            values = [value for value in values if value is not None] if self._every else values[:1]
            if values and values[0] is not None:
                return values if self._every else values[0], number
        return [] if self._list else None, len(self.ways)

    def giver(self, scope: Scope) -> Way | None:
        """The way that gives its value at a place; None when none does."""
        value, number = self.chosen(scope)
        while not is_missing(value):
            try:
                if not is_missing(self.ways[number].making(value, scope.document.convert_context)):
                    return self.ways[number]
            except ConvertError:
                pass
            value, number = self.chosen(scope, number + 1)
        return None

    def _records(self, scope: Scope, problems: Problems, path: str) -> Any:
        """Nested records; one in which nothing was found is none."""
        places = self.places(scope)
        refuse_nested([place.node for place in places])
        records: list[dict[str, Any]] = []
        for place in places if self._every else places[:1]:
            found: Problems = []
            place.fields = dict(scope.fields)
            record = read_record(self.fields, place, found, f"{path}[{len(records)}]." if self._every else f"{path}.")
            if not all(map(is_missing, record.values())):
                records.append(record)
                problems += found
        if self._list:
            return records
        return next(iter(records), None)

    def places(self, scope: Scope) -> list[Scope]:
        """What the fields of a nested record are relative to."""
        if not self.ways:
            return [scope.at(scope.node)]
        selectors = [way.selector for way in self.ways if way.selector is not None]
        return next((places for selector in selectors if (places := selector.scopes(scope))), [])


def _name_of(step: Any) -> Any:
    return next(iter(step), None) if isinstance(step, Mapping) else step
