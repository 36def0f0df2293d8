"""Files of newline JSON into a table by one load job."""

import bisect
import io
import itertools
import os
import threading
from collections.abc import Sequence
from typing import Any, BinaryIO

from google.cloud import bigquery

from schemas.warehouse import TableId
from transforms import filesystem
from transforms.bigquery.jobs import NO_RETRY, Begin, run_once

__all__ = ["JoinedFiles", "load_files"]

MOST_URIS = 10_000
"""In one job (https://cloud.google.com/bigquery/quotas#load_jobs)."""
_UPLOADS = threading.Semaphore(2)
"""Google's client keeps 100 MB of what it sends in memory; and the way out is one for all."""


def load_files(
    client: bigquery.Client,
    table: TableId,
    paths: Sequence[str],
    job_id: str,
    location: str | None,
    *,
    hopeless: frozenset[str] = frozenset(),
) -> None:
    """Loads files, all of them or none, once for each job id. Files of gs:// are read by BigQuery itself.

    Args:
      job_id: says what is loaded: the same id, the same rows.
      location: of the table's dataset.
      hopeless: see `run_once`.

    Raises:
      JobRefused: BigQuery does not take a row of them.
      WarehouseUnavailable, WarehouseRefused
    """
    if not all(path.startswith("gs://") for path in paths):
        run_once(client, _upload(client, table, paths, location), job_id, location, hopeless=hopeless)
        return
    for number, first in enumerate(range(0, len(paths), MOST_URIS)):
        begin = _from_uris(client, table, paths[first : first + MOST_URIS], location)
        run_once(client, begin, f"{job_id}_{number}" if number else job_id, location, hopeless=hopeless)


def _config() -> bigquery.LoadJobConfig:
    """The table's own schema decides, so that a column which it lacks is refused, and no table is made in passing."""
    return bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
        create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
    )


def _from_uris(client: bigquery.Client, table: TableId, uris: Sequence[str], location: str | None) -> Begin:
    def begin(job_id: str) -> Any:
        return client.load_table_from_uri(
            list(uris),
            str(table),
            job_id=job_id,
            location=location,
            project=table.project,
            job_config=_config(),
            retry=NO_RETRY,
            timeout=60,
        )

    return begin


def _upload(client: bigquery.Client, table: TableId, paths: Sequence[str], location: str | None) -> Begin:
    def begin(job_id: str) -> Any:
        with _UPLOADS, JoinedFiles(paths) as joined:
            return client.load_table_from_file(
                joined,  # type: ignore[arg-type]
                str(table),
                size=joined.size,
                num_retries=0,
                job_id=job_id,
                location=location,
                project=table.project,
                job_config=_config(),
                timeout=300,
            )

    return begin


class JoinedFiles(io.RawIOBase):
    """Several files one behind the other, to be read as one; an upload may go back.

    Attributes:
      size: of all of them, in bytes.
    """

    mode = "rb"

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = list(paths)
        self._starts = [0, *itertools.accumulate(map(_size, paths))]
        self.size = self._starts[-1]
        self._at = 0
        self._number = -1
        self._file: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to a place of the whole."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._leave()
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Reads on, up to the end of one file."""
        while self._at < self.size:
            got = self._open().read(len(buffer))
            if got:
                buffer[: len(got)] = got
                self._at += len(got)
                return len(got)
            raise EOFError(f"{self._paths[self._number]} has become shorter")
        return 0

    def read(self, size: int = -1) -> bytes:
        """As many bytes as were asked for, fewer only at the end."""
        left = self.size - self._at if size is None or size < 0 else min(size, self.size - self._at)
        data = bytearray(left)
        done = 0
        while done < left:
            done += self.readinto(memoryview(data)[done:])
        return bytes(data)

    def close(self) -> None:
        self._leave()
        super().close()

    def _open(self) -> BinaryIO:
        number = bisect.bisect_right(self._starts, self._at) - 1
        if number != self._number or self._file is None:
            self._leave()
            self._number, self._file = number, filesystem.open_to_read(self._paths[number])
            self._file.seek(self._at - self._starts[number])
        return self._file

    def _leave(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file, self._number = None, -1


def _size(path: str) -> int:
    if filesystem.is_local(path):
        return os.path.getsize(path)
    with filesystem.open_to_read(path) as file:
        return file.seek(0, os.SEEK_END)
