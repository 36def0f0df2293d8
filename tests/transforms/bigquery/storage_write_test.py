"""Rows by the Storage Write API: confirmed, refused, or asked again within a bound."""

from collections.abc import Iterator

import grpc
import pyarrow as pa
import pytest

from schemas.warehouse import TableId
from tests.transforms.bigquery.fake_storage_write import FakeStorageWrite, FakeTable, Fault, client_of, serving
from tests.transforms.bigquery.still_clock import StillClock
from transforms.bigquery import storage_stream, storage_write
from transforms.bigquery.connection import WarehouseUnavailable
from transforms.bigquery.refusals import WarehouseRefused
from transforms.bigquery.storage_write import StorageWriter

TABLE = TableId("p", "d", "t")
PARENT = "projects/p/datasets/d/tables/t"


@pytest.fixture
def fake() -> FakeStorageWrite:
    made = FakeStorageWrite()
    made.tables[PARENT] = FakeTable({"sku": True, "price": False})
    return made


@pytest.fixture
def time() -> StillClock:
    return StillClock()


@pytest.fixture
def writer(fake: FakeStorageWrite, time: StillClock) -> Iterator[StorageWriter]:
    with serving(fake) as address, client_of(address) as client:
        made = StorageWriter(client, time.retries())
        yield made
        made.close()


def rows(*skus: str | None) -> pa.Table:
    return pa.table({"sku": pa.array(skus, pa.string())})


def skus(fake: FakeStorageWrite) -> list[str]:
    return [row["sku"] for row in fake.tables[PARENT].rows]


def test_rows_are_appended_on_one_connection(fake: FakeStorageWrite, writer: StorageWriter) -> None:
    assert writer.append(TABLE, rows("a", "b")) == []
    assert writer.append(TABLE, rows("c")) == []
    assert writer.append(TABLE, pa.table({"sku": ["d"], "price": [1]})) == []

    assert (skus(fake), fake.connections) == (["a", "b", "c", "d"], 1)


def test_rows_that_are_refused_leave_the_others_alone(fake: FakeStorageWrite, writer: StorageWriter) -> None:
    refused = writer.append(TABLE, rows("a", None, "c", None))

    assert [(one.index, one.reason, one.message) for one in refused] == [
        (1, "FIELDS_ERROR", "Field sku is required"),
        (3, "FIELDS_ERROR", "Field sku is required"),
    ]
    assert (skus(fake), fake.appends, fake.connections) == (["a", "c"], [4, 2], 1)


def test_refused_rows_that_an_answer_does_not_name_come_out_the_next_time(
    fake: FakeStorageWrite, writer: StorageWriter
) -> None:
    fake.most_row_errors = 1

    refused = writer.append(TABLE, rows(None, "b", None, None, "e"))

    assert [one.index for one in refused] == [0, 2, 3]
    assert (skus(fake), fake.appends) == (["b", "e"], [5, 4, 3, 2])


def test_a_column_that_the_table_lacks_refuses_all_rows_at_once(fake: FakeStorageWrite, writer: StorageWriter) -> None:
    refused = writer.append(TABLE, pa.table({"sku": ["a", "b"], "colour": ["red", "blue"]}))

    assert [one.index for one in refused] == [0, 1]
    assert "colour" in refused[0].message
    assert fake.appends == [2]


def test_a_request_that_is_refused_as_a_whole_is_cut_until_the_culprit_stands_alone(
    fake: FakeStorageWrite, writer: StorageWriter
) -> None:
    fake.most_bytes = 2_000

    refused = writer.append(TABLE, rows("a", "b" * 3_000, "c", "d"))

    assert [(one.index, one.reason) for one in refused] == [(1, "INVALID_ARGUMENT")]
    assert sorted(skus(fake)) == ["a", "c", "d"]


def test_rows_are_cut_into_requests_and_one_that_is_too_large_is_not_sent(
    fake: FakeStorageWrite, writer: StorageWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_write, "MOST_REQUEST_BYTES", 10_000)
    fake.most_bytes = 10_000

    refused = writer.append(TABLE, rows(*(letter * 3_000 for letter in "abcde"), "f" * 11_000, "g"))

    assert [(one.index, one.reason) for one in refused] == [(5, "row_too_large")]
    assert [sku[0] for sku in skus(fake)] == list("abcdeg")
    assert max(fake.appends) == 2


@pytest.mark.parametrize("how", ["before", "answer"])
def test_what_passes_is_tried_again(fake: FakeStorageWrite, writer: StorageWriter, time: StillClock, how: str) -> None:
    for code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL):
        fake.faults.append(Fault(code, how))  # type: ignore[arg-type]

    assert writer.append(TABLE, rows("a")) == []

    assert (skus(fake), time.pauses) == (["a"], [1.0, 2.0, 4.0])


