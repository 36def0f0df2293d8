"""Opens, renames and removes files on any filesystem that Beam knows."""

import contextlib
import errno
import fnmatch
import glob
import heapq
import os
import secrets
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

__all__ = [
    "create",
    "exists",
    "is_local",
    "link",
    "make_folder",
    "match",
    "newest",
    "older",
    "open_to_read",
    "publish",
    "remove",
    "replace",
    "replace_whole",
    "shard_name",
    "write_whole",
]

_BUFFER_BYTES = 1 << 18


def shard_name() -> str:
    """A name that no other bundle of the run has: it tells files apart and identifies nothing."""
    return f"{os.getpid():x}{secrets.token_hex(3)}"


def is_local(path: str) -> bool:
    """Whether a path is of this machine."""
    return "://" not in path


def exists(path: str) -> bool:
    """Whether there is such a file or folder; nothing in the path is taken for a pattern."""
    return os.path.exists(path) if is_local(path) else bool(FileSystems.exists(path))


def make_folder(path: str) -> None:
    """Makes a folder and those above it; one that is there already is fine."""
    if is_local(path):
        os.makedirs(path, exist_ok=True)
        return
    if not exists(path):
        try:
            FileSystems.mkdirs(path)
        except OSError as error:
            if error.errno != errno.EEXIST and not exists(path):
                raise


def create(path: str) -> BinaryIO:
    """Opens a new file to write bytes; its folder is made when it is missing."""
    folder = path.rpartition("/")[0] or "."
    if is_local(path):
        try:
            return open(path, "xb", buffering=_BUFFER_BYTES)
        except FileNotFoundError:
            make_folder(folder)
            return open(path, "xb", buffering=_BUFFER_BYTES)
    make_folder(folder)
    return cast("BinaryIO", FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED))


def write_whole(path: str, data: bytes) -> None:
    """Writes a file that is there with all of its bytes, or not at all.

    Of several that write it at the same time one does: on a local filesystem with hard links, and on gs://.

    Raises:
      FileExistsError: it is there.
    """
    if exists(path):
        raise FileExistsError(errno.EEXIST, "somebody was first", path)
    if path.startswith("gs://"):
        from transforms.bucket_object import create_object  # Google's client takes its time to import

        create_object(path, data)
        return
    with _put_in_place(path, data) as temporary:
        if is_local(path) and link(temporary, path):
            os.unlink(temporary)
        else:
            publish(temporary, path)


def link(path: str, new: str) -> bool:
    """Gives a file another name; False: this filesystem has no such. Raises FileExistsError: the name is taken."""
    try:
        os.link(path, new)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            return False
        raise
    return True


def open_to_read(path: str) -> BinaryIO:
    """Opens a file to read its bytes as they are."""
    if is_local(path):
        return open(path, "rb")
    return cast("BinaryIO", FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED))


def match(folder: str, pattern: str) -> list[str]:
    """Paths of the files that a pattern finds in a folder, sorted; none when it is missing.

    On a local filesystem nothing in `folder` is taken for a pattern, whatever the user calls it.
    """
    if is_local(folder):
        return sorted(path for path in glob.glob(f"{glob.escape(folder)}/{pattern}") if os.path.isfile(path))
    [result] = FileSystems.match([f"{folder}/{pattern}"])
    return sorted(metadata.path for metadata in result.metadata_list)


def newest(folder: str, pattern: str, count: int) -> list[str]:
    """The files of a folder itself that a pattern finds and that were written last, at most so many, newest first."""
    if is_local(folder):
        return [path for _, path in heapq.nlargest(count, _written(folder, pattern))]
    [result] = FileSystems.match([f"{folder}/{pattern}"])
    written = [(found.last_updated_in_seconds or 0.0, found.path) for found in result.metadata_list]
    return [path for _, path in sorted(written, reverse=True)[:count]]


def _written(folder: str, pattern: str) -> Iterator[tuple[float, str]]:
    """(Unix seconds, path) of local files; of 100,000 in half a second."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if fnmatch.fnmatchcase(entry.name, pattern) and not entry.name.startswith("."):
                with contextlib.suppress(FileNotFoundError):  # gone meanwhile
                    if entry.is_file():
                        yield entry.stat().st_mtime, f"{folder}/{entry.name}"


def older(folder: str, pattern: str, before: float) -> list[str]:
    """The files that `match` finds and that were last written before a moment, in Unix seconds."""
    if is_local(folder):
        return [path for path in match(folder, pattern) if _written_at(path) < before]
    [result] = FileSystems.match([f"{folder}/{pattern}"])
    return [found.path for found in result.metadata_list if 0 < (found.last_updated_in_seconds or 0) < before]


def _written_at(path: str) -> float:
    """Unix seconds; of a file that is gone, never."""
    try:
        return os.stat(path).st_mtime
    except FileNotFoundError:
        return float("inf")


def publish(temporary: str, final: str) -> None:
    """Gives a file its final name. Repeating it is harmless; a file that is there already is never replaced.

    Raises:
      FileExistsError: the final name is taken by another file.
      FileNotFoundError: neither the temporary nor the final file exists.
    """
    if not exists(temporary):
        if exists(final):
            return
        raise FileNotFoundError(errno.ENOENT, "nothing to publish", temporary)
    if exists(final):
        raise FileExistsError(errno.EEXIST, "already published by another file", final)
    folder = final.rpartition("/")[0]
    if not is_local(final):
        make_folder(folder)
        FileSystems.rename([temporary], [final])
        return
    try:
        os.rename(temporary, final)
    except FileNotFoundError:
        make_folder(folder)
        os.rename(temporary, final)


def remove(paths: Iterable[str]) -> None:
    """Removes files; those that are gone already are fine."""
    there = [path for path in paths if exists(path)]
    for path in filter(is_local, there):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # Beam would take the path for a pattern
    if remote := [path for path in there if not is_local(path)]:
        FileSystems.delete(remote)


def replace_whole(path: str, data: bytes) -> None:
    """Writes a file in the place of an older one; who reads it meanwhile finds one of them whole, or (elsewhere than on
    a local filesystem) for a moment none."""
    with _put_in_place(path, data) as temporary:
        replace(temporary, path)


@contextlib.contextmanager
def _put_in_place(path: str, data: bytes) -> Iterator[str]:
    """A file with these bytes beside a path, to be renamed; it is gone when that fails: who tries for days on a full
    disk would else leave one each time."""
    temporary = f"{path}.{shard_name()}"
    try:
        with create(temporary) as file:
            file.write(data)
        yield temporary
    except BaseException:
        with contextlib.suppress(OSError):
            remove([temporary])
        raise


def replace(temporary: str, path: str) -> None:
    """Puts a file in another's place; who reads it meanwhile is told by `replace_whole`."""
    if is_local(path):
        os.replace(temporary, path)
        return
    remove([path])
    publish(temporary, path)
