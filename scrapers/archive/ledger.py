"""What an earlier attempt has archived need not be fetched again."""

import posixpath
from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import numpy as np

from schemas.page import Page
from schemas.request import Request
from schemas.request_json import request_id_of
from scrapers.archive.warc_reader import NoPageError, open_local, read_at
from scrapers.archive.warc_records import Record, records

__all__ = ["Ledger"]

_ID_HEX_DIGITS = 16  # 64 of an id's 96 bits find it; the page itself tells whether it is the one


class Ledger:
    """Finds archived pages by request.

    The files are read once, when the ledger is made: 30 bytes of memory a page. Records that are cut or damaged are
    left out, and so are other tools' files. Of several pages of one request the newest counts. Nothing is locked, so
    other processes may read the same files.

    Args:
      paths: WARC files, finished or not.
      open_file: opens one of them to read bytes.
    """

    def __init__(self, paths: Iterable[str], open_file: Callable[[str], BinaryIO] = open_local) -> None:
        self._paths = list(paths)
        self._open = open_file
        ids, dates = array("Q"), array("d")
        places, offsets = array("l"), array("q")
        for place, path in enumerate(self._paths):
            for key, record in self._pages(path):
                ids.append(key)
                dates.append(record.date_secs)
                places.append(place)
                offsets.append(record.offset)
        order = np.lexsort((np.array(dates), np.array(ids, np.uint64)))
        self._ids = np.array(ids, np.uint64)[order]
        self._places = np.array(places, np.int32)[order]
        self._offsets = np.array(offsets, np.int64)[order]

    def _pages(self, path: str) -> Iterator[tuple[int, Record]]:
        try:
            stream = self._open(path)
        except FileNotFoundError:  # it got its final name since the folder was listed
            return
        with stream:
            for record in records(stream, posixpath.basename(path)):
                if isinstance(record, Record) and (key := _key(record)) is not None:
                    yield key, record

    def __len__(self) -> int:
        """Pages found, several of one request included."""
        return len(self._ids)

    def has(self, request_id: str) -> bool:
        """Whether there is a page of this request, whatever became of it."""
        key = np.uint64(int(request_id[:_ID_HEX_DIGITS], 16))
        at = int(np.searchsorted(self._ids, key))
        return at < len(self._ids) and bool(self._ids[at] == key)

    def find(self, request: Request) -> Page | None:
        """The newest page of a request, or None when it must be fetched. Its request is the one asked for."""
        key = np.uint64(int(request.request_id[:_ID_HEX_DIGITS], 16))
        first, last = np.searchsorted(self._ids, key, "left"), np.searchsorted(self._ids, key, "right")
        for place in range(int(last) - 1, int(first) - 1, -1):
            try:
                page = read_at(self._paths[self._places[place]], int(self._offsets[place]), self._open)
            except (NoPageError, OSError):
                continue
            if page.request.request_id == request.request_id:
                page.request = request  # with its headers, which the archive keeps redacted
                return page
        return None


def _key(record: Record) -> int | None:
    if "scrapeline-incomplete" in record.fields:  # it was given up: another attempt may get the page
        return None
    field = record.fields.get("scrapeline-request")
    request_id = request_id_of(field) if field is not None else ""
    try:
        return int(request_id[:_ID_HEX_DIGITS], 16)
    except ValueError:
        return None
