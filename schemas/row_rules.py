"""A table's columns as one pydantic schema: types, bounds, patterns, enumerations, what becomes of personal values."""

import dataclasses
import functools
import hashlib
import re
from collections.abc import Callable
from typing import Any

from pydantic_core import CoreSchema, PydanticCustomError, SchemaError, SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from schemas.ids import canonical_json
from schemas.iso_times import PARSERS
from schemas.table import Column

__all__ = ["INT64_MAX", "INT64_MIN", "columns_schema", "hash_personal", "mistakes"]

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
NUMERIC_DIGITS, NUMERIC_PLACES = 38, 9  # BigQuery's NUMERIC: 29 digits before the point, 9 after it


def hash_personal(value: Any, key: bytes = b"") -> str:
    """What stands in a table instead of a personal value: equal values stay equal and joinable.

    Args:
      key: a secret that makes guessing impossible; empty for none.
    """
    text = value.encode() if isinstance(value, str) else canonical_json(value)
    return "blake2b:" + hashlib.blake2b(text, digest_size=16, key=key).hexdigest()


def columns_schema(columns: tuple[Column, ...], hash_key: bytes = b"") -> CoreSchema:
    """Rows of these columns: every column present in the result (null, or [] when repeated), in the table's order."""
    fields = {column.name: _field(column, hash_key) for column in columns}
    return cs.typed_dict_schema(fields, extra_behavior="forbid")


def _field(column: Column, hash_key: bytes) -> cs.TypedDictField:
    schema = _repeated(column, hash_key) if column.repeated else _nullable(column, _value(column, hash_key))
    return cs.typed_dict_field(schema, required=False)


def _nullable(column: Column, schema: CoreSchema) -> CoreSchema:
    if not column.required:
        schema = cs.nullable_schema(schema)
    if column.type == "record":
        schema = cs.no_info_before_validator_function(_empty_record_is_null, schema)
    return cs.with_default_schema(schema, default=None, validate_default=column.required)  # so that null is refused


def _repeated(column: Column, hash_key: bytes) -> CoreSchema:
    item = dataclasses.replace(column, repeated=False, required=False, min=None, max=None)
    schema = cs.list_schema(_nullable(item, _value(item, hash_key)))
    return cs.with_default_schema(
        cs.no_info_wrap_validator_function(functools.partial(_list_of, column), schema),
        default_factory=list,
        validate_default=True,
    )


def _empty_record_is_null(value: Any) -> Any:
    if isinstance(value, dict) and not any(part is not None and part != "" and part != [] for part in value.values()):
        return None
    return value


def _list_of(column: Column, value: Any, validate: cs.ValidatorFunctionWrapHandler) -> list[Any]:
    """A single value is a list of one; a list holds no nulls (BigQuery refuses them)."""
    if value is None:
        value = []
    elif not isinstance(value, list | tuple):
        value = [value]
    values: list[Any] = validate(value)
    if None in values:
        values = [part for part in values if part is not None]
    if not values and column.required:
        raise PydanticCustomError("required", "at least one value is required")
    if column.min is not None and len(values) < column.min:
        raise PydanticCustomError("min", "at least {bound} values were expected", {"bound": column.min})
    if column.max is not None and len(values) > column.max:
        raise PydanticCustomError("max", "at most {bound} values were expected", {"bound": column.max})
    return values


def _value(column: Column, hash_key: bytes) -> CoreSchema:
    if column.type == "record":
        schema = columns_schema(column.columns, hash_key)
        dropped = [inner.name for inner in column.columns if inner.personal == "drop"]
        if dropped:
            schema = cs.no_info_after_validator_function(functools.partial(_without, names=dropped), schema)
    else:
        schema = _bounded(column, _BASES[column.type](column))
    if column.enum is not None:
        schema = cs.no_info_after_validator_function(_enum_check(column), schema)
    if column.personal == "hash":
        schema = cs.no_info_after_validator_function(functools.partial(hash_personal, key=hash_key), schema)
    return schema


