"""Rows into tables as they come, through BigQuery's Storage Write API with Arrow.

schemas.arrow gives each column the type that BigQuery documents for it
(https://cloud.google.com/bigquery/docs/supported-data-types): NUMERIC is decimal128, JSON and STRING are text,
TIMESTAMP is in microseconds and UTC, DATETIME without a zone, records are structs, repeated columns lists, which are
empty and never null (schemas.row makes them so). TIME as time64 stands only in the samples of Google's library.
"""

import functools
import threading

import grpc
import pyarrow as pa
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient

from schemas.reasons import Dead
from schemas.warehouse import TableId
from transforms.bigquery.connection import WarehouseUnavailable
from transforms.bigquery.inserts import MISSING_TABLE_SECS, MOST_REQUEST_BYTES, Refused
from transforms.bigquery.refusals import WarehouseRefused
from transforms.bigquery.retries import Retries
from transforms.bigquery.storage_stream import AppendFailed, AppendStream

__all__ = ["StorageWriter"]

MOST_CONNECTIONS = 50
"""That a process keeps; BigQuery allows a project 1,000 in a small region."""
OF_THE_REQUEST = 1_000
"""Bytes of a request that are no rows."""
_PASSING = {
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNKNOWN,
}


class StorageWriter:
    """Appends rows to any number of tables; safe for many threads, of which those of one table wait for each other.

    It keeps one stream a table: making one takes BigQuery its time, and it makes 40 a second for a project
    (https://cloud.google.com/bigquery/docs/write-api-best-practices).

    Args:
      retries: for errors that pass; None for five minutes of them.
    """

    def __init__(self, client: BigQueryWriteClient, retries: Retries | None = None) -> None:
        self._client = client
        self._retries = Retries() if retries is None else retries
        self._streams: dict[TableId, AppendStream] = {}
        self._connected: list[AppendStream] = []  # or were; the last one was used last
        self._lock = threading.Lock()

    def append(self, table: TableId, rows: pa.Table) -> list[Refused]:
        """Appends rows; when it returns, BigQuery has confirmed all but the refused ones.

        Raises:
          WarehouseUnavailable, WarehouseRefused: BigQuery did not take what is not wrong. Some of it may be there.
        """
        stream = self._stream(table)
        refused: list[Refused] = []
        first = 0
        with stream.lock:
            try:
                for batch in rows.combine_chunks().to_batches():
                    numbers = list(range(first, first + batch.num_rows))
                    _Append(stream, table, self._retries, refused).send(batch, numbers)
                    first += batch.num_rows
            except BaseException:
                stream.forget()
                raise
        return sorted(refused, key=lambda one: one.index)

    def close(self) -> None:
        """Ends all connections."""
        with self._lock:
            streams = list(self._streams.values())
        for stream in streams:
            with stream.lock:
                stream.close()

    def _stream(self, table: TableId) -> AppendStream:
        """The stream of a table; the connection that was not used for longest ends when there are too many."""
        idle = None
        with self._lock:
            stream = self._streams.get(table)
            if stream is None:
                stream = self._streams[table] = AppendStream(self._client, table)
            else:
                self._connected = [one for one in self._connected if one is not stream]
            self._connected.append(stream)
            if len(self._connected) > MOST_CONNECTIONS:
                idle = self._connected.pop(0)
        if idle is not None and idle.lock.acquire(blocking=False):  # else it is at work, and comes back
            idle.close()
            idle.lock.release()
        return stream


class _Append:
    """Brings some rows into one table, whatever of them is wrong."""

    def __init__(self, stream: AppendStream, table: TableId, retries: Retries, refused: list[Refused]) -> None:
        self._stream = stream
        self._table = table
        self._retries = retries
        self._refused = refused

    def send(self, rows: pa.RecordBatch, numbers: list[int]) -> None:
        """Sends rows until each is confirmed or refused.

        Args:
          numbers: the rows' places among those that the caller gave.
        """
        while numbers:
            schema, data = rows.schema.serialize().to_pybytes(), rows.serialize().to_pybytes()
            size = len(schema) + len(data) + OF_THE_REQUEST
            if size > MOST_REQUEST_BYTES:
                message = f"the row has {size} bytes in Arrow; a request of {MOST_REQUEST_BYTES} is what BigQuery takes"
                self._send_apart(rows, numbers, Dead.ROW_TOO_LARGE.value, message)
                return
            append = functools.partial(self._stream.append, schema, data, len(numbers))
            try:
                self._retries.run(append, worth_secs)
            except AppendFailed as error:
                if error.code is not grpc.StatusCode.INVALID_ARGUMENT:
                    kind = WarehouseUnavailable if error.code in _PASSING else WarehouseRefused
                    raise kind(f"{self._table}: {error}") from error
                wrong = {one.index: one for one in error.row_errors if 0 <= one.index < len(numbers)}
                if not wrong:
                    self._send_apart(rows, numbers, "INVALID_ARGUMENT", error.message, together=error.is_schema)
                    return
                self._refused += [Refused(numbers[at], one.code.name, one.message) for at, one in wrong.items()]
                # BigQuery's list may be cut: what else is wrong then comes out the next time
                good = [at for at in range(len(numbers)) if at not in wrong]
                rows, numbers = rows.take(pa.array(good, pa.int64())), [numbers[at] for at in good]
            else:
                return

    def _send_apart(
        self, rows: pa.RecordBatch, numbers: list[int], reason: str, message: str, *, together: bool = False
    ) -> None:
        """Rows that are refused as a whole are cut, until the one that is wrong stands alone.

        Args:
          together: what is wrong is wrong with each of them.
        """
        if together or len(numbers) == 1:
            self._refused += [Refused(number, reason, message) for number in numbers]
            return
        middle = len(numbers) // 2
        self.send(rows.slice(0, middle), numbers[:middle])
        self.send(rows.slice(middle), numbers[middle:])


def worth_secs(error: Exception) -> float:
    """How long a failed append is tried again: for good, a little, or not at all."""
    if not isinstance(error, AppendFailed):
        return 0.0
    if error.code is grpc.StatusCode.NOT_FOUND:
        return MISSING_TABLE_SECS
    return float("inf") if error.code in _PASSING else 0.0
