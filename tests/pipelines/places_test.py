from pathlib import Path

import pytest

from pipelines.places import Places, in_full


def test_a_folder_is_named_in_full_for_processes_of_other_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert in_full(Places("out")).folder == str(tmp_path / "out")
    assert in_full(Places("gs://bucket/out")).folder == "gs://bucket/out"
