"""Packs a folder of sources into one content-addressed file for workers, and unpacks it there.

Source files, Python files and the lists that they name go along; pages, data and secrets never do.
"""

import hashlib
import io
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from scrapers.source_files.mistakes import SourceFileErrors
from scrapers.source_files.yaml_lines import read_yaml

__all__ = ["BundleRefused", "pack_sources", "unpack_sources"]

MAX_BYTES = 200_000_000
_SUFFIXES = {".yaml", ".yml", ".py"}
_SKIPPED_FOLDERS = {"__pycache__", "node_modules", "venv"}
_PRIVATE = ("secret", "credential")
_TIME = (1980, 1, 1, 0, 0, 0)


class BundleRefused(ValueError):
    """The folder or the bundle holds something that must not be packed or unpacked."""


def pack_sources(folder: Path) -> tuple[str, bytes]:
    """The folder's digest and its zip; the same files give the same bytes. Raises BundleRefused."""
    files = {name: path.read_bytes() for name, path in sorted(_chosen(folder).items())}
    if sum(map(len, files.values())) > MAX_BYTES:
        raise BundleRefused(f"{folder} holds more than {MAX_BYTES // 1_000_000} MB of source files and lists")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    return _digest(files), packed.getvalue()


def _digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        digest.update(f"{len(name.encode())}:{name}:{len(data)}:".encode() + data)
    return digest.hexdigest()[:32]


def _chosen(folder: Path) -> dict[str, Path]:
    chosen: dict[str, Path] = {}
    for path in _files(folder):
        chosen[path.relative_to(folder).as_posix()] = path
        if path.suffix != ".py":
            for named in _named_files(path):
                listed = path.parent / named
                if listed.is_file():
                    name = os.path.normpath(listed.relative_to(folder)) if listed.is_relative_to(folder) else named
                    chosen[PurePosixPath(name).as_posix()] = listed
    root = folder.resolve()
    for name, path in chosen.items():
        if not path.resolve().is_relative_to(root) or name.startswith(("..", "/")):
            raise BundleRefused(f"{name} leads out of {folder}: files of a source must be in its folder")
    return chosen


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _SKIPPED_FOLDERS
            and not (Path(parent) / name / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            if Path(name).suffix in _SUFFIXES and not name.startswith(".") and not name.lower().startswith(_PRIVATE):
                yield Path(parent) / name


def _named_files(path: Path) -> list[str]:
    """The lists of URLs and values that a source file names."""
    try:
        seeds = read_yaml(path, path.name).data.get("seeds")
    except SourceFileErrors:
        return []  # a run of other sources is none of its business
    if not isinstance(seeds, dict):
        return []
    params = seeds.get("params")
    rules: list[Any] = [seeds, *(params.values() if isinstance(params, dict) else ())]
    return [rule["file"] for rule in rules if isinstance(rule, dict) and isinstance(rule.get("file"), str)]


def unpack_sources(data: bytes, into: Path) -> Path:
    """Unpacks a bundle under `into`, in a folder named for its digest, and returns that folder.

    Several processes may do so at once: whoever is first gives the folder its name. Raises BundleRefused.
    """
    files = _read(data)
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    if into.stat().st_uid != os.getuid():  # a shared temporary folder: whoever owns it could put other code there
        raise BundleRefused(f"{into} belongs to another user")
    target = into / _digest(files)
    if target.is_dir():
        return target
    temporary = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=into))
    try:
        for name, content in files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        os.rename(temporary, target)
    except OSError:
        if not target.is_dir():  # else another process was first
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def _read(data: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise BundleRefused(f"the bundle holds more than {MAX_BYTES // 1_000_000} MB")
            for entry in archive.infolist():
                _check(entry)
                files[entry.filename] = archive.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BundleRefused(f"the bundle is damaged: {error}") from error
    return files


def _check(entry: zipfile.ZipInfo) -> None:
    name = PurePosixPath(entry.filename)
    outside = name.is_absolute() or ".." in name.parts or "\\" in entry.filename or ":" in name.parts[0]
    if outside or entry.is_dir() or stat.S_ISLNK(entry.external_attr >> 16):
        raise BundleRefused(f"the bundle holds {entry.filename!r}, which is no plain file inside it")
