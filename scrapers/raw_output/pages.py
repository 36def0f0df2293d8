"""Records as pages: some at a time, each page a document of JSON for the source's `items` and `fields`."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from schemas.reasons import Dead
from scrapers.raw_output.opened import Kind
from scrapers.raw_output.records import Record, Unreadable, elements, lines

__all__ = ["Chunk", "chunks"]

RECORDS_A_PAGE = 500
BYTES_A_PAGE = 1 << 22
MOST_DOCUMENT_BYTES = 1 << 25
_TOO_LARGE = (
    f"one JSON document of more than {MOST_DOCUMENT_BYTES >> 20} MiB is not read; have the scraper write newline JSON "
    "(a record a line) or an array, which are read piece by piece"
)


class Chunk(NamedTuple):
    """Some records that are a page together.

    Attributes:
      number: of the first, from 1; 0 for a file that is one page.
      offset: of the first, in bytes without compression.
      records: how many; 0 for a file that is one page.
    """

    number: int
    offset: int
    records: int
    body: bytes


def chunks(kind: Kind, stream: BinaryIO, *, together: bool) -> Iterator[Chunk | Unreadable]:
    """The pages of a JSON file, in its order; one in memory at a time.

    Args:
      together: pages are arrays of records; else each record is a page.
    """
    if kind == "document":
        return iter([_document(stream)])
    found = lines(stream) if kind == "ndjson" else elements(stream)
    return _together(found) if together else _alone(found)


def _document(stream: BinaryIO) -> Chunk | Unreadable:
    body = stream.read(MOST_DOCUMENT_BYTES + 1)
    if len(body) > MOST_DOCUMENT_BYTES:
        return Unreadable(0, 0, body[:1_000], Dead.TOO_LARGE, _TOO_LARGE, ends=True)
    return Chunk(0, 0, 0, body)


def _alone(found: Iterable[Record | Unreadable]) -> Iterator[Chunk | Unreadable]:
    for one in found:
        yield one if isinstance(one, Unreadable) else Chunk(one.number, one.offset, 1, one.data)


def _together(found: Iterator[Record | Unreadable]) -> Iterator[Chunk | Unreadable]:
    waiting: list[Record] = []
    size = 0
    for one in found:
        if isinstance(one, Unreadable):
            yield one
            continue
        waiting.append(one)
        size += len(one.data)
        if len(waiting) == RECORDS_A_PAGE or size >= BYTES_A_PAGE:
            yield _page_of(waiting)
            waiting, size = [], 0
    if waiting:
        yield _page_of(waiting)


def _page_of(records: list[Record]) -> Chunk:
    first = records[0]
    body = b"[" + b",".join([one.data for one in records]) + b"]"
    return Chunk(first.number, first.offset, len(records), body)
