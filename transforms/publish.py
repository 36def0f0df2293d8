"""Gives an execution's files their final names, without a row_key twice."""

from collections.abc import Container, Iterable

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.plan import Plan
from schemas.written import Published, Written
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["publish_execution"]

_NONE = np.array([], "<u8")


def publish_execution(layout: OutputLayout, plan: Plan, files: list[Written]) -> Published:
    """Publishes what committed bundles wrote and removes what an earlier attempt of the execution had published.

    Only here are the rows of all of an execution's workers seen together, so duplicates of a row_key (the first in file
    order stays) are left out here: a file that has some is written again without them.

    Returns:
      How many rows were left out; the same again when it is repeated.
    """
    rows = sorted((file for file in files if file.kind == "rows"), key=lambda file: file.final)
    suspects = _doubled(rows)
    seen: dict[str, set[str]] = {}
    left_out = 0
    for file in rows:
        doubtful = np.isin(_keys_of(file), suspects.get(file.table, _NONE))
        if doubtful.any():
            left_out += _publish_without_duplicates(file, doubtful, seen.setdefault(file.table, set()))
        else:
            filesystem.publish(file.temporary, file.final)
    for file in files:
        if file.kind != "rows":
            filesystem.publish(file.temporary, file.final)
    filesystem.remove(_earlier(layout, plan, files))
    return Published(left_out)


def _keys_of(file: Written) -> np.ndarray:
    """The first 8 bytes of each row's key, in file order."""
    with filesystem.open_to_read(file.keys_file) as keys:
        return np.frombuffer(keys.read(), "<u8")


def _doubled(files: list[Written]) -> dict[str, np.ndarray]:
    """Table -> row keys (first 8 bytes) that stand more than once; only tables that have such."""
    keys: dict[str, list[np.ndarray]] = {}
    for file in files:
        keys.setdefault(file.table, []).append(_keys_of(file))
    doubled = {}
    for table, parts in keys.items():
        values, counts = np.unique(np.concatenate(parts), return_counts=True)
        if (counts > 1).any():
            doubled[table] = values[counts > 1]
    return doubled


def _publish_without_duplicates(file: Written, doubtful: np.ndarray, seen: set[str]) -> int:
    """Publishes a copy without the rows whose key has been seen; says how many those were.

    The original stays where it is until the attempt's folder goes, so that a retry counts the same.
    """
    shorter = f"{file.temporary}.{filesystem.shard_name()}"
    rewrite = _rewrite_parquet if file.final.endswith(".parquet") else _rewrite_json
    left_out = rewrite(file.temporary, shorter, doubtful, seen)
    if left_out < file.records and not filesystem.exists(file.final):
        filesystem.publish(shorter, file.final)
    else:
        filesystem.remove([shorter])
    return left_out


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


def _rewrite_parquet(old: str, new: str, doubtful: np.ndarray, seen: set[str]) -> int:
    left_out, at = 0, 0
    with filesystem.open_to_read(old) as source, filesystem.create(new) as target:
        parquet = pq.ParquetFile(source)
        with pq.ParquetWriter(target, parquet.schema_arrow, compression="snappy") as writer:
            for number in range(parquet.num_row_groups):
                group = parquet.read_row_group(number)
                keep = _keep(
                    group.column(_key_column(group.column_names)).to_pylist(), doubtful[at : at + len(group)], seen
                )
                at += len(group)
                left_out += keep.count(False)
                writer.write_table(group.filter(pa.array(keep)))
    return left_out


def _rewrite_json(old: str, new: str, doubtful: np.ndarray, seen: set[str]) -> int:
    left_out = 0
    with filesystem.open_to_read(old) as source, filesystem.create(new) as target:
        for suspect, line in zip(doubtful, source, strict=True):
            row = orjson.loads(line)
            if _keep([row[_key_column(row)]], np.array([suspect]), seen)[0]:
                target.write(line)
            else:
                left_out += 1
    return left_out


def _earlier(layout: OutputLayout, plan: Plan, files: list[Written]) -> list[str]:
    """Files that earlier attempts of this very execution had published."""
    if plan.attempt == 1:
        return []
    mine = {file.final for file in files}
    name = f"{plan.execution_id}-a*"
    places = [(layout.rows, f"*/*/{name}"), (layout.dead_letters, name), (layout.executions, name)]
    found = [path for folder, pattern in places for path in filesystem.match(folder, pattern)]
    return [path for path in found if path not in mine]
