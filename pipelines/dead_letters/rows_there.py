"""Which rows an execution has already written: a replay of it leaves them out, as the execution itself would have."""

import io
from collections.abc import Collection, Iterable
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.stores.store import Store
from schemas.arrow import provenance_names
from schemas.table import Table

__all__ = ["RowsThere"]

_ID_HEX_DIGITS = 16  # 64 of 96 bits: among ten million rows, one of two million million new ones looks like one of them
_NONE = np.array([], "<u8")


class RowsThere:
    """Keys and contents of an execution's rows, 16 bytes each in memory.

    Args:
      columns: `keys/TABLE` and `ids/TABLE`, sorted; `requests` and `counts`: of requests that were asked for, how many
        rows there are of each.
    """

    def __init__(self, columns: dict[str, np.ndarray]) -> None:
        self._columns = columns

    @classmethod
    def read(
        cls, store: Store, tables: Iterable[Table], executions: Collection[str], requests: Collection[str]
    ) -> "RowsThere":
        """Reads three columns of all rows of some executions, some thousand rows in memory.

        Args:
          requests: those whose rows are counted.
        """
        columns: dict[str, np.ndarray] = {}
        rows_of: set[tuple[str, str]] = set()
        wanted = pa.array(sorted(requests), pa.string())
        for table in tables:
            names = provenance_names(table)
            chosen = [names["request_id"], names["row_key"], names["row_id"]]
            keys, ids = [_NONE], [_NONE]
            for batch in store.rows(table.name, chosen, executions):
                request_ids, row_keys, row_ids = (batch.column(name).cast(pa.string()) for name in chosen)
                keys.append(_numbers(row_keys))
                ids.append(_numbers(row_ids))
                of_them = pc.is_in(request_ids, value_set=wanted)
                rows_of.update(
                    zip(request_ids.filter(of_them).to_pylist(), row_keys.filter(of_them).to_pylist(), strict=True)
                )
            columns[f"keys/{table.name}"] = np.unique(np.concatenate(keys))
            columns[f"ids/{table.name}"] = np.unique(np.concatenate(ids))
        numbers = [int(request_id[:_ID_HEX_DIGITS], 16) for request_id, _ in rows_of]
        of, counts = np.unique(np.array(numbers, "<u8"), return_counts=True)
        return cls({**columns, "requests": of, "counts": counts.astype("<i8")})

    def has_key(self, table: str, row_key: str) -> bool:
        """Whether there is a row of this key."""
        return _holds(self._columns.get(f"keys/{table}", _NONE), row_key)

    def has_id(self, table: str, row_id: str) -> bool:
        """Whether there is a row of this key and content."""
        return _holds(self._columns.get(f"ids/{table}", _NONE), row_id)

    def count_of(self, request_id: str) -> int:
        """Rows of a request that was asked for, each key counted once."""
        number = np.uint64(int(request_id[:_ID_HEX_DIGITS], 16))
        at = int(np.searchsorted(self._columns["requests"], number))
        found = at < len(self._columns["requests"]) and self._columns["requests"][at] == number
        return int(self._columns["counts"][at]) if found else 0

    def to_bytes(self) -> bytes:
        """For other processes."""
        packed = io.BytesIO()
        named: dict[str, Any] = self._columns
        np.savez(packed, **named)
        return packed.getvalue()

    @classmethod
    def from_file(cls, file: BinaryIO) -> "RowsThere":
        """What `to_bytes` gave."""
        return cls(dict(np.load(io.BytesIO(file.read()))))


def _numbers(hashes: pa.Array) -> np.ndarray:
    short = "".join([one[:_ID_HEX_DIGITS] for one in hashes.drop_null().to_pylist()])
    return np.frombuffer(bytes.fromhex(short), ">u8").astype("<u8")


def _holds(sorted_numbers: np.ndarray, one: str) -> bool:
    number = np.uint64(int(one[:_ID_HEX_DIGITS], 16))
    at = int(np.searchsorted(sorted_numbers, number))
    return at < len(sorted_numbers) and bool(sorted_numbers[at] == number)
