"""A rendered page as WARC records. What a browser made is no server's answer, and must not pass for one elsewhere.

The document is a `resource` under a URI of its own, `urn:dom:URL`: a `response` would claim that it came over the wire
(IIPC, warc-specifications, issue 5), and under the page's own URL a replay tool would run its scripts a second time.
The picture is `urn:view:URL`, as Webrecorder's tools call theirs. The answers that the page fetched for itself did
come over the wire: each is a `response`. All of them are concurrent to the document, whose record says how many follow.
"""

import json

from schemas.page import Captured, Page
from scrapers.archive.http_heads import response_head
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_members import date, digest_of, member, record_ids, uri

__all__ = ["ABOUT_URN", "PAGE_JSON_TYPE", "SCREENSHOT_TYPE", "rendered_members"]

ABOUT_URN = "urn:about:"  # of metadata records: indexers (pywb's) would list them as captures of the page's own URL
SCREENSHOT_TYPE = "image/jpeg"
PAGE_JSON_TYPE = "application/vnd.scrapeline.page+json"  # {"request", "url", "status", "headers"}

_DOCUMENT_URN = "urn:dom:"
_PICTURE_URN = "urn:view:"
_DOCUMENT_TYPE = "text/html; charset=utf-8"  # whatever the document was once sent as


def rendered_members(
    page: Page, redact: Redactor, info_id: str, request: str, short_request: str
) -> tuple[list[bytes], str]:
    """The page's record, what belongs to it, and last its screenshot, if it has one; and the document's digest.

    Args:
      info_id: of the file's first record.
      request: JSON of the request, without secrets.
      short_request: what the page's record itself says of it.
    """
    body, url = redact.redact_bytes(page.body), redact.redact_text(page.url)
    digest = digest_of(body)
    identity = f"{page.request.request_id} {digest} {page.fetched_at!r}"
    page_id, metadata_id, _ = record_ids(identity)
    common = f"WARC-Date: {date(page.fetched_at)}\r\nWARC-Warcinfo-ID: {info_id}\r\n"
    belongs = f"{common}WARC-Concurrent-To: {page_id}\r\n"
    parts = [
        member(
            "metadata", metadata_id, belongs + _about(ABOUT_URN + url, PAGE_JSON_TYPE), _metadata(page, redact, request)
        )
    ]
    for number, captured in enumerate(page.captured):
        part_id = record_ids(f"{identity} captured {number}")[0]
        parts.append(_captured(captured, part_id, belongs, redact))
    if page.screenshot:
        fields = belongs + _about(_PICTURE_URN + url, SCREENSHOT_TYPE)
        fields += f"WARC-Payload-Digest: {digest_of(page.screenshot)}\r\n"
        parts.append(member("resource", record_ids(f"{identity} screenshot")[0], fields, page.screenshot))
    fields = (
        f"{common}{_about(_DOCUMENT_URN + url, _DOCUMENT_TYPE)}WARC-Payload-Digest: {digest}\r\n"
        f"Scrapeline-Elapsed-Secs: {page.elapsed_secs:.6f}\r\nScrapeline-Rendered: true\r\n"
        f"Scrapeline-Parts: {len(parts)}\r\nScrapeline-Request: {short_request}\r\n"
    )
    if page.incomplete:
        fields += "Scrapeline-Incomplete: true\r\n"
    return [member("resource", page_id, fields, body), *parts], digest


def _about(url: str, content_type: str) -> str:
    return f"WARC-Target-URI: {uri(url)}\r\nContent-Type: {content_type}\r\n"


def _metadata(page: Page, redact: Redactor, request: str) -> bytes:
    about = {
        "url": redact.redact_text(page.url),
        "status": page.status,
        "headers": redact.redact_headers(page.headers),
    }
    return f'{{"request":{request},{json.dumps(about)[1:]}'.encode("utf-8", "backslashreplace")


def _captured(captured: Captured, record_id: str, belongs: str, redact: Redactor) -> bytes:
    body = redact.redact_bytes(captured.body)
    headers = redact.redact_headers([("Content-Type", captured.content_type)])
    fields = belongs + _about(redact.redact_text(captured.url), "application/http;msgtype=response")
    fields += f"WARC-Payload-Digest: {digest_of(body)}\r\nScrapeline-Captured: true\r\n"
    return member("response", record_id, fields, response_head(captured.status, headers, len(body)), body)
