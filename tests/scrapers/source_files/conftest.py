"""A folder of source files, written by the test that needs it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scrapers.source_files.load import LoadedSource, load_sources

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files by name (`shop_yaml=` for shop.yaml, or a mapping) and gives their folder."""

    def write_files(files: dict[str, str] | None = None, **named: str) -> Path:
        for name, text in {
            **(files or {}),
            **{name.replace("_yaml", ".yaml"): text for name, text in named.items()},
        }.items():
            path = tmp_path / "sources" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "sources"

    return write_files


@pytest.fixture
def load(write: Write) -> Callable[..., LoadedSource]:
    """Loads the one source of a text, with other files beside it."""

    def load_text(text: str, files: dict[str, str] | None = None) -> LoadedSource:
        folder = write({"shop.yaml": text, **(files or {})})
        return load_sources(folder)["shop"]

    return load_text
