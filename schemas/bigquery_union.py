"""One table that several sources fill: every column that one of them has, or why they cannot share it."""

import dataclasses
from collections.abc import Mapping

from schemas.bigquery import Field, TableRefused, TableSpec

__all__ = ["union"]


def union(specs: Mapping[str, TableSpec]) -> TableSpec:
    """The table that takes what all of them write.

    A column is REQUIRED if all of them have it so; of descriptions, the first one counts. It is clustered by the key if
    they have the same one, otherwise by row_key.

    Args:
      specs: source file -> what it wants of the table; at least one.

    Raises:
      TableRefused: they want a column, or the table, to be different things; names column and files.
    """
    (first_file, result), *others = specs.items()
    problems: list[str] = []
    for file, spec in others:
        problems += _clashes(first_file, result, file, spec)
        fields = _both(result.fields, spec.fields, _Files(first_file, file), problems)
        own = [field for field in fields if field["name"] not in result.provenance.values()]
        origin = [field for field in fields if field["name"] in result.provenance.values()]
        result = dataclasses.replace(
            result,
            fields=(*own, *origin),
            description=result.description or spec.description,
            clustering=result.clustering if result.clustering == spec.clustering else (result.provenance["row_key"],),
        )
    if problems:
        raise TableRefused("\n".join(f"table {result.name}: {problem}" for problem in problems))
    return result


@dataclasses.dataclass(frozen=True)
class _Files:
    first: str
    second: str


def _clashes(first_file: str, first: TableSpec, second_file: str, second: TableSpec) -> list[str]:
    problems = []
    if first.expiry_days != second.expiry_days:
        problems.append(
            f"`retention.rows_days` is {first.expiry_days or 'not given'} in {first_file} "
            f"and {second.expiry_days or 'not given'} in {second_file}"
        )
    for name, there in first.provenance.items():
        if second.provenance[name] != there:
            files = (first_file, second_file) if len(there) > len(name) else (second_file, first_file)
            problems.append(
                f"column `{name}` is a field in {files[0]}, and in {files[1]} it says where a row comes from: "
                "give the field another name"
            )
    return problems


def _both(
    first: tuple[Field, ...], second: tuple[Field, ...], files: _Files, problems: list[str], path: str = ""
) -> tuple[Field, ...]:
    mine = {field["name"].lower(): field for field in first}
    theirs = {field["name"].lower(): field for field in second}
    fields = [
        _one(field, theirs[name], files, problems, path) if name in theirs else _optional(field)
        for name, field in mine.items()
    ]
    return (*fields, *(_optional(field) for name, field in theirs.items() if name not in mine))


def _one(first: Field, second: Field, files: _Files, problems: list[str], path: str) -> Field:
    column = path + first["name"]
    if first["name"] != second["name"]:
        problems.append(
            f"column `{column}` is `{second['name']}` in {files.second}: BigQuery does not tell it from {files.first}'s"
        )
    if _kind(first) != _kind(second):
        problems.append(f"column `{column}` is {_kind(first)} in {files.first} and {_kind(second)} in {files.second}")
        return first
    both = {**second, **first}
    if "NULLABLE" in (first["mode"], second["mode"]):
        both["mode"] = "NULLABLE"
    if first["type"] == "RECORD":
        both["fields"] = list(_both(tuple(first["fields"]), tuple(second["fields"]), files, problems, f"{column}."))
    return both


def _optional(field: Field) -> Field:
    return {**field, "mode": "NULLABLE"} if field["mode"] == "REQUIRED" else field


def _kind(field: Field) -> str:
    return f"{'a list of ' * (field['mode'] == 'REPEATED')}{field['type']}"
