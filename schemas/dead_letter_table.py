"""Dead letters as they are stored: one row a failure, with all that a person or a replay needs."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from schemas.dead_letter import DeadLetter
from schemas.described import MOMENT, described
from schemas.request_json import json_text, request_to_json

__all__ = ["DEAD_LETTER_SCHEMA", "letter_record"]


DEAD_LETTER_SCHEMA = pa.schema(
    [
        described("letter_id", pa.string(), "the same for the same failure, however often it is tried again"),
        described("stage", pa.string(), "where it died: event, scrape, parse, validate, write or publish"),
        described("reason", pa.string(), "one of a closed list: timeout, http_5xx, invalid_item, ..."),
        described("error_type", pa.string(), "class of the exception, empty when there was none"),
        described("message", pa.string(), "what happened, in a sentence"),
        described("traceback", pa.string(), "of the exception, its last 8,000 characters"),
        described("problems", pa.string(), "JSON: every bad field as field, rule, message, value"),
        described("source", pa.string(), "name of the source file"),
        described("page_type", pa.string(), "kind of page, empty in a source of one kind"),
        described("url", pa.string(), "of the page, after redirects; of the request when no page came"),
        described("request", pa.string(), "JSON that restores the request"),
        described("item", pa.string(), "JSON: the refused item, or the item carried by the request that died"),
        described("item_number", pa.int64(), "the item's place on the page, from 0; null for a whole request"),
        described("status", pa.int64(), "HTTP status, null when no answer came"),
        described("attempts", pa.int64(), "how often the request was tried"),
        described("execution_id", pa.string(), "the source in one run, or of one event"),
        described("request_id", pa.string(), "the request that failed, or whose page held the item"),
        described("archive_file", pa.string(), "WARC file that keeps the page, null when it was not archived"),
        described("archive_offset", pa.int64(), "of the page's record in that file, in bytes"),
        described("archive_digest", pa.string(), "of the page's payload, as the record states it"),
        described("screenshot", pa.string(), "WARC file that keeps a JPEG of the page, null for none"),
        described("screenshot_offset", pa.int64(), "of the JPEG's record in that file, in bytes"),
        described("schema_version", pa.string(), "version of the table's columns"),
        described("scraper_version", pa.string(), "version of what read the page"),
        described("failed_at", MOMENT, "when it failed"),
        described("first_failed_at", MOMENT, "when it first failed, before replays"),
        described("event", pa.string(), "JSON: an event as it came, its attributes and data (or data_base64)"),
    ]
)


def letter_record(
    letter: DeadLetter,
    *,
    schema_version: str = "",
    scraper_version: str = "",
    redact: Callable[[str], str] = str,
) -> dict[str, Any]:
    """A letter's values as DEAD_LETTER_SCHEMA stores them; never raises.

    Args:
      redact: takes secret values out of a text, for messages and tracebacks that may quote them.
    """

    def text(value: str) -> str:
        return redact(value.encode("utf-8", "backslashreplace").decode())  # a lone surrogate fits in no table

    return {
        "letter_id": letter.letter_id,
        "stage": letter.stage,
        "reason": str(letter.reason),
        "error_type": letter.error_type,
        "message": text(letter.message),
        "traceback": text(letter.traceback),
        **_what_failed(letter, text),
        "item_number": letter.item_number,
        "status": letter.status,
        "attempts": letter.attempts,
        **_where(letter),
        "schema_version": schema_version,
        "scraper_version": scraper_version,
        "failed_at": round(letter.failed_at * 1_000_000),
        "first_failed_at": round((letter.first_failed_at or letter.failed_at) * 1_000_000),
        "event": None if letter.event is None else text(letter.event),
    }


def _what_failed(letter: DeadLetter, text: Callable[[str], str]) -> dict[str, Any]:
    request = letter.request
    item = letter.item if letter.item is not None else request.item
    problems = [
        {"field": problem.field, "rule": problem.rule, "message": problem.message, "value": problem.value}
        for problem in letter.problems
    ]
    return {
        "problems": text(json_text(problems)),
        "source": request.source,
        "page_type": request.page_type,
        "url": text(letter.url or request.url),
        "request": text(request_to_json(request)),
        "item": None if item is None else text(json_text(item)),
    }


def _where(letter: DeadLetter) -> dict[str, Any]:
    archived, screenshot = letter.archived, letter.screenshot
    return {
        "execution_id": letter.request.execution_id,
        "request_id": letter.request.request_id,
        "archive_file": archived.file if archived else None,
        "archive_offset": archived.offset if archived else None,
        "archive_digest": archived.digest if archived else None,
        "screenshot": screenshot.file if screenshot else None,
        "screenshot_offset": screenshot.offset if screenshot else None,
    }
