"""Opens, renames and removes files on any filesystem that Beam knows."""

import errno
import os
import secrets
from collections.abc import Iterable
from typing import BinaryIO, cast

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

__all__ = ["create", "make_folder", "match", "open_to_read", "publish", "remove", "shard_name"]


def shard_name() -> str:
    """A name that no other bundle of the run has: it tells files apart and identifies nothing."""
    return f"{os.getpid():x}{secrets.token_hex(3)}"


def make_folder(path: str) -> None:
    """Makes a folder and those above it; one that is there already is fine."""
    if "://" not in path:
        os.makedirs(path, exist_ok=True)
        return
    if not FileSystems.exists(path):
        try:
            FileSystems.mkdirs(path)
        except OSError as error:
            if error.errno != errno.EEXIST and not FileSystems.exists(path):
                raise


def create(path: str) -> BinaryIO:
    """Opens a new file to write bytes; its folder is made when it is missing."""
    make_folder(path.rpartition("/")[0] or ".")
    if "://" not in path:
        return open(path, "xb", buffering=1 << 18)
    return cast("BinaryIO", FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED))


def open_to_read(path: str) -> BinaryIO:
    """Opens a file to read its bytes as they are."""
    if "://" not in path:
        return open(path, "rb")
    return cast("BinaryIO", FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED))


def match(pattern: str) -> list[str]:
    """Paths of the files that a pattern finds, sorted; none when the folder is missing."""
    [result] = FileSystems.match([pattern])
    return sorted(metadata.path for metadata in result.metadata_list)


def publish(temporary: str, final: str) -> None:
    """Gives a file its final name. Repeating it is harmless; a file that is there already is never replaced.

    Raises:
      FileExistsError: the final name is taken by another file.
      FileNotFoundError: neither the temporary nor the final file exists.
    """
    make_folder(final.rpartition("/")[0])
    if not FileSystems.exists(temporary):
        if FileSystems.exists(final):
            return
        raise FileNotFoundError(errno.ENOENT, "nothing to publish", temporary)
    if FileSystems.exists(final):
        raise FileExistsError(errno.EEXIST, "already published by another file", final)
    FileSystems.rename([temporary], [final])


def remove(paths: Iterable[str]) -> None:
    """Removes files; those that are gone already are fine."""
    there = [path for path in paths if FileSystems.exists(path)]
    if there:
        FileSystems.delete(there)