def _without(record: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


def _string(column: Column) -> CoreSchema:
    lengths = {"min_length": max(1, column.min or 0), "max_length": column.max}  # 0 letters would be null

    def schema(pattern: str | None, engine: Any = "rust-regex") -> CoreSchema:
        return cs.str_schema(
            pattern=pattern, regex_engine=engine, strip_whitespace=True, coerce_numbers_to_str=True, **lengths
        )  # fmt: skip

    if column.pattern is None:
        return schema(None)
    try:  # linear time; without look-around and back-references
        linear = schema(rf"\A(?:{column.pattern})\z")
        SchemaValidator(linear)
    except SchemaError:
        return schema(rf"\A(?:{column.pattern})\Z", "python-re")
    return linear


_BASES: dict[str, Callable[[Column], CoreSchema]] = {
    "string": _string,
    "integer": lambda column: cs.int_schema(ge=INT64_MIN, le=INT64_MAX),
    "float": lambda column: cs.float_schema(allow_inf_nan=False),
    "numeric": lambda column: cs.decimal_schema(
        max_digits=NUMERIC_DIGITS, decimal_places=NUMERIC_PLACES, allow_inf_nan=False
    ),
    "boolean": lambda column: cs.bool_schema(),
    "bytes": lambda column: cs.bytes_schema(min_length=column.min, max_length=column.max),
    "json": lambda column: cs.any_schema(),
    **{name: lambda column: cs.no_info_plain_validator_function(PARSERS[column.type]) for name in PARSERS},
}


def mistakes(column: Column) -> list[tuple[str, str]]:
    """What is wrong with a column's own rules, as (key, what was expected): nothing, or `RowMaker` would raise."""
    found: list[tuple[str, str]] = []
    counts = column.repeated or column.type in ("string", "bytes")
    for key in ("min", "max"):
        value = getattr(column, key)
        if value is None:
            continue
        if counts:
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                found.append((key, f"a whole number from 0 (the length of a {'list' if column.repeated else 'text'})"))
        elif column.type in ("json", "boolean", "record"):
            found.append((key, f"nothing: {column.type} has no order"))
        elif not _is_value(column, value):
            found.append((key, f"a value of type {column.type}"))
    if column.pattern is not None and not _compiles(column.pattern):
        found.append(("pattern", "a regular expression"))
    if any(not _is_value(column, value) for value in column.enum or ()):
        found.append(("enum", f"values of type {column.type}"))
    return found


def _is_value(column: Column, value: Any) -> bool:
    try:
        typed(column, value)
    except (ValidationError, KeyError):
        return False
    return True


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def typed(column: Column, value: Any) -> Any:
    """A bound or an enumerated value of a source file, in the column's own type."""
    bare = dataclasses.replace(column, pattern=None, min=None, max=None)
    return SchemaValidator(_BASES[column.type](bare)).validate_python(value)


def _bounded(column: Column, schema: CoreSchema) -> CoreSchema:
    checks: list[Callable[[Any], None]] = []
    if column.type not in ("string", "bytes", "json", "boolean"):
        if column.min is not None:
            checks.append(functools.partial(_at_least, typed(column, column.min)))
        if column.max is not None:
            checks.append(functools.partial(_at_most, typed(column, column.max)))
    if column.pattern is not None and column.type != "string":
        checks.append(functools.partial(_matches, re.compile(column.pattern)))

    def check(value: Any) -> Any:
        for one in checks:
            one(value)
        return value

    return cs.no_info_after_validator_function(check, schema) if checks else schema


def _at_least(bound: Any, value: Any) -> None:
    if value < bound:
        raise PydanticCustomError("min", "at least {bound} was expected", {"bound": str(bound)})


def _at_most(bound: Any, value: Any) -> None:
    if value > bound:
        raise PydanticCustomError("max", "at most {bound} was expected", {"bound": str(bound)})


def _matches(pattern: re.Pattern[str], value: Any) -> None:
    if pattern.fullmatch(str(value)) is None:
        raise PydanticCustomError("pattern", "text like {pattern} was expected", {"pattern": pattern.pattern})


def _enum_check(column: Column) -> Callable[[Any], Any]:
    allowed = [typed(column, value) for value in column.enum or ()]
    named = ", ".join(str(value) for value in allowed)

    def check(value: Any) -> Any:
        if value not in allowed:
            raise PydanticCustomError("enum", "one of {allowed} was expected", {"allowed": named})
        return value

    return check
