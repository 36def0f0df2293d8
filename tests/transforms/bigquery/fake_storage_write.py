"""A small BigQueryWrite service (gRPC) in this process that refuses what BigQuery documents that it refuses.

Written from the service's own documentation (google.cloud.bigquery.storage.v1, AppendRowsRequest and
AppendRowsResponse): schema in a connection's first request, sizes, offsets, columns that the table lacks, rows that
lack a REQUIRED one (none of their request is appended), errors in an answer and connections that break. The emulator
has none of that; what neither shows is how BigQuery itself words it.
"""

import collections
import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import grpc
import pyarrow as pa
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient, types
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import BigQueryWriteGrpcTransport
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

SERVICE = "google.cloud.bigquery.storage.v1.BigQueryWrite"
DEFAULT = "_default"


@dataclasses.dataclass(slots=True)
class Fault:
    """What goes wrong with an append.

    Attributes:
      code: gRPC's.
      how: an answer with this error; the call ends before the append had its effect, or after it; no answer at all.
    """

    code: grpc.StatusCode
    how: Literal["answer", "before", "after", "silence"] = "before"


@dataclasses.dataclass(slots=True)
class FakeTable:
    """Columns, and whether they are REQUIRED."""

    columns: dict[str, bool]
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)


class FakeStorageWrite:
    """State of the service.

    Attributes:
      tables: by `projects/P/datasets/D/tables/T`.
      faults: of the next appends, oldest first.
      appends: numbers of rows that were sent, by request.
      connections: how many calls of AppendRows there were.
      most_bytes: of a request.
      most_row_errors: that an answer names ("the list may not be complete", googleapis/python-bigquery-storage#717).
    """

    def __init__(self) -> None:
        self.tables: dict[str, FakeTable] = {}
        self.faults: collections.deque[Fault] = collections.deque()
        self.appends: list[int] = []
        self.streams: dict[str, int] = {}
        self.connections = 0
        self.most_bytes = 10_000_000
        self.most_row_errors = 1_000

    def create_write_stream(
        self, request: types.CreateWriteStreamRequest, context: grpc.ServicerContext
    ) -> types.WriteStream:
        if request.parent not in self.tables:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Requested entity was not found. Entity: {request.parent}")
        name = f"{request.parent}/streams/s{len(self.streams)}"
        self.streams[name] = 0
        return types.WriteStream(name=name, type_=request.write_stream.type_)

    def append_rows(
        self, requests: Iterator[types.AppendRowsRequest], context: grpc.ServicerContext
    ) -> Iterator[types.AppendRowsResponse]:
        self.connections += 1
        schema = b""
        for request in requests:
            schema = request.arrow_rows.writer_schema.serialized_schema or schema
            fault = self.faults.popleft() if self.faults else None
            if fault is not None and fault.how == "before":
                context.abort(fault.code, "a fault of the test's")
            if fault is not None and fault.how == "silence":
                gone = threading.Event()
                context.add_callback(gone.set)
                gone.wait(60)
                return
            if fault is not None and fault.how == "answer":
                yield failed(fault.code, "a fault of the test's")
                continue
            parent, _, stream = request.write_stream.partition("/streams/")
            if parent not in self.tables or (stream != DEFAULT and request.write_stream not in self.streams):
                context.abort(grpc.StatusCode.NOT_FOUND, f"Requested entity was not found. Entity: {parent}")
            answer = self.append(self.tables[parent], request, schema)
            if fault is not None:
                context.abort(fault.code, "a fault of the test's")
            yield answer

    def append(self, table: FakeTable, request: types.AppendRowsRequest, schema: bytes) -> types.AppendRowsResponse:
        size = request._pb.ByteSize()
        if size > self.most_bytes:
            return failed(grpc.StatusCode.INVALID_ARGUMENT, f"Request of {size} bytes exceeds {self.most_bytes}")
        if not schema:
            return failed(grpc.StatusCode.INVALID_ARGUMENT, "Schema is missing in the first request")
        rows = pa.ipc.open_stream(schema + request.arrow_rows.rows.serialized_record_batch).read_all()
        self.appends.append(rows.num_rows)
        if problem := self.offset_problem(request):
            return problem
        if extra := set(rows.column_names) - set(table.columns):
            return failed(
                grpc.StatusCode.INVALID_ARGUMENT, f"Input schema has extra fields: {sorted(extra)}", extra=True
            )
        records = rows.to_pylist()
        wrong = [(at, name) for at, row in enumerate(records) if (name := missing(table, row))]
        if wrong:
            answer = failed(grpc.StatusCode.INVALID_ARGUMENT, f"Errors found while processing rows: {len(wrong)}")
            code = types.RowError.RowErrorCode.FIELDS_ERROR
            wrong = wrong[: self.most_row_errors]
            answer.row_errors = [
                types.RowError(index=at, code=code, message=f"Field {name} is required") for at, name in wrong
            ]
            return answer
        table.rows += records
        if request.write_stream in self.streams:
            self.streams[request.write_stream] += len(records)
        return types.AppendRowsResponse(append_result={}, write_stream=request.write_stream)

    def offset_problem(self, request: types.AppendRowsRequest) -> types.AppendRowsResponse | None:
        if not request._pb.HasField("offset"):
            return None
        if request.write_stream not in self.streams:
            return failed(grpc.StatusCode.INVALID_ARGUMENT, "Offset is not allowed on the default stream")
        end = self.streams[request.write_stream]
        if request.offset < end:
            return failed(grpc.StatusCode.ALREADY_EXISTS, f"The offset is within stream, expected offset {end}")
        if request.offset > end:
            return failed(grpc.StatusCode.OUT_OF_RANGE, f"The offset is beyond stream, expected offset {end}")
        return None


def missing(table: FakeTable, row: dict[str, Any]) -> str:
    return next((name for name, required in table.columns.items() if required and row.get(name) is None), "")


def failed(code: grpc.StatusCode, message: str, *, extra: bool = False) -> types.AppendRowsResponse:
    status = Status(code=code.value[0], message=message)
    if extra:
        of_a_schema = types.StorageError.StorageErrorCode.SCHEMA_MISMATCH_EXTRA_FIELDS
        detail = AnyMessage()
        detail.Pack(types.StorageError.pb(types.StorageError(code=of_a_schema, error_message=message)))
        status.details.append(detail)
    return types.AppendRowsResponse(error=status)


@contextlib.contextmanager
def serving(fake: FakeStorageWrite) -> Iterator[str]:
    """The service on loopback: its host:port."""
    handlers = {
        "CreateWriteStream": grpc.unary_unary_rpc_method_handler(
            fake.create_write_stream,
            request_deserializer=types.CreateWriteStreamRequest.deserialize,
            response_serializer=types.WriteStream.serialize,
        ),
        "AppendRows": grpc.stream_stream_rpc_method_handler(
            fake.append_rows,
            request_deserializer=types.AppendRowsRequest.deserialize,
            response_serializer=types.AppendRowsResponse.serialize,
        ),
    }
    server = grpc.server(ThreadPoolExecutor(16), options=[("grpc.max_receive_message_length", -1)])
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait(10)


@contextlib.contextmanager
def client_of(address: str) -> Iterator[BigQueryWriteClient]:
    """A client with a connection of its own."""
    with grpc.insecure_channel(address, options=[("grpc.max_send_message_length", -1)]) as channel:
        transport = BigQueryWriteGrpcTransport(channel=channel)
        yield BigQueryWriteClient(transport=transport)  # type: ignore[no-untyped-call]
