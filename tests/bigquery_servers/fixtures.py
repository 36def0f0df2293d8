"""Fixtures of the servers that stand in for BigQuery; each is started when a test first asks for it."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from apache_beam.internal.gcp import auth
from google.cloud import bigquery

from tests.bigquery_servers import emulator
from tests.bigquery_servers.strict_server import StrictBigQuery
from transforms.bigquery.connection import connect

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def bigquery_emulator(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulator.Emulator]:
    """The emulators of BigQuery and Cloud Storage, one pair a session; its logs stay in pytest's temporary folder."""
    python = emulator.installed_python(project)
    if python is None:
        pytest.skip("needs: the emulators of BigQuery and Cloud Storage (make emulators)")
    with emulator.running(python, tmp_path_factory.mktemp("bigquery_emulator")) as running:
        yield running


@pytest.fixture
def bigquery_dataset(bigquery_emulator: emulator.Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Name of a fresh dataset of the emulator; clients of BigQuery and Cloud Storage lead there while the test runs."""
    for name, value in bigquery_emulator.environment.items():
        monkeypatch.setenv(name, value)
    client = connect(bigquery_emulator.project)
    name = f"dataset_{next(NUMBERS)}"
    client.create_dataset(bigquery.Dataset(f"{bigquery_emulator.project}.{name}"))
    yield name
    client.delete_dataset(f"{bigquery_emulator.project}.{name}", delete_contents=True, not_found_ok=True)


@pytest.fixture
def bucket(bigquery_emulator: emulator.Emulator, bigquery_dataset: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder of a bucket of the emulator."""
    monkeypatch.setattr(auth._Credentials, "_credentials_init", True)  # none are looked for, which takes 24 s
    return f"gs://{bigquery_emulator.bucket}/{bigquery_dataset}"


@pytest.fixture
def strict_bigquery(monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictBigQuery]:
    """An empty fake of BigQuery that refuses what BigQuery refuses; `connect` leads to it while the test runs."""
    server = StrictBigQuery()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield server
    server.close()
