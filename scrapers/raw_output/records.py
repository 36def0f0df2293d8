"""The records of a JSON file, one in memory at a time: the lines of newline JSON, the elements of an array."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import orjson

from schemas.reasons import Dead

__all__ = ["MOST_RECORD_BYTES", "Record", "Unreadable", "elements", "lines"]

MOST_RECORD_BYTES = 1 << 24
"""16 MiB; a row has at most 10 MB (schemas.row)."""
PIECE_CHARS = 1 << 18
_KEPT_BYTES = 2_000
_BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_TOO_LARGE = f"a record of more than {MOST_RECORD_BYTES} bytes; leave what is large out of it, or cut it"


class Record(NamedTuple):
    """One record.

    Attributes:
      number: of its line or element, from 1.
      offset: where it begins, in bytes without compression.
      data: as it stands in the file.
    """

    number: int
    offset: int
    data: bytes


class Unreadable(NamedTuple):
    """What is no record, and why.

    Attributes:
      data: as it stands in the file, the beginning of it where it is long.
      ends: nothing behind it can be read.
    """

    number: int
    offset: int
    data: bytes
    reason: Dead
    why: str
    ends: bool = False


def lines(stream: BinaryIO) -> Iterator[Record | Unreadable]:
    """The lines of newline JSON; empty ones are none, and one that is no JSON is nobody else's business."""
    number = offset = 0
    while line := stream.readline(MOST_RECORD_BYTES + 1):
        number, start = number + 1, offset
        offset += len(line)
        if len(line) > MOST_RECORD_BYTES:
            offset += _rest_of_line(stream, line)
            yield Unreadable(number, start, line[:_KEPT_BYTES], Dead.TOO_LARGE, f"line {number}: {_TOO_LARGE}")
            continue
        data = line.removeprefix(_BOM).strip() if number == 1 else line.strip()
        if not data:
            continue
        why = _why_no_json(data)
        if why:
            yield Unreadable(number, start, data, Dead.BAD_CONTENT, f"line {number} is no JSON: {why}")
        else:
            yield Record(number, start, data)


def _rest_of_line(stream: BinaryIO, line: bytes) -> int:
    """Steps over what is left of a line; how many bytes that is."""
    count = 0
    while line and not line.endswith(b"\n"):
        line = stream.readline(PIECE_CHARS)
        count += len(line)
    return count


def _why_no_json(data: bytes) -> str:
    """Empty for what is JSON, or nearly (NaN, as Python writes it)."""
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError as error:
        try:
            json.loads(data)
        except (ValueError, RecursionError):
            return str(error)
    return ""


class _Text:
    """The text of a file from `at` on, as far as it is in memory.

    Attributes:
      offset: of `at`, in bytes.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self.text, self.at, self.offset, self.ended = "", 0, 0, False

    def more(self) -> bool:
        """Reads as much as is there already, so that a long element costs no more than its length; False at the end.

        Raises:
          UnicodeDecodeError: the file is no UTF-8.
        """
        if self.ended:
            return False
        data = self._stream.read(max(PIECE_CHARS, len(self.text) - self.at))
        self.ended = not data
        self.text, self.at = self.text[self.at :] + self._decode(data, self.ended), 0
        return not self.ended

    def take(self, end: int) -> bytes:
        """The bytes up to there; what follows is next."""
        data = self.text[self.at : end].encode("utf-8", "surrogatepass")
        self.at = end
        self.offset += len(data)
        return data

    def next_char(self) -> str:
        """What comes behind white space; empty at the end."""
        while True:
            end = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            self.take(end)
            if end < len(self.text):
                return self.text[end]
            if not self.more():
                return ""


class _Wrong(Exception):
    def __init__(self, reason: Dead, why: str) -> None:
        super().__init__(why)
        self.reason = reason


def elements(stream: BinaryIO) -> Iterator[Record | Unreadable]:
    """The elements of a file that is one array. What is no JSON ends it: where the next begins is not to be told."""
    text, number = _Text(stream), 0
    try:
        text.next_char()
        text.take(text.at + 1)  # the bracket
        while (char := text.next_char()) != "]":
            number += 1
            if number > 1:
                _expect(char, ",", text)
            offset, data = _element(text)
            yield Record(number, offset, data)
        text.take(text.at + 1)
        if text.next_char():
            raise _Wrong(Dead.BAD_CONTENT, "something follows the array")
    except (_Wrong, UnicodeDecodeError) as error:
        reason = error.reason if isinstance(error, _Wrong) else Dead.BAD_CONTENT
        at, why = text.offset, f"element {number}, at byte {text.offset}: {error}; nothing behind it is read"
        yield Unreadable(number, at, text.text[text.at :][:_KEPT_BYTES].encode(), reason, why, ends=True)


def _expect(char: str, wanted: str, text: _Text) -> None:
    if char != wanted:
        raise _Wrong(Dead.BAD_CONTENT, f"`{wanted}` or `]` was expected" if char else "the file ends in its array")
    text.take(text.at + 1)
    text.next_char()


def _element(text: _Text) -> tuple[int, bytes]:
    """(offset, data) of the value that begins here. Raises _Wrong."""
    while True:
        try:
            _, end = _DECODER.raw_decode(text.text, text.at)
        except (ValueError, RecursionError) as error:
            if text.ended:
                raise _Wrong(Dead.BAD_CONTENT, f"no JSON: {error}") from None
        else:
            if end < len(text.text) or text.ended:  # else a number might go on
                offset = text.offset
                return offset, text.take(end)
        if len(text.text) - text.at > MOST_RECORD_BYTES:
            raise _Wrong(Dead.TOO_LARGE, _TOO_LARGE)
        text.more()
