"""Which pages of an archive are parsed again, and where each stands."""

import dataclasses
import posixpath
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from schemas.page import Page
from schemas.request import Request
from scrapers.archive.warc_reader import BrokenRecord, NoPageError, open_local, read_at, read_heads
from scrapers.reparse.sorted_file import Sorted, Unsorted

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
    paths: Iterable[str],
    chosen: Callable[[Page], bool],
    folder: Path,
    open_file: Callable[[str], BinaryIO] = open_local,
) -> tuple["PageIndex", dict[tuple[str, str], ArchivedExecution], list[tuple[str, str] | None]]:
    """Reads every file once, one page in memory at a time: 40 bytes are kept on disk of each chosen page.

    Args:
      chosen: whether a page is parsed again, by its request and when it was fetched.
      folder: is made, and takes the files of the index.

    Returns:
      the index; (source, execution_id) -> what there is of it; and for each path who answers for its broken records:
      the execution of its first chosen page, None where there are only others' pages, ("", "") without any page.
    """
    paths = list(paths)
    folder.mkdir(parents=True)
    ids, keys = Unsorted(folder, "ids"), Unsorted(folder, "keys")
    executions: dict[tuple[str, str], ArchivedExecution] = {}
    owners: list[tuple[str, str] | None] = []
    for place, path in enumerate(paths):
        owner: tuple[str, str] | None = ("", "")
        with open_file(path) as stream:
            for page in read_heads(stream, posixpath.basename(path)):
                if isinstance(page, BrokenRecord):
                    continue
                if not chosen(page):
                    owner = owner if owner and owner[0] else None
                    continue
                of = page.request.source, page.request.execution_id
                owner = owner if owner and owner[0] else of
                _add(ids, keys, page, place)
                found = executions.setdefault(of, ArchivedExecution(*of))
                found.pages += 1
                found.first, found.last = min(found.first, page.fetched_at), max(found.last, page.fetched_at)
        owners.append(owner)
    ids.sort()
    keys.sort()
    return PageIndex(paths, folder, open_file), executions, owners


class PageIndex:
    """Finds chosen pages by request, and by what was asked for whatever item was carried there.

    Args:
      paths: WARC files.
      folder: of the index's own files; they are mapped, so a large index is as much in memory as there is room.
    """

    def __init__(self, paths: list[str], folder: Path, open_file: Callable[[str], BinaryIO] = open_local) -> None:
        self._paths = paths
        self._open = open_file
        self._ids, self._keys = (Sorted.opened(folder, name) for name in ("ids", "keys"))

    def has(self, request_id: str) -> bool:
        """Whether there is a page of this very request."""
        return bool(request_id) and self._ids.has(_number(request_id))

    def is_newest(self, page: Page, path: str) -> bool:
        """Whether this is the page that counts of its request; one that the browser gave up only if it is alone."""
        places = self._ids.find(_number(page.request.request_id))
        if not len(places) or page.archived is None:
            return False
        place, offset = places[-1].tolist()
        return bool(self._paths[place] == path and offset == page.archived.offset)

    def holds(self, request: Request) -> bool:
        """Whether there is a page of what this request asks for."""
        return self._keys.has(_number(_identity(request)))

    def find(self, request: Request) -> Page | None:
        """The newest page of what this request asks for; its request is then the one asked for."""
        for place, offset in reversed(self._keys.find(_number(_identity(request))).tolist()):
            try:
                page = read_at(self._paths[place], offset, self._open)
            except (NoPageError, OSError):
                continue
            if _identity(page.request) == _identity(request):
                page.request = request
                return page
        return None


def _add(ids: Unsorted, keys: Unsorted, page: Page, place: int) -> None:
    assert page.archived is not None
    where = place, page.archived.offset
    ids.add(_number(page.request.request_id), float("-inf") if page.incomplete else page.fetched_at, *where)
    if not page.incomplete:
        keys.add(_number(_identity(page.request)), page.fetched_at, *where)


def _number(request_id: str) -> int:
    return int(request_id[:_ID_HEX_DIGITS], 16)


def _identity(request: Request) -> str:
    """The id that the request would have without the item that it carries: a mended source makes another item."""
    if request.item is None:
        return request.request_id
    return dataclasses.replace(request, item=None, request_id="").request_id
