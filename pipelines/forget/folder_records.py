"""Rows and dead letters in an output folder: files are written anew without some of their records."""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.forget.records import LETTER_COLUMNS, FoundLetters, FoundRows, Pointer, letters_about
from pipelines.forget.subject import Subject
from schemas.arrow import provenance_names
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["FolderRecords", "rewrite"]

ROWS_AT_ONCE = 5_000
_ENDINGS = (".parquet", ".jsonl")

Record = Mapping[str, Any]


class FolderRecords:
    """See `Records`."""

    def __init__(self, folder: str) -> None:
        self._layout = OutputLayout(folder, "", 1)

    def rows(self, source: str, subjects: Sequence[Subject]) -> FoundRows:
        found = FoundRows()
        for subject, path in self._row_files(subjects):
            for _, row, pointer in _pointed(path, subject):
                if row[0] == source and subject.has(row[1]):
                    found.by_table[subject.table.name] = found.by_table.get(subject.table.name, 0) + 1
                    found.pages |= {pointer} if pointer is not None else set()
        return found

    def others(self, source: str, subjects: Sequence[Subject], pages: Collection[Pointer]) -> int:
        return sum(
            pointer in pages and not (of == source and subject.has(row))
            for subject, path in self._row_files(subjects)
            for _, (of, row), pointer in _pointed(path, subject)
        )

    def letters(self, source: str, subjects: Sequence[Subject], pages: Collection[Pointer]) -> FoundLetters:
        paths = _files(self._layout.dead_letters, "*")
        letters = (letter for path in paths for letter in _read(path, LETTER_COLUMNS))
        return letters_about(letters, source, subjects, pages)

    def remove_rows(self, source: str, subjects: Sequence[Subject]) -> list[str]:
        changed = []
        for subject, path in self._row_files(subjects):
            gone = {at for at, (of, row), _ in _pointed(path, subject) if of == source and subject.has(row)}
            if gone:
                rewrite(path, gone)
                changed.append(path)
        return changed

    def remove_letters(self, ids: Collection[str]) -> list[str]:
        changed = []
        for path in _files(self._layout.dead_letters, "*") if ids else ():
            gone = {at for at, letter in enumerate(_read(path, ["letter_id"])) if letter["letter_id"] in ids}
            if gone:
                rewrite(path, gone)
                changed.append(path)
        return changed

    def _row_files(self, subjects: Sequence[Subject]) -> Iterator[tuple[Subject, str]]:
        for subject in subjects:
            for path in _files(self._layout.rows, f"{subject.table.name}/*/*"):
                yield subject, path


def _pointed(path: str, subject: Subject) -> Iterator[tuple[int, tuple[str, Record], Pointer | None]]:
    """Of each row its place in the file, its source with the columns that matter, and the page that it came from."""
    names = provenance_names(subject.table)
    of, file, offset = (names[name] for name in ("source", "archive_file", "archive_offset"))
    for at, row in enumerate(_read(path, [*subject.columns, of, file, offset])):
        pointer = None if row[file] is None or row[offset] is None else (row[file], row[offset])
        yield at, (row[of], row), pointer


def _files(folder: str, pattern: str) -> list[str]:
    return [path for path in filesystem.match(folder, pattern) if path.endswith(_ENDINGS)]


def _read(path: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The records, with None for what a file of an older version lacks."""
    with filesystem.open_to_read(path) as file:
        if path.endswith(".parquet"):
            parquet = pq.ParquetFile(file)
            there = [name for name in columns if name in parquet.schema_arrow.names]
            lacking = dict.fromkeys(columns)
            for batch in parquet.iter_batches(ROWS_AT_ONCE, columns=there):
                yield from (lacking | record for record in batch.to_pylist())
        else:
            for line in file:
                record = orjson.loads(line)
                yield {name: record.get(name) for name in columns}


def rewrite(path: str, gone: Collection[int]) -> None:
    """Puts a copy without these records (by their places) in a file's place; without any left there is no file."""
    temporary = f"{path}.{filesystem.shard_name()}"
    copy = _copy_parquet if path.endswith(".parquet") else _copy_lines
    left = copy(path, temporary, lambda at: at not in gone)
    if not left:
        filesystem.remove([temporary, path])
        return
    filesystem.replace(temporary, path)


def _copy_parquet(old: str, new: str, keeps: Callable[[int], bool]) -> int:
    left, places = 0, itertools.count()
    with filesystem.open_to_read(old) as source, filesystem.create(new) as target:
        parquet = pq.ParquetFile(source)
        with pq.ParquetWriter(target, parquet.schema_arrow, compression="snappy") as writer:
            for number in range(parquet.num_row_groups):
                group = parquet.read_row_group(number)
                mask = [keeps(at) for at in itertools.islice(places, len(group))]
                left += sum(mask)
                writer.write_table(group.filter(pa.array(mask, pa.bool_())))
    return left


def _copy_lines(old: str, new: str, keeps: Callable[[int], bool]) -> int:
    left = 0
    with filesystem.open_to_read(old) as source, filesystem.create(new) as target:
        for at, line in enumerate(source):
            if keeps(at):
                target.write(line)
                left += 1
    return left
