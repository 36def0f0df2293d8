"""Gives an execution's files their final names, without a row_key twice."""

import dataclasses
from collections.abc import Container, Iterable

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.plan import Plan
from schemas.written import Written
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["publish_execution"]


def publish_execution(layout: OutputLayout, plan: Plan, files: list[Written]) -> int:
    """Publishes what committed bundles wrote and removes what an earlier attempt of the execution had published.

    Only here are the rows of all of an execution's workers seen together, so duplicates of a row_key (the first in file
    order stays) are left out here: a file that has some is written again without them.

    Returns:
      How many rows were left out; `files` keep saying how many were written.
    """
    files = [dataclasses.replace(file) for file in files]
    rows = sorted((file for file in files if file.kind == "rows"), key=lambda file: file.final)
    left_out = 0
    suspects = _doubled(rows)
    seen: dict[str, set[str]] = {}
    for file in rows:
        if file.table in suspects and not _is_published(file):
            left_out += _without_duplicates(file, suspects[file.table], seen.setdefault(file.table, set()))
    for file in files:
        if file.records:
            filesystem.publish(file.temporary, file.final)
        else:
            filesystem.remove([file.temporary])
    filesystem.remove(_earlier(layout, plan, files))
    return left_out


def _is_published(file: Written) -> bool:
    return not filesystem.match(file.temporary)


def _doubled(files: list[Written]) -> dict[str, np.ndarray]:
    """Table -> row keys (first 8 bytes) that stand more than once; only tables that have such."""
    keys: dict[str, list[bytes]] = {}
    for file in files:
        keys.setdefault(file.table, []).append(file.keys)
    doubled = {}
    for table, parts in keys.items():
        values, counts = np.unique(np.frombuffer(b"".join(parts), "<u8"), return_counts=True)
        if (counts > 1).any():
            doubled[table] = values[counts > 1]
    return doubled


def _without_duplicates(file: Written, suspects: np.ndarray, seen: set[str]) -> int:
    """Rewrites a file without the rows whose key has been seen; says how many those were."""
    suspicious = np.isin(np.frombuffer(file.keys, "<u8"), suspects)
    if not suspicious.any():
        return 0
    shorter = file.temporary + ".unique"
    rewrite = _rewrite_parquet if file.final.endswith(".parquet") else _rewrite_json
    left_out = rewrite(file.temporary, shorter, suspicious, seen)
    filesystem.remove([file.temporary])
    filesystem.publish(shorter, file.temporary)
    file.records -= left_out
    return left_out


def _keep(keys: Iterable[str], suspicious: np.ndarray, seen: set[str]) -> list[bool]:
    keep = []
    for key, suspect in zip(keys, suspicious, strict=True):
        fresh = not suspect or key not in seen
        if suspect:
            seen.add(key)
        keep.append(fresh)
    return keep


def _key_column(names: Container[str]) -> str:
    """A source's own field may be called row_key: then the provenance column has the prefix (schemas.arrow)."""
    return "scrape_row_key" if "scrape_row_key" in names else "row_key"


def _rewrite_parquet(old: str, new: str, suspicious: np.ndarray, seen: set[str]) -> int:
    left_out, at = 0, 0
    with filesystem.open_to_read(old) as source, filesystem.create(new) as target:
        parquet = pq.ParquetFile(source)
        with pq.ParquetWriter(target, parquet.schema_arrow, compression="snappy") as writer:
            for number in range(parquet.num_row_groups):
                group = parquet.read_row_group(number)
                keep = _keep(
                    group.column(_key_column(group.column_names)).to_pylist(), suspicious[at : at + len(group)], seen
                )
                at += len(group)
                left_out += keep.count(False)
                writer.write_table(group.filter(pa.array(keep)))
    return left_out


def _rewrite_json(old: str, new: str, suspicious: np.ndarray, seen: set[str]) -> int:
    left_out = 0
    with filesystem.open_to_read(old) as source, filesystem.create(new) as target:
        for suspect, line in zip(suspicious, source, strict=True):
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
    patterns = [f"{layout.rows}/*/*/{name}", f"{layout.dead_letters}/{name}", f"{layout.executions}/{name}"]
    found = [path for pattern in patterns for path in filesystem.match(pattern)]
    return [path for path in found if path not in mine]
