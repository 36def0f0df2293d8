"""Which pages of an archive are parsed again, and where each stands."""

import dataclasses
import io
import posixpath
from array import array
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, Self

import numpy as np

from schemas.page import Page
from schemas.request import Request
from scrapers.archive.warc_reader import BrokenRecord, NoPageError, open_local, read_at, read_heads

__all__ = ["ArchivedExecution", "PageIndex", "scan"]

_ID_HEX_DIGITS = 16  # 64 of an id's 96 bits find it


@dataclasses.dataclass(slots=True)
class ArchivedExecution:
    """What the archive holds of one execution; times in Unix seconds.

    Attributes:
      pages: chosen ones.
      first, last: when the earliest and the latest of them was fetched.
    """

    source: str
    execution_id: str
    pages: int = 0
    first: float = float("inf")
    last: float = 0.0


def scan(
    paths: Iterable[str], chosen: Callable[[Page], bool], open_file: Callable[[str], BinaryIO] = open_local
) -> tuple["PageIndex", dict[tuple[str, str], ArchivedExecution], list[tuple[str, str] | None]]:
    """Reads every file once, one page in memory at a time: 36 bytes are kept of each chosen page.

    Args:
      chosen: whether a page of ours is parsed again, by its request and when it was fetched.

    Returns:
      the index; (source, execution_id) -> what there is of it; and for each path who answers for its broken records:
      the execution of its first chosen page, None where there are only others' pages, ("", "") without any page.
    """
    paths = list(paths)
    rows = _Rows()
    executions: dict[tuple[str, str], ArchivedExecution] = {}
    owners: list[tuple[str, str] | None] = []
    for place, path in enumerate(paths):
        owner: tuple[str, str] | None = ("", "")
        with open_file(path) as stream:
            for page in read_heads(stream, posixpath.basename(path)):
                if isinstance(page, BrokenRecord):
                    continue
                of = page.request.source, page.request.execution_id
                if not page.request.source or not chosen(page):
                    owner = owner if owner and owner[0] else None
                    continue
                owner = owner if owner and owner[0] else of
                rows.add(page, place)
                found = executions.setdefault(of, ArchivedExecution(*of))
                found.pages += 1
                found.first, found.last = min(found.first, page.fetched_at), max(found.last, page.fetched_at)
        owners.append(owner)
    return rows.sorted(paths, open_file), executions, owners


class PageIndex:
    """Finds chosen pages by request, and by what was asked for whatever item was carried there.

    Args:
      paths: WARC files.
      columns: `ids`, `places`, `offsets` by id, then date; `keys`, `key_places`, `key_offsets` by key, then date.
    """

    def __init__(
        self, paths: list[str], columns: dict[str, np.ndarray], open_file: Callable[[str], BinaryIO] = open_local
    ) -> None:
        self._paths = paths
        self._columns = columns
        self._open = open_file

    def to_bytes(self) -> bytes:
        """For other processes."""
        packed = io.BytesIO()
        named: dict[str, Any] = {"paths": np.array(self._paths), **self._columns}
        np.savez(packed, **named)
        return packed.getvalue()

    @classmethod
    def from_bytes(cls, packed: bytes, open_file: Callable[[str], BinaryIO] = open_local) -> Self:
        """What `to_bytes` gave."""
        columns = dict(np.load(io.BytesIO(packed)))
        return cls([str(path) for path in columns.pop("paths")], columns, open_file)

    def has(self, request_id: str) -> bool:
        """Whether there is a page of this very request."""
        return bool(request_id) and self._range("ids", _number(request_id)) != (0, 0)

    def is_newest(self, page: Page, path: str) -> bool:
        """Whether this is the page that counts of its request; one that the browser gave up only if it is alone."""
        first, last = self._range("ids", _number(page.request.request_id))
        if first == last or page.archived is None:
            return False
        place, offset = self._columns["places"][last - 1], self._columns["offsets"][last - 1]
        return bool(self._paths[place] == path and offset == page.archived.offset)

    def holds(self, request: Request) -> bool:
        """Whether there is a page of what this request asks for."""
        return self._range("keys", _number(_identity(request))) != (0, 0)

    def find(self, request: Request) -> Page | None:
        """The newest page of what this request asks for; its request is then the one asked for."""
        first, last = self._range("keys", _number(_identity(request)))
        for at in range(last - 1, first - 1, -1):
            path = self._paths[self._columns["key_places"][at]]
            try:
                page = read_at(path, int(self._columns["key_offsets"][at]), self._open)
            except (NoPageError, OSError):
                continue
            if _identity(page.request) == _identity(request):
                page.request = request
                return page
        return None

    def _range(self, column: str, number: int) -> tuple[int, int]:
        """Where a number stands in a sorted column; (0, 0) when it does not."""
        values, wanted = self._columns[column], np.uint64(number)
        first, last = np.searchsorted(values, wanted, "left"), np.searchsorted(values, wanted, "right")
        return (int(first), int(last)) if first < last else (0, 0)


class _Rows:
    """The index while it is made."""

    def __init__(self) -> None:
        self._ids, self._keys, self._dates = array("Q"), array("Q"), array("d")
        self._places, self._offsets = array("i"), array("q")

    def add(self, page: Page, place: int) -> None:
        assert page.archived is not None
        self._ids.append(_number(page.request.request_id))
        self._keys.append(_number(_identity(page.request)))
        self._dates.append(float("-inf") if page.incomplete else page.fetched_at)
        self._places.append(place)
        self._offsets.append(page.archived.offset)

    def sorted(self, paths: list[str], open_file: Callable[[str], BinaryIO]) -> PageIndex:
        ids, keys, dates = np.array(self._ids, "u8"), np.array(self._keys, "u8"), np.array(self._dates, "f8")
        places, offsets = np.array(self._places, "i4"), np.array(self._offsets, "i8")
        by_id, by_key = np.lexsort((dates, ids)), np.lexsort((dates, keys))
        by_key = by_key[np.isfinite(dates[by_key])]
        columns = {
            "ids": ids[by_id],
            "places": places[by_id],
            "offsets": offsets[by_id],
            "keys": keys[by_key],
            "key_places": places[by_key],
            "key_offsets": offsets[by_key],
        }
        return PageIndex(paths, columns, open_file)


def _number(request_id: str) -> int:
    return int(request_id[:_ID_HEX_DIGITS], 16)


def _identity(request: Request) -> str:
    """The id that the request would have without the item that it carries: a mended source makes another item."""
    if request.item is None:
        return request.request_id
    return dataclasses.replace(request, item=None, request_id="").request_id
