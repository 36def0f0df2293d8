"""Which files events may name."""

import time
from pathlib import Path

import pytest

from pipelines.streaming.routes import Routes
from schemas.events.event import Event, Malformed
from schemas.reasons import Dead
from scrapers.source_files.load import load_sources

SOURCE = "source: games\ntable: games.items\nkey: [sku]\nraw: {RAW}\nfields: {sku: {jmes: sku}}\n"


def routed(folder: Path, raw: str, path: object) -> str | Malformed:
    sources = folder / "sources"
    sources.mkdir(exist_ok=True)
    (sources / "games.yaml").write_text(SOURCE.replace("RAW", raw))
    data = {"scraper_name": "games", "status": "success", "gcs_path": str(path)}
    return Routes(load_sources(sources)).of(Event("scraper.complete", "1", "/test", time.time(), data))


@pytest.fixture
def raw_file(tmp_path: Path) -> Path:
    path = tmp_path / "raw" / "a.ndjson"
    path.parent.mkdir()
    path.write_bytes(b"{}\n")
    return path


def test_events_read_no_file_of_the_machine_unless_the_source_names_its_folder(tmp_path: Path, raw_file: Path) -> None:
    refused = routed(tmp_path, "", raw_file)

    assert isinstance(refused, Malformed)
    assert refused.reason is Dead.ADDRESS_REFUSED
    assert "`raw: {within: FOLDER}`" in refused.why
    assert routed(tmp_path, f"within: {raw_file.parent}", raw_file) == "games"
    assert routed(tmp_path, "", "gs://bucket/a.ndjson") == "games"


def test_a_relative_file_is_one_of_the_working_folder(
    tmp_path: Path, raw_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(raw_file.parent)

    assert routed(tmp_path, "within: .", "a.ndjson") == "games"
    assert isinstance(routed(tmp_path, "within: .", "../sources/games.yaml"), Malformed)


@pytest.mark.parametrize("name", ["../secret", "link", "no\0name", "../raw-2/a"])
def test_nothing_leads_out_of_the_folder(tmp_path: Path, raw_file: Path, name: str) -> None:
    (tmp_path / "secret").write_text("x")
    (raw_file.parent / "link").symlink_to(tmp_path / "secret")

    assert isinstance(routed(tmp_path, f"within: {raw_file.parent}", f"{raw_file.parent}/{name}"), Malformed)


@pytest.mark.parametrize("path", ["gs://other/raw/a", "gs://bucket/raw/../a", "gs://bucket/raw-2/a", "/etc/hostname"])
def test_a_bucket_s_folder_is_no_other(tmp_path: Path, path: str) -> None:
    assert isinstance(routed(tmp_path, "within: gs://bucket/raw", path), Malformed)
    assert routed(tmp_path, "within: gs://bucket/raw", "gs://bucket/raw/a") == "games"
