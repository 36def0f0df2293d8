"""Rows for an emulator get to it, or nowhere."""

import pytest

from transforms.bigquery.refusals import WarehouseRefused
from transforms.bigquery.storage_stream import connect_writes


def test_an_emulator_has_to_be_named_for_both_apis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:9")
    monkeypatch.delenv("BIGQUERY_STORAGE_EMULATOR_HOST", raising=False)
    with pytest.raises(WarehouseRefused, match="BIGQUERY_STORAGE_EMULATOR_HOST does not"):
        connect_writes()


def test_without_credentials_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST", raising=False)
    monkeypatch.delenv("BIGQUERY_STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/there/is/none.json")
    with pytest.raises(WarehouseRefused, match="gcloud auth application-default login"):
        connect_writes()


def test_a_process_has_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGQUERY_STORAGE_EMULATOR_HOST", "127.0.0.1:9")
    assert connect_writes() is connect_writes()
