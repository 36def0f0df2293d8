"""A page's record together with those that belong to it and follow: the page is whole, or it is broken."""

import dataclasses
import json
from typing import Any

from schemas.page import ArchivePointer, Captured, Page
from schemas.request_json import request_from_json
from scrapers.archive.http_messages import parse_message
from scrapers.archive.rendered_records import PAGE_JSON_TYPE, SCREENSHOT_TYPE
from scrapers.archive.warc_records import Record

__all__ = ["PageGroup", "is_captured", "pointer_to"]


def is_captured(record: Record) -> bool:
    """Whether it is an answer that belongs to a rendered page: no page by itself."""
    return "scrapeline-captured" in record.fields


@dataclasses.dataclass(slots=True)
class PageGroup:
    """What has been read of a page.

    Attributes:
      page: its own record.
      parts: those that followed.
    """

    page: Record
    parts: list[Record] = dataclasses.field(default_factory=list)

    def takes(self, record: Record) -> bool:
        """Whether the record belongs to the page; it is then one of its parts."""
        own_id = self.page.fields.get("warc-record-id")
        if own_id is None or record.fields.get("warc-concurrent-to") != own_id:
            return False
        self.parts.append(record)
        return True

    @property
    def whole(self) -> bool:
        """Whether all parts are there: as many as the page's record says, or the one that holds its request."""
        expected = self.page.fields.get("scrapeline-parts", "")
        return len(self.parts) >= (int(expected) if expected.isdecimal() else 1)

    def rendered_page(self, file_name: str) -> Page:
        """The page of a browser's document.

        Raises:
          ValueError: a part is not what the writer writes.
        """
        fields = self.page.fields
        about = self._about()
        picture = next((part for part in self.parts if part.fields.get("content-type") == SCREENSHOT_TYPE), None)
        return Page(
            request_from_json(json.dumps(about["request"])),
            about["status"],
            about["url"],
            tuple([(name, value) for name, value in about["headers"]]),
            self.page.block,
            self.page.date_secs,
            float(fields.get("scrapeline-elapsed-secs", 0)),
            rendered=True,
            archived=pointer_to(self.page, file_name),
            captured=tuple([_captured(part) for part in self.parts if is_captured(part)]),
            screenshot=picture.block if picture else b"",
            screenshot_archived=pointer_to(picture, file_name) if picture else None,
            incomplete=fields.get("scrapeline-incomplete") == "true",
        )

    def _about(self) -> dict[str, Any]:
        block = next((part.block for part in self.parts if part.fields.get("content-type") == PAGE_JSON_TYPE), None)
        about: Any = json.loads(block) if block is not None else None
        if not isinstance(about, dict) or not {"request", "url", "status", "headers"} <= about.keys():
            raise ValueError("the record that tells of the page is missing or is another's")
        return about


def pointer_to(record: Record, file_name: str) -> ArchivePointer:
    """Leads to a record."""
    return ArchivePointer(file_name, record.offset, record.fields.get("warc-payload-digest", ""))


def _captured(record: Record) -> Captured:
    message = parse_message(record.block)
    content_type = next((value for name, value in message.headers if name.lower() == "content-type"), "")
    url = record.fields.get("warc-target-uri", "").strip("<>")
    return Captured(url, message.status, content_type, message.body)
