"""WARC records out of a file's pieces, in any version and compression; what is broken is said and stepped over."""

import dataclasses
import datetime
import functools
import re
from collections.abc import Iterator
from typing import BinaryIO

from scrapers.archive.warc_bytes import Damage, Piece, pieces

__all__ = ["BrokenRecord", "Record", "records"]

MAX_HEAD_BYTES = 1 << 20
MAX_BLOCK_BYTES = 1 << 28  # 256 MiB: a page is read into memory whole

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_NEXT_RECORD = re.compile(rb"(?<=\n)WARC/[01]\.\d")


@dataclasses.dataclass(frozen=True, slots=True)
class BrokenRecord:
    """A record that cannot be read."""

    file: str
    offset: int
    reason: str


@dataclasses.dataclass(slots=True)
class Record:
    """One record.

    Attributes:
      offset: where its member starts (gzip, zstd), or where it starts itself.
      fields: named in lower case; of a doubled one, the last.
    """

    offset: int
    fields: dict[str, str]
    block: bytes

    @property
    def date_secs(self) -> float:
        """WARC-Date in Unix seconds; 0 when it is missing or no date."""
        try:
            return datetime.datetime.fromisoformat(self.fields["warc-date"]).timestamp()
        except (KeyError, ValueError):
            return 0.0


def records(stream: BinaryIO, file_name: str, offset: int = 0) -> Iterator[Record | BrokenRecord]:
    """Every record from where the stream stands (called `offset`), in file order; holds one at a time."""
    window = _Window(pieces(stream, offset))
    lost = False
    while True:
        try:
            if lost:
                window.recover()
                lost = False
            record = _next_record(window)
        except _Broken as broken:
            yield BrokenRecord(file_name, broken.offset, broken.reason)
            lost = True
        else:
            if record is None:
                return
            yield record


def _next_record(window: "_Window") -> Record | None:
    """None at the end of the file."""
    if not window.start():
        return None
    fields = _parse_fields(window.read_head())
    try:
        length = int(fields["content-length"])
    except (KeyError, ValueError):
        raise window.broken("the record has no Content-Length") from None
    if not 0 <= length <= MAX_BLOCK_BYTES:
        raise window.broken(f"the record has {length} bytes; {MAX_BLOCK_BYTES} are read")
    return Record(window.offset, fields, window.read(length))


def _end_of_head(data: bytes, start: int) -> tuple[int, int] | None:
    """Where the empty line that ends a head begins and ends.

    Nearly all heads have CRLF: that is found ten times as fast as by the expression that takes any line ends.
    """
    end = data.find(b"\r\n\r\n", start)
    if end >= 0 and data.find(b"\n\n", start, end) < 0 and data.find(b"\n\r\n", start, end) < 0:
        return end, end + 4
    found = _HEAD_END.search(data, start)
    return found.span() if found else None


def _parse_fields(head: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in head.decode("utf-8", "replace").split("\n")[1:]:
        if line[:1] in (" ", "\t") and name:
            fields[name] += " " + line.strip()
            continue
        name, _, value = line.partition(":")
        name = _name(name)
        fields[name] = value.strip()
    return fields


@functools.lru_cache(1024)
def _name(text: str) -> str:
    return text.strip().lower()


class _Broken(Exception):
    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset
        self.reason = reason


class _Window:
    """What is read of the file and not yet used: `_data` from `_at` on.

    Attributes:
      offset: where the current record starts.
    """

    def __init__(self, source: Iterator[Piece | Damage]) -> None:
        self._source = source
        self._data = b""
        self._at = 0
        self._last = Piece(0, b"", starts=False)  # the piece that `_data` ends with
        self._held: Piece | None = None  # begins the next record, and came before this one was whole
        self.offset = 0

    def broken(self, reason: str) -> _Broken:
        return _Broken(self.offset, reason)

    def start(self) -> bool:
        """Moves to the next record, over the empty lines before it; False at the end of the file."""
        while True:
            while self._data[self._at : self._at + 1] in (b"\r", b"\n"):
                self._at += 1
            if self._at < len(self._data):
                break
            if not self._pull():
                return False
        unused = len(self._data) - self._at
        self.offset = self._last.offset + (len(self._last.data) - unused if self._last.plain else 0)
        return True

    def read_head(self) -> bytes:
        """The version line and the fields, without the empty line that ends them."""
        while (found := _end_of_head(self._data, self._at)) is None:
            if len(self._data) - self._at > MAX_HEAD_BYTES:
                raise self.broken("this is no WARC record: its head does not end")
            self._need_more()
        head = self._data[self._at : found[0]]
        if not head.startswith(b"WARC/"):
            raise self.broken("this is no WARC record: it does not begin with WARC/")
        self._at = found[1]
        return head

    def read(self, length: int) -> bytes:
        """So many bytes."""
        if len(self._data) - self._at < length:
            parts = [self._data[self._at :]]
            size = len(parts[0])
            while size < length:
                self._data, self._at = b"", 0
                self._need_more()
                parts.append(self._data)
                size += len(self._data)
            self._data, self._at = b"".join(parts), 0
        taken = self._data[self._at : self._at + length]
        self._at += length
        return taken

    def recover(self) -> None:
        """After a broken record, moves to where the next one may start."""
        while True:
            found = _NEXT_RECORD.search(self._data, self._at + 1)
            if found is not None:
                self._at = found.start()
                return
            self._data, self._at = self._data[-8:], 0  # a record's first line may lie across two pieces
            if not self._pull():
                self._at = len(self._data)
                return
            if self._last.starts:
                self._data = self._last.data
                return

    def _need_more(self) -> None:
        if not self._pull(within_record=True):
            raise self.broken("the file ends within a record")

    def _pull(self, *, within_record: bool = False) -> bool:
        """Reads one piece more; False at the end of the file."""
        piece = self._held or next(self._source, None)
        self._held = None
        if piece is None:
            return False
        unused, self._data, self._at = self._data[self._at :], b"", 0
        if isinstance(piece, Damage):
            raise _Broken(piece.offset, piece.reason)
        if within_record and piece.starts and piece.data.startswith(b"WARC/"):
            self._held = piece
            raise self.broken("the record is shorter than its Content-Length")
        self._last = piece
        self._data = unused + piece.data if unused else piece.data
        return True
