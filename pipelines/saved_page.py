"""A page in a folder that people can read: its body as a file of its kind, the rest as JSON. No secrets."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.page import Page
from schemas.request import Request
from scrapers.archive.redaction import Redactor

__all__ = ["META", "load_page", "request_from_json", "request_json", "save_page"]

META = "meta.json"
_EXTENSIONS = (
    ("html", "html"),
    ("json", "json"),
    ("xml", "xml"),
    ("calendar", "ics"),
    ("csv", "csv"),
    ("text/", "txt"),
)


def save_page(folder: Path, page: Page) -> None:
    """Writes body and meta.json; an earlier page in that folder is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("page.*"):
        old.unlink()
    body_file = f"page.{_extension(page.header('content-type'), page.body)}"
    (folder / body_file).write_bytes(page.body)
    meta = {
        **request_json(page.request),
        "status": page.status,
        "final_url": page.url,
        "headers": Redactor().redact_headers(page.headers),
        "fetched_at": page.fetched_at,
        "elapsed_secs": round(page.elapsed_secs, 3),
        "rendered": page.rendered,
        "body_file": body_file,
    }
    (folder / META).write_text(json.dumps(meta, indent=2, ensure_ascii=False, default=str) + "\n", "utf-8")


def _extension(content_type: str, body: bytes) -> str:
    named = next((extension for part, extension in _EXTENSIONS if part in content_type.lower()), "")
    return named or ("html" if body.lstrip()[:1] == b"<" else "bin")


def load_page(folder: Path, *, execution_id: str = "test") -> Page:
    """The page as it was. Raises OSError when a file is missing, ValueError when meta.json is not what it should be."""
    meta: Mapping[str, Any] = json.loads((folder / META).read_text("utf-8"))
    try:
        return Page(
            request_from_json(meta, execution_id),
            meta["status"],
            meta["final_url"],
            _pairs(meta["headers"]),
            (folder / meta["body_file"]).read_bytes(),
            float(meta["fetched_at"]),
            meta["elapsed_secs"],
            meta["rendered"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{folder / META} lacks or misspells {error}") from error


def request_json(request: Request) -> dict[str, Any]:
    """A request for people and for `request_from_json`; its secrets are placeholders, and stay so."""
    return {
        "source": request.source,
        "page_type": request.page_type,
        "url": request.url,
        "method": request.method,
        "request_headers": Redactor().redact_headers(request.headers),
        "request_body": base64.b64encode(request.body).decode() if request.body is not None else None,
        "params": dict(request.params),
        "item": dict(request.item) if request.item is not None else None,
        "page_number": request.page_number,
        "depth": request.depth,
    }


def request_from_json(saved: Mapping[str, Any], execution_id: str) -> Request:
    """Raises KeyError or TypeError when it is not what `request_json` wrote."""
    return Request(
        source=saved["source"],
        url=saved["url"],
        execution_id=execution_id,
        page_type=saved["page_type"],
        method=saved["method"],
        headers=_pairs(saved["request_headers"]),
        body=base64.b64decode(saved["request_body"]) if saved["request_body"] is not None else None,
        params=saved["params"],
        item=saved["item"],
        page_number=saved["page_number"],
        depth=saved["depth"],
    )


def _pairs(values: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in values)
