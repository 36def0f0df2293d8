"""Fields of an item: fallback chains, lists, nested records, and what becomes of a value before the schema sees it."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from schemas.reading import FieldProblem
from scrapers.extraction.convert import TAKE_LISTS, Converter, ConvertError, Resolve, converter
from scrapers.extraction.document import Document
from scrapers.extraction.scope import Scope
from scrapers.extraction.selectors import CompiledSelector, hits, value_or_none
from scrapers.source_files.model import FieldRule, Selector
from scrapers.source_files.template import TemplateError, fill

__all__ = ["CompiledField", "compile_fields", "is_missing", "read_record"]

Problems = list[FieldProblem]
_OWN = ("css", "xpath", "jmes", "jsonld", "microdata", "opengraph", "column", "const")
_LONGEST_SHOWN = 200


def compile_fields(rules: Mapping[str, FieldRule], resolve: Resolve | None = None) -> list["CompiledField"]:
    """Compiles fields in the order in which they are declared, since templates see only those before them.

    Args:
      resolve: finds a `module.function` beside the source file.

    Raises:
      ValueError: a rule cannot be read; the message begins with the field's name.
      NotImplementedError: a rule uses what is not yet built.
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
      selectors: its fallback chain.
      fields: of the record that it is; empty when it is a plain value.
      template: a text that other fields are put into; None for none.
      as_found: whether a value needs nothing done to it (no map, no convert, no default).
    """

    def __init__(self, name: str, rule: FieldRule, resolve: Resolve | None = None) -> None:
        self.name = name
        self.required = rule.required
        self.fields = compile_fields(rule.fields or {}, resolve)
        steps = rule.convert if isinstance(rule.convert, list) else [rule.convert]
        self._every = rule.list_ or _name_of(steps[0] if steps else None) in TAKE_LISTS
        self._list = rule.list_
        whole = rule.type == "json" and not self._every and not self.fields
        chain = _chain(rule)
        self.selectors = [CompiledSelector(one, html=rule.html, whole=whole) for one in chain]
        self._pattern = CompiledSelector(Selector(re=rule.re)).pattern if rule.any_ and rule.re else None
        self.template = rule.template
        self._map = {str(key): value for key, value in rule.map_.items()} if rule.map_ else None
        self._convert: Converter | None = converter(rule.convert, resolve) if rule.convert is not None else None
        self._default = rule.default
        self.as_found = self._map is None and self._convert is None and self._default is None

    @property
    def columnar(self) -> bool:
        """Whether its first selector can be read over the whole page at once."""
        return bool(
            self.selectors
            and self.selectors[0].plain
            and not (self.fields or self._every or self.template or self._pattern)
        )

    def read(self, scope: Scope, problems: Problems, path: str) -> Any:
        """The value at one place; what cannot be converted stays as it is and is a problem."""
        if self.fields:
            value = self._records(scope, problems, path)
        elif self.template is not None:
            value = _filled(self.template, scope)
        else:
            value = self.chosen(scope)
        return value if self.as_found else self.finish(value, scope.document, problems, path)

    def finish(self, value: Any, document: Document, problems: Problems, path: str) -> Any:
        """What `map`, `convert` and `default` make of a value."""
        if self._map is not None:
            value = [self._mapped(each) for each in value] if isinstance(value, list) else self._mapped(value)
        if self._convert is not None and not is_missing(value):
            try:
                value = value_or_none(self._convert(value, document.convert_context))
            except ConvertError as error:
                problems.append(FieldProblem(path, "convert", str(error), str(value)[:_LONGEST_SHOWN]))
        return copy.deepcopy(self._default) if self._default is not None and is_missing(value) else value

    def chosen(self, scope: Scope, chain_from: int = 0) -> Any:
        """What the fallback chain gives, from that member on; before map, convert and default."""
        for selector in self.selectors[chain_from:]:
            if not self._every and self._pattern is None:
                value = selector.first(scope)
                if value is not None:
                    return value
                continue
            values = selector.values(scope)
            if self._pattern is not None:
                values = [hit for value in values for hit in hits(self._pattern, value)]
            values = [value for value in values if value is not None] if self._every else values[:1]
            if values and values[0] is not None:
                return values if self._every else values[0]
        return [] if self._list else None

    def _records(self, scope: Scope, problems: Problems, path: str) -> Any:
        """Nested records; one in which nothing was found is none."""
        places = self.places(scope)
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
        if not self.selectors:
            return [scope.at(scope.node)]
        return next((places for selector in self.selectors if (places := selector.scopes(scope))), [])

    def _mapped(self, value: Any) -> Any:
        assert self._map is not None
        key = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
        if key in self._map:
            return self._map[key]
        return self._map.get(" ".join(key.split()), value)


def _name_of(step: Any) -> Any:
    return next(iter(step), None) if isinstance(step, Mapping) else step


def _chain(rule: FieldRule) -> list[Selector]:
    """The selectors of a field: its own, then those of `any`, which inherit its `from` and `html`."""
    own = Selector.model_construct(**{name: getattr(rule, name) for name in Selector.model_fields})
    members = list(rule.any_ or ())
    if rule.from_ is not None:
        members = [one if one.from_ is not None else one.model_copy(update={"from_": rule.from_}) for one in members]
    if any(getattr(rule, name) is not None for name in _OWN):
        return [own, *members]
    if members or rule.fields or rule.template is not None:
        return members
    return [own] if rule.from_ is not None or rule.re is not None or rule.html else []


def _filled(template: str, scope: Scope) -> str | None:
    try:
        text = fill(template, item=scope.fields, params=scope.document.page.request.params)
    except TemplateError as error:
        if error.missing:
            return None
        raise
    filled = text.replace("$${", "${")  # escaped against asking for secrets; a value of a field is never filled again
    return filled if filled.strip() else None
