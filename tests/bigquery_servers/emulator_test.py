"""The emulators of BigQuery and Cloud Storage do what tests of the warehouse ask of them, and leave nothing behind."""

import subprocess
import sys
from pathlib import Path

import grpc
import psutil
import pyarrow
import pytest
from google.cloud import bigquery, storage
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient, types
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import BigQueryWriteGrpcTransport

from tests.bigquery_servers import emulator
from tests.bigquery_servers.emulator import Emulator
from transforms.bigquery.connection import connect

SCHEMA = [bigquery.SchemaField("row_id", "STRING", mode="REQUIRED"), bigquery.SchemaField("price", "NUMERIC")]


@pytest.fixture
def table(bigquery_emulator: Emulator, bigquery_dataset: str) -> bigquery.Table:
    name = f"{bigquery_emulator.project}.{bigquery_dataset}.products"
    return connect(bigquery_emulator.project).create_table(bigquery.Table(name, SCHEMA))


def ids(table: bigquery.Table) -> list[str]:
    asked = connect(table.project).query_and_wait(f"SELECT row_id FROM `{table.reference}` ORDER BY row_id")
    return [row.row_id for row in asked]


def test_rows_inserted_are_found_by_a_query(table: bigquery.Table) -> None:
    assert connect(table.project).insert_rows_json(table, [{"row_id": "a", "price": "1.50"}], row_ids=["a"]) == []
    assert ids(table) == ["a"]


def test_rows_uploaded_are_loaded(table: bigquery.Table) -> None:
    connect(table.project).load_table_from_json([{"row_id": "a"}, {"row_id": "b"}], table).result(timeout=60)
    assert ids(table) == ["a", "b"]


def test_rows_of_a_file_in_cloud_storage_are_loaded(bigquery_emulator: Emulator, table: bigquery.Table) -> None:
    bucket = storage.Client(project=table.project).bucket(bigquery_emulator.bucket)
    bucket.blob("loads/rows.jsonl").upload_from_string('{"row_id": "a"}\n{"row_id": "b"}\n')
    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON", schema=SCHEMA)
    address = f"gs://{bigquery_emulator.bucket}/loads/rows.jsonl"
    connect(table.project).load_table_from_uri(address, table, job_config=config).result(timeout=60)
    assert ids(table) == ["a", "b"]


def test_rows_appended_by_storage_write_are_found(bigquery_emulator: Emulator, table: bigquery.Table) -> None:
    rows = pyarrow.table({"row_id": ["a", "b"]}, schema=pyarrow.schema([("row_id", pyarrow.string())]))
    with grpc.insecure_channel(bigquery_emulator.grpc_address) as channel:
        client = BigQueryWriteClient(transport=BigQueryWriteGrpcTransport(channel=channel))
        answers = client.append_rows(iter([append_request(table, rows)]), timeout=60)
        assert next(iter(answers)).error.code == 0
    assert ids(table) == ["a", "b"]


def append_request(table: bigquery.Table, rows: pyarrow.Table) -> types.AppendRowsRequest:
    """All rows, to the table's default stream."""
    return types.AppendRowsRequest(
        write_stream=f"projects/{table.project}/datasets/{table.dataset_id}/tables/{table.table_id}/streams/_default",
        arrow_rows=types.AppendRowsRequest.ArrowData(
            writer_schema=types.ArrowSchema(serialized_schema=rows.schema.serialize().to_pybytes()),
            rows=types.ArrowRecordBatch(serialized_record_batch=rows.to_batches()[0].serialize().to_pybytes()),
        ),
    )


def test_nothing_is_left_of_it_after_its_end(bigquery_emulator: Emulator, project: Path, tmp_path: Path) -> None:
    with emulator.running(installed(project), tmp_path) as second:
        assert second.rest_url != bigquery_emulator.rest_url
        assert all(psutil.pid_exists(process) for process in second.processes)
    assert not any(psutil.pid_exists(process) for process in second.processes)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children of a killed process")
def test_it_ends_when_the_tests_are_killed(bigquery_emulator: Emulator, project: Path, tmp_path: Path) -> None:
    """Asks for the session's emulator only to be skipped where there is none."""
    code = (
        "import sys, time, pathlib\n"
        "from tests.bigquery_servers.emulator import running\n"
        "with running(*map(pathlib.Path, sys.argv[1:])) as emulator:\n"
        "    print(*emulator.processes, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, installed(project), tmp_path], cwd=project, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout is not None
        servers = [psutil.Process(int(process)) for process in tests.stdout.readline().split()]
        tests.kill()
    assert len(servers) == 2
    assert psutil.wait_procs(servers, timeout=30)[1] == []


def test_a_half_installed_environment_is_none(tmp_path: Path) -> None:
    (tmp_path / ".venv-emulator" / "bin").mkdir(parents=True)
    assert emulator.installed_python(tmp_path) is None
    (tmp_path / ".venv-emulator" / ".installed-0").touch()
    assert emulator.installed_python(tmp_path) == tmp_path / ".venv-emulator" / "bin" / "python"


def test_a_server_that_does_not_start_is_quoted(project: Path, tmp_path: Path) -> None:
    with pytest.raises(emulator.EmulatorFailed, match=r"(?s)ended with status .*no_such_emulator"):  # noqa: SIM117
        with emulator.server(Path(sys.executable), "no_such_emulator", [], tmp_path, {}) as process:
            emulator.await_answer(process, 9, "/", tmp_path / "no_such_emulator.log")


def installed(project: Path) -> Path:
    python = emulator.installed_python(project)
    assert python is not None
    return python
