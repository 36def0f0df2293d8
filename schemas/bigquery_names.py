"""Column names that BigQuery takes, and those that it keeps for itself."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["name_problems"]

# https://cloud.google.com/bigquery/docs/schemas#column_names
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST = 300
_RESERVED = ("_TABLE_", "_FILE_", "_PARTITION", "_ROW_TIMESTAMP", "__ROOT__", "_COLIDENTIFIER", "_CHANGE_")


def name_problems(fields: Iterable[Mapping[str, Any]], path: str = "") -> Iterator[str]:
    """A sentence for each column that BigQuery would refuse for its name, in records too.

    Args:
      fields: as its API has them.
      path: of the record that they stand in, with a dot at its end.
    """
    seen: dict[str, str] = {}
    for field in fields:
        name = str(field["name"])
        shown = f"column `{path}{name if len(name) <= _LONGEST else name[:40] + '...'}`"
        if len(name) > _LONGEST:
            yield f"{shown} has {len(name)} characters; {_LONGEST} are allowed"
        elif not _NAME.fullmatch(name):
            yield f"{shown}: a name is of letters, digits and _, and does not begin with a digit"
        elif prefix := next((prefix for prefix in _RESERVED if name.upper().startswith(prefix)), ""):
            yield f"{shown}: names that begin with {prefix} are BigQuery's own"
        other = seen.setdefault(name.lower(), name)
        if other is not name:
            yield f"{shown}: BigQuery does not tell it from `{path}{other}`"
        yield from name_problems(field.get("fields", ()), f"{path}{name}.")
