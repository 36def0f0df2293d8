"""The ways to a field's value, and what is made of what each of them gives."""

from collections.abc import Sequence
from typing import Any

import orjson

from scrapers.extraction.convert import Converter, Resolve, converter
from scrapers.extraction.convert_context import ConvertContext
from scrapers.extraction.scope import Scope
from scrapers.extraction.selectors import CompiledSelector, compile_selector, value_or_none
from scrapers.source_files.model import Alternative, FieldRule, Selector
from scrapers.source_files.template import TemplateError, fill

__all__ = ["Making", "Way", "ways_of"]

_OWN = ("css", "xpath", "jmes", "jsonld", "microdata", "opengraph", "column", "const", "template")


class Making:
    """`map`, then `convert`.

    Attributes:
      as_found: whether a value needs nothing done to it.
      mapped: the map alone; None when there is a conversion too.
    """

    def __init__(self, rule: Alternative, resolve: Resolve | None = None) -> None:
        """Compiles. Raises ValueError for a conversion that cannot be."""
        self._map = {str(key): value for key, value in rule.map_.items()} if rule.map_ else None
        self._convert: Converter | None = converter(rule.convert, resolve) if rule.convert is not None else None
        self.as_found = self._map is None and self._convert is None
        self.mapped = self._mapped if self._convert is None else None

    def __call__(self, value: Any, context: ConvertContext) -> Any:
        """What becomes of a value. Raises ConvertError."""
        if self._map is not None:
            value = [self._mapped(each) for each in value] if isinstance(value, list) else self._mapped(value)
        return value if self._convert is None else value_or_none(self._convert(value, context))

    def _mapped(self, value: Any) -> Any:
        assert self._map is not None
        key = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
        if key in self._map:
            return self._map[key]
        return self._map.get(" ".join(key.split()), value)


class Way:
    """One way to a field's value: a selector or a template.

    Attributes:
      selector: None for a template.
      making: what is made of what it gives: its own, else the field's.
    """

    def __init__(self, rule: Alternative, making: Making, *, html: bool, whole: bool) -> None:
        self.template = rule.template
        self.selector: CompiledSelector | None = (
            compile_selector(rule, html=html, whole=whole) if rule.template is None else None
        )
        self.making = making

    @property
    def label(self) -> str:
        """It in one line."""
        return self.selector.label if self.selector is not None else f"template: {self.template}"

    def first(self, scope: Scope) -> Any:
        """Its first value; None when there is none or it is empty."""
        return self.selector.first(scope) if self.selector is not None else _filled(str(self.template), scope)

    def values(self, scope: Scope) -> list[Any]:
        """All of its values, None for an empty one."""
        return self.selector.values(scope) if self.selector is not None else [_filled(str(self.template), scope)]


def ways_of(rule: FieldRule, resolve: Resolve | None, *, whole: bool) -> list[Way]:
    """The ways to a field's value in their order: its own, then the members of `any`, which inherit `from` and `html`.

    Args:
      whole: a list that JMESPath finds is one value, and not the matches.
    """
    making = Making(rule, resolve)
    return [Way(one, _own(one, resolve) or making, html=rule.html, whole=whole) for one in _chain(rule)]


def _own(rule: Alternative, resolve: Resolve | None) -> Making | None:
    return Making(rule, resolve) if rule.convert is not None or rule.map_ is not None else None


def _chain(rule: FieldRule) -> Sequence[Alternative]:
    named = {name: getattr(rule, name) for name in (*Selector.model_fields, "template")}
    own = Alternative.model_construct(**named)
    members = list(rule.any_ or ())
    if rule.from_ is not None:
        members = [
            one if one.from_ is not None else one.model_copy(update={"from_": rule.from_, "xhr": rule.xhr})
            for one in members
        ]
    if any(getattr(rule, name) is not None for name in _OWN):
        return [own, *members]
    if members or rule.fields:
        return members
    return [own] if rule.from_ is not None or rule.re is not None or rule.html else []


def _filled(template: str, scope: Scope) -> str | None:
    """The template with the fields read so far; None where one is missing or not what it should be."""
    try:
        text = fill(template, item=scope.fields, params=scope.document.page.request.params)
    except TemplateError:
        return None
    filled = text.replace("$${", "${")  # escaped against asking for secrets; a value of a field is never filled again
    return filled if filled.strip() else None
