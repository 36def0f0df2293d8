"""One write stream of BigQuery's Storage Write API: appends of Arrow rows, one after the other, each answered.

It is a stream of its own (COMMITTED: rows are there at once), not the table's default one: its rows have offsets, by
which BigQuery knows rows that are sent again because an answer was lost.

The library's `AppendRowsStream` gives futures that may wait for ever, opens with a pause of 80 ms and hides why a
connection could not be opened; so its client's gRPC method is called here.
"""

import functools
import os
import queue
import threading
from collections.abc import Sequence
from typing import Any

import grpc
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient, types
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import BigQueryWriteGrpcTransport

from schemas.warehouse import TableId
from transforms.bigquery.connection import emulator_host
from transforms.bigquery.refusals import WarehouseRefused, explained

__all__ = ["AppendFailed", "AppendStream", "connect_writes"]

REQUEST_SECS = 60.0
"""How long an answer may take; then the connection is given up."""
_CODES = {code.value[0]: code for code in grpc.StatusCode}
_STREAM_IS_GONE = {
    grpc.StatusCode.ALREADY_EXISTS,  # although nothing is known to have been sent at this offset
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.OUT_OF_RANGE,
}
_UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


def connect_writes() -> BigQueryWriteClient:
    """The process's client of the Storage Write API. BIGQUERY_STORAGE_EMULATOR_HOST (host:port) names an emulator.

    Raises:
      WarehouseRefused: there are no credentials; or the variable is missing where BIGQUERY_EMULATOR_HOST names one, so
        that rows for an emulator never get into BigQuery itself.
    """
    emulator = os.environ.get("BIGQUERY_STORAGE_EMULATOR_HOST", "")
    if emulator_host() and not emulator:
        raise WarehouseRefused("BIGQUERY_EMULATOR_HOST names an emulator, but BIGQUERY_STORAGE_EMULATOR_HOST does not")
    with explained("BigQuery's Storage Write API"):
        return _client(emulator)


@functools.cache
def _client(emulator: str) -> BigQueryWriteClient:
    if not emulator:
        return BigQueryWriteClient()  # type: ignore[no-untyped-call]
    channel = grpc.insecure_channel(emulator, options=_UNLIMITED)
    transport = BigQueryWriteGrpcTransport(channel=channel)
    return BigQueryWriteClient(transport=transport)  # type: ignore[no-untyped-call]