def test_a_silent_connection_is_given_up(
    fake: FakeStorageWrite, writer: StorageWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_stream, "REQUEST_SECS", 0.2)
    fake.faults.append(Fault(grpc.StatusCode.OK, "silence"))

    assert writer.append(TABLE, rows("a")) == []

    assert (skus(fake), fake.connections) == (["a"], 2)


def test_a_lost_answer_doubles_nothing(fake: FakeStorageWrite, writer: StorageWriter) -> None:
    for sku in "abc":
        fake.faults.append(Fault(grpc.StatusCode.UNAVAILABLE, "after"))
        assert writer.append(TABLE, rows(sku)) == []

    assert skus(fake) == ["a", "b", "c"]


def test_rows_after_an_outage_are_not_taken_for_those_before_it(fake: FakeStorageWrite, writer: StorageWriter) -> None:
    fake.faults.append(Fault(grpc.StatusCode.UNAVAILABLE, "after"))
    fake.faults.extend([Fault(grpc.StatusCode.UNAVAILABLE)] * 100)
    with pytest.raises(WarehouseUnavailable):
        writer.append(TABLE, rows("a"))
    fake.faults.clear()

    assert writer.append(TABLE, rows("b")) == []

    assert skus(fake) == ["a", "b"]


def test_rows_at_an_offset_that_others_have_taken_are_not_lost(fake: FakeStorageWrite, writer: StorageWriter) -> None:
    writer.append(TABLE, rows("a"))
    [stream] = fake.streams
    fake.streams[stream] = 2  # somebody else's row

    assert writer.append(TABLE, rows("b")) == []

    assert skus(fake) == ["a", "b"]


def test_offsets_go_on_behind_refused_rows(fake: FakeStorageWrite, writer: StorageWriter) -> None:
    assert [one.index for one in writer.append(TABLE, rows("a", None))] == [1]
    assert writer.append(TABLE, rows("b", "c")) == []

    assert (skus(fake), fake.connections) == (["a", "b", "c"], 1)


def test_a_stream_that_is_gone_or_behind_is_replaced(fake: FakeStorageWrite, writer: StorageWriter) -> None:
    writer.append(TABLE, rows("a", "b"))
    [first] = fake.streams
    fake.streams[first] = 1  # it has forgotten a row: what comes now is beyond its end
    writer.append(TABLE, rows("c"))
    fake.streams.pop(next(name for name in fake.streams if name != first))
    writer.append(TABLE, rows("d"))

    assert skus(fake) == ["a", "b", "c", "d"]


def test_a_table_that_does_not_appear_is_given_up_after_a_little(writer: StorageWriter, time: StillClock) -> None:
    with pytest.raises(WarehouseRefused, match=r"p\.d\.none.*not found"):
        writer.append(TableId("p", "d", "none"), rows("a"))

    assert 0 < time.secs <= 60


def test_a_new_table_may_appear_late(fake: FakeStorageWrite, writer: StorageWriter, time: StillClock) -> None:
    table = fake.tables.pop(PARENT)
    sleep = time.sleep

    def appear(secs: float) -> None:
        sleep(secs)
        fake.tables[PARENT] = table

    time.sleep = appear  # type: ignore[method-assign]
    assert writer.append(TABLE, rows("a")) == []


def test_an_outage_ends_within_the_bound_and_the_next_append_works(
    fake: FakeStorageWrite, writer: StorageWriter, time: StillClock
) -> None:
    fake.faults.extend([Fault(grpc.StatusCode.UNAVAILABLE)] * 100)
    with pytest.raises(WarehouseUnavailable, match="UNAVAILABLE: a fault"):
        writer.append(TABLE, rows("a"))
    assert 200 < time.secs <= 300

    fake.faults.clear()
    assert writer.append(TABLE, rows("b")) == []


def test_who_may_not_write_is_told_at_once(fake: FakeStorageWrite, writer: StorageWriter, time: StillClock) -> None:
    fake.faults.append(Fault(grpc.StatusCode.PERMISSION_DENIED))
    with pytest.raises(WarehouseRefused, match="PERMISSION_DENIED"):
        writer.append(TABLE, rows("a"))
    assert time.pauses == []


def test_connections_are_few_however_many_tables(
    fake: FakeStorageWrite, writer: StorageWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_write, "MOST_CONNECTIONS", 2)
    names = [f"t{number}" for number in range(5)]
    for name in names:
        fake.tables[f"projects/p/datasets/d/tables/{name}"] = FakeTable({"sku": True})
    for name in [*names, *names]:
        assert writer.append(TableId("p", "d", name), rows(name)) == []

    assert [len(fake.tables[f"projects/p/datasets/d/tables/{name}"].rows) for name in names] == [2] * 5
    assert (len(fake.streams), fake.connections) == (5, 10)
