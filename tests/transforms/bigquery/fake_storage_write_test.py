"""The fake of the Storage Write API refuses what it says it refuses."""

from collections.abc import Iterator

import grpc
import pyarrow as pa
import pytest
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient, types

from tests.transforms.bigquery.fake_storage_write import FakeStorageWrite, FakeTable, Fault, client_of, serving

TABLE = "projects/p/datasets/d/tables/t"
DEFAULT = f"{TABLE}/streams/_default"
COMMITTED = types.WriteStream(type_=types.WriteStream.Type.COMMITTED)


@pytest.fixture
def fake() -> FakeStorageWrite:
    made = FakeStorageWrite()
    made.tables[TABLE] = FakeTable({"sku": True, "price": False})
    return made


@pytest.fixture
def client(fake: FakeStorageWrite) -> Iterator[BigQueryWriteClient]:
    with serving(fake) as address, client_of(address) as made:
        yield made


def request(rows: pa.Table, stream: str = DEFAULT, *, schema: bool = True, **more: object) -> types.AppendRowsRequest:
    [batch] = rows.to_batches()
    data = types.AppendRowsRequest.ArrowData(rows={"serialized_record_batch": batch.serialize().to_pybytes()})
    if schema:
        data.writer_schema = types.ArrowSchema(serialized_schema=rows.schema.serialize().to_pybytes())
    return types.AppendRowsRequest(write_stream=stream, arrow_rows=data, **more)


def answers(client: BigQueryWriteClient, *requests: types.AppendRowsRequest) -> list[types.AppendRowsResponse]:
    return list(client.append_rows(iter(requests), retry=None))


def test_rows_are_appended_and_the_schema_is_said_once(fake: FakeStorageWrite, client: BigQueryWriteClient) -> None:
    one = pa.table({"sku": ["a"]})
    ended = answers(client, request(one), request(one, schema=False))

    assert [answer.error.code for answer in ended] == [0, 0]
    assert fake.tables[TABLE].rows == [{"sku": "a"}, {"sku": "a"}]
    [without] = answers(client, request(one, schema=False))
    assert "Schema" in without.error.message


def test_a_row_that_is_wrong_stops_its_request(fake: FakeStorageWrite, client: BigQueryWriteClient) -> None:
    [answer] = answers(client, request(pa.table({"sku": ["a", None]})))

    assert [(one.index, one.code.name) for one in answer.row_errors] == [(1, "FIELDS_ERROR")]
    assert answer.error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert fake.tables[TABLE].rows == []


def test_a_column_that_the_table_lacks_is_named(client: BigQueryWriteClient) -> None:
    [answer] = answers(client, request(pa.table({"sku": ["a"], "colour": ["red"]})))

    assert types.StorageError.deserialize(answer.error.details[0].value).code.name == "SCHEMA_MISMATCH_EXTRA_FIELDS"
    assert "colour" in answer.error.message


def test_a_request_that_is_too_large_is_refused(fake: FakeStorageWrite, client: BigQueryWriteClient) -> None:
    fake.most_bytes = 100
    assert "exceeds" in answers(client, request(pa.table({"sku": ["a"]})))[0].error.message


def test_offsets_are_checked(fake: FakeStorageWrite, client: BigQueryWriteClient) -> None:
    name = client.create_write_stream(parent=TABLE, write_stream=COMMITTED).name
    rows = pa.table({"sku": ["a", "b"]})
    ended = answers(client, *(request(rows, name, offset=offset) for offset in (0, 0, 3, 2)))

    assert [answer.error.code for answer in ended] == [
        0,
        grpc.StatusCode.ALREADY_EXISTS.value[0],
        grpc.StatusCode.OUT_OF_RANGE.value[0],
        0,
    ]
    assert len(fake.tables[TABLE].rows) == 4
    assert answers(client, request(rows, offset=0))[0].error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]


@pytest.mark.parametrize(("how", "rows"), [("before", 0), ("after", 1)])
def test_a_connection_breaks_before_or_after_the_effect(
    fake: FakeStorageWrite, client: BigQueryWriteClient, how: str, rows: int
) -> None:
    fake.faults.append(Fault(grpc.StatusCode.UNAVAILABLE, how))  # type: ignore[arg-type]
    with pytest.raises(Exception, match="a fault of the test's"):
        answers(client, request(pa.table({"sku": ["a"]})))
    assert len(fake.tables[TABLE].rows) == rows


def test_an_unknown_table_is_not_found(client: BigQueryWriteClient) -> None:
    with pytest.raises(Exception, match="not found"):
        answers(client, request(pa.table({"sku": ["a"]}), "projects/p/datasets/d/tables/none/streams/_default"))
    with pytest.raises(Exception, match="not found"):
        client.create_write_stream(parent="projects/p/datasets/d/tables/none", write_stream=COMMITTED)
