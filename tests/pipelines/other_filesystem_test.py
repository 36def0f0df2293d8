"""A run whose output is on a filesystem of Beam's that is not local: everything goes through it, nothing beside it."""

import gzip
import io
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from apache_beam.io.filesystem import BeamIOError, FileMetadata, FileSystem
from click.testing import CliRunner

from pipelines.cli import cli

FILES: dict[str, bytes] = {}


class KeptBytes(io.BytesIO):
    """Becomes a file when it is closed, as an object in a bucket does."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def close(self) -> None:
        if not self.closed:
            FILES[self._path] = self.getvalue()
        super().close()


class MemoryFileSystem(FileSystem):  # type: ignore[misc]
    """A bucket in this process: no folders, a rename is a copy."""

    @classmethod
    def scheme(cls) -> str:
        return "memory"

    def join(self, basepath: str, *paths: str) -> str:
        return posixpath.join(basepath, *paths)

    def split(self, path: str) -> tuple[str, str]:
        return posixpath.split(path)

    def mkdirs(self, path: str) -> None:
        """There are none."""

    def has_dirs(self) -> bool:
        return False

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        for path, content in FILES.items():
            if path.startswith(dir_or_prefix):
                yield FileMetadata(path, len(content), 0.0)

    def create(self, path: str, *_: Any, **__: Any) -> KeptBytes:
        return KeptBytes(path)

    def open(self, path: str, *_: Any, **__: Any) -> io.BytesIO:
        return io.BytesIO(FILES[path])

    def copy(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        for source, destination in zip(source_file_names, destination_file_names, strict=True):
            FILES[destination] = FILES[source]

    def rename(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        self.copy(source_file_names, destination_file_names)
        self.delete(source_file_names)

    def exists(self, path: str) -> bool:
        return path in FILES

    def size(self, path: str) -> int:
        return len(FILES[path])

    def last_updated(self, path: str) -> float:
        return 0.0

    def checksum(self, path: str) -> str:
        return str(hash(FILES[path]))

    def metadata(self, path: str) -> FileMetadata:
        return FileMetadata(path, len(FILES[path]), 0.0)

    def delete(self, paths: list[str]) -> None:
        if missing := {path: KeyError(path) for path in paths if path not in FILES}:
            raise BeamIOError("cannot delete", missing)
        for path in paths:
            del FILES[path]


@pytest.fixture(autouse=True)
def empty_bucket() -> Iterator[None]:
    FILES.clear()
    yield
    FILES.clear()


def skus() -> list[str]:
    found = []
    for path, content in FILES.items():
        if path.startswith("memory://lake/out/rows/"):
            found += pq.read_table(io.BytesIO(content)).column("sku").to_pylist()
    return sorted(found)


def test_a_run_and_its_resumption(
    project_of_runs: Any, site: Any, answer: Any, write_source: Any, tmp_path: Path
) -> None:
    down = True
    shaky = site(lambda wanted: answer(status=503) if down and wanted.endswith("/3") else f"<b id='{wanted[-1]}'>x</b>")
    run = project_of_runs
    run.output = "memory://lake/out"
    write_source(pages=6, hosts=("a.test", "b.test"), fetch={"retries": 0}, checks={"max_dead": 1.0})
    before = {path for path in tmp_path.rglob("*") if path.is_file()}

    assert run.scrape(f"--resolve={shaky.resolve[1]}", "--run_id=night") == 0
    assert skus() == ["1", "2", "4", "5", "6"]
    down = False
    assert run.scrape(f"--resolve={shaky.resolve[1]}", "--resume=night") == 0

    assert skus() == ["1", "2", "3", "4", "5", "6"]
    kinds = {path.removeprefix("memory://lake/out/").partition("/")[0] for path in FILES}
    assert kinds == {"rows", "archive", "executions", ".scrapeline"}
    assert len([path for path in FILES if "/executions/" in path]) == 1
    assert not [path for path in FILES if "/attempt-1/" in path or "/attempt-2/" in path]
    assert sum(shaky.pages.values()) == 14
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_archive_there_is_parsed_again_and_a_person_forgotten(
    project_of_runs: Any, site: Any, write_source: Any, again: Any
) -> None:
    run = project_of_runs
    run.output = "memory://lake/out"
    write_source(pages=3)
    opened = site(lambda wanted: f"<b id='{wanted[-1]}'>Lamp <i>{wanted[-1]}</i></b>")
    run.scrape(f"--resolve={opened.resolve[1]}", "--run_id=night")
    write_source(pages=3, fields={"sku": {"css": "::attr(id)", "required": True}, "title": {"css": "i::text"}})

    done = again(archive="memory://lake/out/archive")

    assert [one["rows"] for one in done.executions] == [3]
    assert done.changes[0].changed == 3
    assert skus() == ["1", "1", "2", "2", "3", "3"]

    words = ["forget", "shop", "--sources", str(run.sources), "--output", "memory://lake/out", "--key", "2", "--yes"]
    assert CliRunner().invoke(cli, words, catch_exceptions=False).exit_code == 0

    assert skus() == ["1", "1", "3", "3"]
    archived = [gzip.decompress(content) for path, content in FILES.items() if "/archive/" in path]
    assert len(archived) == 1
    assert b"<i>2</i>" not in archived[0]
    assert b"<i>3</i>" in archived[0]
    assert not [path for path in FILES if "forget-" in path or "/index/" in path]
