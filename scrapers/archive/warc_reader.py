"""Pages out of WARC files: our own with the request that led to them, other tools' as far as they tell."""

import posixpath
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from schemas.page import Page
from schemas.request import Request
from schemas.request_json import request_from_json
from scrapers.archive.http_heads import ORIGINAL
from scrapers.archive.http_messages import Message, decoded_body, parse_message, status_of
from scrapers.archive.page_group import PageGroup, is_captured, pointer_to
from scrapers.archive.warc_records import BrokenRecord, Record, records
from scrapers.archive.warc_writer import IN_METADATA, REQUEST_JSON_TYPE

__all__ = ["BrokenRecord", "NoPageError", "open_local", "read_at", "read_heads", "read_pages"]

_REQUEST = "scrapeline-request"
_ORIGINALS = {f"{ORIGINAL}{name}".lower() for name in ("Content-Encoding", "Transfer-Encoding", "Content-Length")}


_MakePage = Callable[[Record, str | bytes, str], Page | BrokenRecord]
"""(record, JSON of its request, file name) -> the page."""


class NoPageError(Exception):
    """What a pointer leads to is no page: look for another copy of it, or fetch it again."""


def open_local(path: str) -> BinaryIO:
    """Opens a file of this machine."""
    return open(path, "rb")


def read_pages(stream: BinaryIO, file_name: str) -> Iterator[Page | BrokenRecord]:
    """Every page of a WARC file (1.0 or 1.1; gzip, zstd or neither), in file order, one in memory at a time.

    A file of another tool gives pages whose request knows its URL only; its content and transfer encodings are undone.

    Args:
      file_name: as pointers name the file.

    Yields:
      pages, `archived` set; and a BrokenRecord for each record that cannot be read.
    """
    yield from pages_of(records(stream, file_name), file_name)


def read_heads(stream: BinaryIO, file_name: str) -> Iterator[Page | BrokenRecord]:
    """The same pages, at less than half the cost: of our own, those of the network are without status and content."""
    yield from pages_of(records(stream, file_name), file_name, _own_head)


def read_at(path: str, offset: int, open_file: Callable[[str], BinaryIO] = open_local) -> Page:
    """The page that a pointer leads to.

    Raises:
      NoPageError: there is no whole page.
      OSError: the file cannot be opened.
    """
    name = posixpath.basename(path)
    with open_file(path) as stream:
        stream.seek(offset)
        found = next(read_pages_from(stream, name, offset), None)
    if not isinstance(found, Page) or found.archived is None or found.archived.offset != offset:
        reason = found.reason if isinstance(found, BrokenRecord) else "no page begins there"
        raise NoPageError(f"{path} at {offset}: {reason}")
    return found


def read_pages_from(stream: BinaryIO, file_name: str, offset: int) -> Iterator[Page | BrokenRecord]:
    """The same from where the stream stands, called `offset`."""
    yield from pages_of(records(stream, file_name, offset), file_name)


def pages_of(
    found: Iterable[Record | BrokenRecord], file_name: str, own: _MakePage | None = None
) -> Iterator[Page | BrokenRecord]:
    """Pages out of records; a page that consists of several waits for all of them."""
    own = own or _own_page
    waiting: PageGroup | None = None
    for record in found:
        if waiting is not None:
            if isinstance(record, Record) and waiting.takes(record):
                if waiting.whole:
                    yield _grouped_page(waiting, file_name, own)
                    waiting = None
                continue
            yield _lacking(waiting, file_name)
            waiting = None
            if isinstance(record, BrokenRecord):  # the part that was missed: told once
                continue
        if isinstance(record, BrokenRecord):
            yield record
        elif _REQUEST in record.fields:
            if f'"{IN_METADATA}"' in record.fields[_REQUEST][:200]:
                waiting = PageGroup(record)
            else:
                yield own(record, record.fields[_REQUEST], file_name)
        elif (page := _foreign_page(record, file_name)) is not None:
            yield page
    if waiting is not None:
        yield _lacking(waiting, file_name)


def _lacking(group: PageGroup, file_name: str) -> BrokenRecord:
    return BrokenRecord(file_name, group.page.offset, "a record that belongs to the page is missing")


def _grouped_page(group: PageGroup, file_name: str, own: _MakePage) -> Page | BrokenRecord:
    [first, *_] = group.parts
    if "scrapeline-parts" not in group.page.fields:  # an answer of the network whose request was too long for a field
        if first.fields.get("content-type") != REQUEST_JSON_TYPE:
            return _lacking(group, file_name)
        return own(group.page, first.block, file_name)
    try:
        return group.rendered_page(file_name)
    except (ValueError, TypeError) as error:
        return BrokenRecord(file_name, group.page.offset, str(error))


def _own_page(record: Record, request_json: str | bytes, file_name: str) -> Page | BrokenRecord:
    try:
        request = request_from_json(request_json)
        message = parse_message(record.block)
        page = _page(record, request, message, message.body, file_name)
    except ValueError as error:
        return BrokenRecord(file_name, record.offset, str(error))
    page.headers = _as_received(message.headers)
    page.elapsed_secs = float(record.fields.get("scrapeline-elapsed-secs", 0))
    # archives of before the browser's documents had a type of their own
    page.rendered = record.fields.get("scrapeline-rendered") == "true"
    return page


def _own_head(record: Record, request_json: str | bytes, file_name: str) -> Page | BrokenRecord:
    """Broken where `_own_page` is: their pages are the same ones."""
    try:
        request = request_from_json(request_json)
        status_of(record.block)
    except ValueError as error:
        return BrokenRecord(file_name, record.offset, str(error))
    return Page(request, 0, request.url, (), b"", record.date_secs, archived=pointer_to(record, file_name))


def _as_received(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Undoes what `http_heads.response_head` did."""
    if not any(name.lower() in _ORIGINALS for name, _ in headers):
        return headers
    return tuple(
        (name[len(ORIGINAL) :] if name.lower() in _ORIGINALS else name, value)
        for name, value in headers
        if name.lower() != "content-length"
    )


def _foreign_page(record: Record, file_name: str) -> Page | BrokenRecord | None:
    """None for what is no page: requests, metadata, revisits, DNS answers, what belongs to another page."""
    kind, content = record.fields.get("warc-type"), record.fields.get("content-type", "")
    if kind not in ("response", "resource") or is_captured(record):
        return None
    uri = record.fields.get("warc-target-uri", "").strip("<>")
    if not uri.startswith(("http://", "https://")):
        return None
    request = Request(source="", url=uri, execution_id="")
    try:
        if kind == "response" and content.replace(" ", "").lower().startswith("application/http"):
            message = parse_message(record.block)
            return _page(record, request, message, decoded_body(message), file_name)
        if kind == "resource":
            message = Message(200, (("Content-Type", content),), record.block)
            return _page(record, request, message, record.block, file_name)
    except ValueError as error:
        return BrokenRecord(file_name, record.offset, str(error))
    return None


def _page(record: Record, request: Request, message: Message, body: bytes, file_name: str) -> Page:
    fields = record.fields
    return Page(
        request,
        message.status,
        fields.get("warc-target-uri", request.url).strip("<>"),
        message.headers,
        body,
        record.date_secs,
        archived=pointer_to(record, file_name),
    )
