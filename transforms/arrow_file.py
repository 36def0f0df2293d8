"""One Parquet or newline-JSON file, written a table at a time."""

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.json_lines import TextsOf, write_json_lines
from transforms.filesystem import create

__all__ = ["ArrowFile"]


class ArrowFile:
    """Opens on the first table; its name's ending (`.parquet`, `.jsonl`) says the format.

    Args:
      texts_of: how newline JSON says the columns (`json_lines`).
    """

    def __init__(self, path: str, *, is_parquet: bool, texts_of: TextsOf | None = None) -> None:
        self._path = path
        self._is_parquet = is_parquet
        self._texts_of = texts_of
        self._file: BinaryIO | None = None
        self._parquet: pq.ParquetWriter | None = None

    def write(self, rows: pa.Table) -> None:
        """Appends rows, in Parquet as one row group; they are with the operating system when this returns."""
        if self._file is None:
            self._file = create(self._path)
        if not self._is_parquet:
            write_json_lines(self._file, rows, self._texts_of)
        else:
            if self._parquet is None:
                self._parquet = pq.ParquetWriter(self._file, rows.schema, compression="snappy")
            self._parquet.write_table(rows)
        self._file.flush()

    def close(self) -> None:
        """Ends the file; without a table there is none."""
        if self._parquet is not None:
            self._parquet.close()
        if self._file is not None:
            self._file.close()
