"""Gives an execution's files their final names, without a row_key twice."""

import dataclasses
from collections.abc import Container, Iterable

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.plan import Plan
from schemas.written import Published, Written
from transforms import filesystem
from transforms.output_layout import OutputLayout
from transforms.row_files import KEY_RECORD

__all__ = ["UniqueRows", "duplicates_in", "keys_of", "publish_execution", "unique_rows"]

_NONE = np.array([], "?")


@dataclasses.dataclass(frozen=True, slots=True)
class UniqueRows:
    """A file of rows, each row_key once among all files of its table.

    Attributes:
      path: where they stand: the file under construction, or a copy without the duplicates; empty: none is left.
      kept: which rows of the file these are; None for all.
    """

    file: Written
    path: str
    kept: list[bool] | None = None


def publish_execution(layout: OutputLayout, plan: Plan, files: list[Written]) -> Published:
    """Publishes what committed bundles wrote and removes what an earlier attempt of the execution had published.

    Returns:
      How many rows were left out; the same again when it is repeated.
    """
    unique, left_out = unique_rows(files)
    for rows in unique:
        if rows.kept is None or (rows.path and not filesystem.exists(rows.file.final)):
            filesystem.publish(rows.path, rows.file.final)
        elif rows.path:
            filesystem.remove([rows.path])
    for file in files:
        if file.kind != "rows":
            filesystem.publish(file.temporary, file.final)
    filesystem.remove(_earlier(layout, plan, files))
    return Published(left_out)


def unique_rows(files: list[Written]) -> tuple[list[UniqueRows], int]:
    """The row files among these without duplicates of a row_key, and how many rows were left out.

    Only here are the rows of all of an execution's workers seen together. The first in file order stays; a file that
    has duplicates is written again without them. The original stays where it is until the attempt's folder goes, so
    that a retry counts the same.
    """
    rows = sorted((file for file in files if file.kind == "rows"), key=lambda file: file.final)
    suspects = _doubled(rows)
    seen: dict[str, set[str]] = {}
    unique = []
    for file in rows:
        doubtful = np.isin(keys_of(file)["key"], suspects[file.table]) if file.table in suspects else _NONE
        if doubtful.any():
            unique.append(_without_duplicates(file, doubtful, seen.setdefault(file.table, set())))
        else:
            unique.append(UniqueRows(file, file.temporary))
    return unique, sum(one.kept.count(False) for one in unique if one.kept is not None)


def duplicates_in(files: list[Written]) -> int:
    """How many rows `unique_rows` will leave out, by the first 8 bytes of their keys (schemas.tally counts ids so)."""
    tables = _keys_by_table([file for file in files if file.kind == "rows"]).values()
    return sum(len(keys) - len(np.unique(keys)) for keys in tables)


def keys_of(file: Written) -> np.ndarray:
    """What is kept of each row of a file, in its order: KEY_RECORD."""
    if not file.keys_file:
        return np.frombuffer(file.keys, KEY_RECORD)
    with filesystem.open_to_read(file.keys_file) as keys:
        return np.frombuffer(keys.read(), KEY_RECORD)


def _doubled(files: list[Written]) -> dict[str, np.ndarray]:
    """Table -> row keys (first 8 bytes) that stand more than once; only tables that have such."""
    doubled = {}
    for table, keys in _keys_by_table(files).items():
        values, counts = np.unique(keys, return_counts=True)
        if (counts > 1).any():
            doubled[table] = values[counts > 1]
    return doubled


def _keys_by_table(files: list[Written]) -> dict[str, np.ndarray]:
    keys: dict[str, list[np.ndarray]] = {}
    for file in files:
        keys.setdefault(file.table, []).append(keys_of(file)["key"])
    return {table: np.concatenate(parts) for table, parts in keys.items()}


def _without_duplicates(file: Written, doubtful: np.ndarray, seen: set[str]) -> UniqueRows:
    """A copy without the rows whose key has been seen."""
    shorter = f"{file.temporary}.{filesystem.shard_name()}"
    rewrite = _rewrite_parquet if file.final.endswith(".parquet") else _rewrite_json
    kept = rewrite(file.temporary, shorter, doubtful, seen)
    if any(kept):
        return UniqueRows(file, shorter, kept)
    filesystem.remove([shorter])
    return UniqueRows(file, "", kept)


def _keep(keys: Iterable[str], doubtful: np.ndarray, seen: set[str]) -> list[bool]:
    keep = []
    for key, suspect in zip(keys, doubtful, strict=True):
        fresh = not suspect or key not in seen
        if suspect:
            seen.add(key)
        keep.append(fresh)
    return keep


def _key_column(names: Container[str]) -> str:
    """A source's own field may be called row_key: then the provenance column has the prefix (schemas.arrow)."""
    return "scrape_row_key" if "scrape_row_key" in names else "row_key"


def _rewrite_parquet(old: str, new: str, doubtful: np.ndarray, seen: set[str]) -> list[bool]:
    kept: list[bool] = []
    with filesystem.open_to_read(old) as source, filesystem.create(new) as target:
        parquet = pq.ParquetFile(source)
        with pq.ParquetWriter(target, parquet.schema_arrow, compression="snappy") as writer:
            for number in range(parquet.num_row_groups):
                group = parquet.read_row_group(number)
                keys = group.column(_key_column(group.column_names)).to_pylist()
                keep = _keep(keys, doubtful[len(kept) : len(kept) + len(group)], seen)
                kept += keep
                writer.write_table(group.filter(pa.array(keep)))
    return kept


def _rewrite_json(old: str, new: str, doubtful: np.ndarray, seen: set[str]) -> list[bool]:
    kept: list[bool] = []
    with filesystem.open_to_read(old) as source, filesystem.create(new) as target:
        for suspect, line in zip(doubtful, source, strict=True):
            row = orjson.loads(line)
            kept += _keep([row[_key_column(row)]], np.array([suspect]), seen)
            if kept[-1]:
                target.write(line)
    return kept


def _earlier(layout: OutputLayout, plan: Plan, files: list[Written]) -> list[str]:
    """Files that earlier attempts of this very execution had published."""
    if plan.attempt == 1:
        return []
    mine = {file.final for file in files}
    name = f"{plan.execution_id}-a*"
    places = [(layout.rows, f"*/*/{name}"), (layout.dead_letters, name), (layout.executions, name)]
    found = [path for folder, pattern in places for path in filesystem.match(folder, pattern)]
    return [path for path in found if path not in mine]
