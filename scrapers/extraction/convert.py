"""`convert` of a field: from what a page says to what the column wants."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from scrapers.extraction import convert_dates, convert_durations, convert_entries, convert_numbers, convert_text
from scrapers.extraction.convert_context import ConvertContext, Converter, ConvertError
from scrapers.extraction.python_scrapers import told

__all__ = ["CONVERTERS", "TAKE_LISTS", "ConvertContext", "ConvertError", "Converter", "converter"]

Resolve = Callable[[str], Callable[..., Any]]

# name -> what makes it of its options; a bare value instead of options is the first of them
CONVERTERS: dict[str, Callable[..., Converter]] = {
    **convert_dates.CONVERTERS,
    **convert_durations.CONVERTERS,
    **convert_entries.CONVERTERS,
    **convert_numbers.CONVERTERS,
    **convert_text.CONVERTERS,
}
TAKE_LISTS = frozenset({"entries", "join", "unique"})  # of a list they get the whole


def converter(spec: Any, resolve: Resolve | None = None) -> Converter:
    """Makes the function for one `convert`.

    Args:
      spec: a name; a mapping of one name to its options (or to the value of its chief option); a list of these, applied
        in turn.
      resolve: finds a `module.function` of the source; the function gets the value, and as second argument, if it takes
        two, the ConvertContext.

    Returns:
      A function of a value and a ConvertContext. None and "" give None; of a list each element is converted, and what
      becomes None is left out. It raises ConvertError for a value that it cannot read.

    Raises:
      ValueError: the spec itself is wrong: unknown name or option; says which there are.
    """
    if isinstance(spec, list):
        return _in_turn([converter(each, resolve) for each in spec])
    name, options = _name_and_options(spec)
    if "." in name:
        if resolve is None:
            raise ValueError(f"`{name}` is a function beside a source file; there is none here")
        if options is not None:
            raise ValueError(f"`{name}` is a function of the source and takes no options")
        return _on_values(_with_context(resolve(name)))
    if name not in CONVERTERS:
        raise ValueError(f"unknown converter `{name}`; there are {', '.join(sorted(CONVERTERS))}, or module.function")
    made = CONVERTERS[name](**_named_options(name, options))
    return made if name in TAKE_LISTS else _on_values(made)


def _name_and_options(spec: Any) -> tuple[str, Any]:
    if isinstance(spec, str):
        return spec, None
    if isinstance(spec, Mapping) and len(spec) == 1:
        name, options = next(iter(spec.items()))
        return str(name), options
    raise ValueError("expected a converter's name, a mapping of one name to its options, or a list of these")


def _named_options(name: str, options: Any) -> dict[str, Any]:
    known = list(inspect.signature(CONVERTERS[name]).parameters)
    if options is None:
        return {}
    if not known:
        raise ValueError(f"`{name}` has no options")
    if not isinstance(options, Mapping):
        return {known[0]: options}
    unknown = [str(key) for key in options if key not in known]
    if unknown:
        raise ValueError(f"`{name}` has no option `{unknown[0]}`; it has {', '.join(known)}")
    return {str(key): value for key, value in options.items()}


def _in_turn(steps: list[Converter]) -> Converter:
    def convert(value: Any, context: ConvertContext) -> Any:
        for step in steps:
            value = step(value, context)
        return value

    return convert


def _on_values(function: Converter) -> Converter:
    """Of a list each element; nothing stays nothing. A converter that gives lists (`lines`, `split`) is spliced in."""

    def convert(value: Any, context: ConvertContext) -> Any:
        if isinstance(value, list):
            made: list[Any] = []
            for each in value:
                result = convert(each, context)
                made += result if isinstance(result, list) else [] if result is None else [result]
            return made
        return None if value is None or value == "" else function(value, context)

    return convert


def _with_context(function: Callable[..., Any]) -> Converter:
    """The author's function: what it cannot read refuses one item, not the page."""
    code = getattr(function, "__code__", None)
    takes_context = code is not None and code.co_argcount >= 2

    def convert(value: Any, context: ConvertContext) -> Any:
        try:
            return function(value, context) if takes_context else function(value)
        except ConvertError:
            raise
        except Exception as error:
            raise ConvertError(told(error)) from error

    return convert