class AppendFailed(Exception):
    """None of the rows of an append is known to be there.

    Attributes:
      code: gRPC's.
      row_errors: of the rows that are the reason, where BigQuery names them.
      is_schema: the rows have a column that the table lacks.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        row_errors: Sequence[types.RowError] = (),
        *,
        is_schema: bool = False,
    ) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message
        self.row_errors = row_errors
        self.is_schema = is_schema


class AppendStream:
    """A stream into a table; it is made and connected when it is needed, and again after a failure.

    For one thread at a time: who appends holds `lock`.
    """

    def __init__(self, client: BigQueryWriteClient, table: TableId) -> None:
        self.lock = threading.Lock()
        self._client = client
        self._parent = f"projects/{table.project}/datasets/{table.dataset}/tables/{table.table}"
        self._name = ""
        self._offset = 0
        self._is_unsure = False
        self._schema = b""
        self._connection: _Connection | None = None

    def append(self, schema: bytes, rows: bytes, count: int) -> None:
        """Appends rows; they are in the table when this returns.

        After a failure it is called with the same rows again, or `forget` is: at the same offset, other rows would be
        taken for these.

        Args:
          schema, rows: as Arrow's IPC serialises them.
          count: of the rows.

        Raises:
          AppendFailed: by a connection that broke, too: then the rows may be there after all.
        """
        try:
            answer = self._ask(schema, rows)
        except GoogleAPICallError as error:
            raise AppendFailed(error.grpc_status_code or grpc.StatusCode.UNKNOWN, str(error.message)) from error
        except RetryError as error:
            raise AppendFailed(grpc.StatusCode.UNAVAILABLE, str(error)) from error
        except grpc.RpcError as error:
            self._is_unsure = True
            self._fail(error.code(), error.details() or "the connection broke")
        if answer is None:
            self._is_unsure = True
            self._fail(grpc.StatusCode.UNAVAILABLE, "BigQuery ended the connection")
        elif answer.error.code:
            self._check(answer)
        self._offset, self._is_unsure = self._offset + count, False

    def forget(self) -> None:
        """Leaves what was not confirmed as it is: the next rows go into a new stream."""
        self.close()
        self._name, self._is_unsure = "", False

    def close(self) -> None:
        """Ends the connection; the next append makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, schema: bytes, rows: bytes) -> types.AppendRowsResponse | None:
        if not self._name:
            wanted = types.WriteStream(type_=types.WriteStream.Type.COMMITTED)
            made = self._client.create_write_stream(
                parent=self._parent, write_stream=wanted, retry=None, timeout=REQUEST_SECS
            )
            self._name, self._offset = made.name, 0
        data = types.AppendRowsRequest.ArrowData(rows=types.ArrowRecordBatch(serialized_record_batch=rows))
        if self._connection is None or schema != self._schema:
            data.writer_schema = types.ArrowSchema(serialized_schema=schema)
            self._schema = schema
        if self._connection is None:
            self._connection = _Connection(self._client, self._name)
        request = types.AppendRowsRequest(write_stream=self._name, offset=self._offset, arrow_rows=data)
        return self._connection.ask(request)

    def _check(self, answer: types.AppendRowsResponse) -> None:
        """An answer that is an error. Rows that are there already are these, if their first answer was lost."""
        code = _CODES.get(answer.error.code, grpc.StatusCode.UNKNOWN)
        if code is grpc.StatusCode.ALREADY_EXISTS and self._is_unsure:
            return
        if code is grpc.StatusCode.INVALID_ARGUMENT:  # the connection is as good as before
            raise AppendFailed(code, answer.error.message, answer.row_errors, is_schema=_has_extra_fields(answer))
        self._fail(code, answer.error.message)

    def _fail(self, code: grpc.StatusCode, message: str) -> None:
        self.close()
        if code in _STREAM_IS_GONE:
            self.forget()
            code = grpc.StatusCode.ABORTED
        raise AppendFailed(code, message)


class _Connection:
    """A bidirectional call: a request at a time, each followed by its answer."""

    def __init__(self, client: BigQueryWriteClient, stream: str) -> None:
        self._requests: queue.SimpleQueue[types.AppendRowsRequest | None] = queue.SimpleQueue()
        self._call: Any = client.transport.append_rows(
            iter(self._requests.get, None),  # type: ignore[arg-type]
            metadata=[("x-goog-request-params", f"write_stream={stream}")],  # type: ignore[call-arg]
        )

    def ask(self, request: types.AppendRowsRequest) -> types.AppendRowsResponse | None:
        """The answer to a request; None when the other side has ended the call instead."""
        silent = threading.Timer(REQUEST_SECS, self._call.cancel)
        silent.daemon = True
        silent.start()
        self._requests.put(request)
        try:
            return next(self._call, None)
        finally:
            silent.cancel()

    def close(self) -> None:
        self._requests.put(None)
        self._call.cancel()


def _has_extra_fields(answer: types.AppendRowsResponse) -> bool:
    """Whether BigQuery's details say SCHEMA_MISMATCH_EXTRA_FIELDS."""
    extra = types.StorageError.StorageErrorCode.SCHEMA_MISMATCH_EXTRA_FIELDS
    for detail in answer.error.details:
        if detail.type_url.endswith("/google.cloud.bigquery.storage.v1.StorageError"):
            return bool(types.StorageError.deserialize(detail.value).code == extra)
    return False
