"""Takes pages out of archive files. What is to be done is noted first, so that a crash in the middle can be mended."""

import dataclasses
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from scrapers.archive.tombstones import Span, span_of, tombstone
from transforms import filesystem

__all__ = ["Erasure", "erase", "finish_earlier", "planned"]

_COPY_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Erasure:
    """The spans of one file that are to be taken out."""

    path: str
    spans: tuple[Span, ...]


def planned(path: str, offsets: Iterable[int]) -> Erasure:
    """What must go with the pages whose own records stand at these offsets.

    Raises:
      CannotReplace: it cannot be taken out of this file.
    """
    with filesystem.open_to_read(path) as stream:
        size = stream.seek(0, os.SEEK_END)
        spans = [span_of(stream, path.rpartition("/")[2], offset, size) for offset in sorted(offsets)]
    return Erasure(path, tuple(spans))


def erase(folder: str, erasures: list[Erasure]) -> str:
    """Takes them out; gives the path of the note about it, which is to be removed when all else is done.

    Args:
      folder: for the note; it names files and offsets, and nobody.
    """
    if not erasures:
        return ""
    note = f"{folder}/forget-{secrets.token_hex(4)}.json"
    filesystem.write_whole(note, json.dumps([dataclasses.asdict(one) for one in erasures]).encode())
    for one in erasures:
        _erase(one)
    return note


def finish_earlier(folder: str) -> int:
    """Does what was noted and perhaps not done; gives in how many files."""
    files = 0
    for note in filesystem.match(folder, "forget-*.json"):
        with filesystem.open_to_read(note) as file:
            noted = json.load(file)
        for one in noted:
            if filesystem.exists(one["path"]):
                _erase(Erasure(one["path"], tuple([(offset, length) for offset, length in one["spans"]])))
                files += 1
        filesystem.remove([note])
    return files


def _erase(erasure: Erasure) -> None:
    name, now = erasure.path.rpartition("/")[2], time.time()
    with filesystem.open_to_read(erasure.path) as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    parts = {
        offset: tombstone(length, is_gzip=is_gzip, at=now, identity=f"{name} {offset}")
        for offset, length in erasure.spans
    }
    if filesystem.is_local(erasure.path):
        _overwrite(erasure.path, parts)
    else:
        _write_anew(erasure.path, parts)


def _overwrite(path: str, parts: dict[int, bytes]) -> None:
    """The file keeps its time: retention goes by it."""
    status = os.stat(path)
    with open(path, "r+b") as file:
        for offset, data in parts.items():
            file.seek(offset)
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _write_anew(path: str, parts: dict[int, bytes]) -> None:
    """Where a file cannot be changed, another takes its place; for a moment there is none."""
    temporary = f"{path}.{filesystem.shard_name()}"
    with filesystem.open_to_read(path) as source, filesystem.create(temporary) as target:
        for data in _changed(source, parts):
            target.write(data)
    filesystem.replace(temporary, path)


def _changed(source: BinaryIO, parts: dict[int, bytes]) -> Iterator[bytes]:
    at = 0
    for offset, data in sorted(parts.items()):
        while at < offset and (piece := source.read(min(_COPY_BYTES, offset - at))):
            yield piece
            at += len(piece)
        yield data
        source.seek(len(data), os.SEEK_CUR)
        at += len(data)
    while piece := source.read(_COPY_BYTES):
        yield piece
