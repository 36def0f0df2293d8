"""A page in a folder that people can read: its body and what else it read as files of their kinds, the rest as JSON.

No secrets.
"""

import json
from pathlib import Path
from typing import Any

from schemas.page import Captured, Page
from schemas.request_json import request_from_json, request_to_json
from scrapers.archive.redaction import Redactor

__all__ = ["META", "load_page", "save_page"]

META = "meta.json"
_EXTENSIONS = (
    ("html", "html"),
    ("json", "json"),
    ("xml", "xml"),
    ("calendar", "ics"),
    ("csv", "csv"),
    ("text/", "txt"),
)  # part of the content type -> extension


def save_page(folder: Path, page: Page) -> None:
    """Writes body, captured answers and meta.json; an earlier page in that folder is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("page.*"), *folder.glob("captured-*.*")):
        old.unlink()
    kind = "html" if page.rendered else _extension(page.header("content-type"), page.body)
    body_file = f"page.{kind}"
    (folder / body_file).write_bytes(page.body)
    meta = {
        "request": json.loads(request_to_json(page.request)),
        "status": page.status,
        "url": page.url,
        "headers": Redactor().redact_headers(page.headers),
        "fetched_at": page.fetched_at,
        "elapsed_secs": round(page.elapsed_secs, 3),
        "rendered": page.rendered,
        "body_file": body_file,
    }
    if page.captured:
        meta["captured"] = [_save_captured(folder, number, one) for number, one in enumerate(page.captured, 1)]
    (folder / META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _save_captured(folder: Path, number: int, captured: Captured) -> dict[str, Any]:
    body_file = f"captured-{number}.{_extension(captured.content_type, captured.body)}"
    (folder / body_file).write_bytes(captured.body)
    return {
        "url": captured.url,
        "status": captured.status,
        "content_type": captured.content_type,
        "body_file": body_file,
    }


def _extension(content_type: str, body: bytes) -> str:
    named = next((extension for part, extension in _EXTENSIONS if part in content_type.lower()), "")
    return named or ("html" if body.lstrip()[:1] == b"<" else "bin")


def load_page(folder: Path) -> Page:
    """The page as it was.

    Raises:
      OSError: a file is missing.
      ValueError: meta.json is not what `save_page` writes.
    """
    meta: dict[str, Any] = json.loads((folder / META).read_text("utf-8"))
    try:
        return Page(
            request_from_json(json.dumps(meta["request"])),
            meta["status"],
            meta["url"],
            tuple((name, value) for name, value in meta["headers"]),
            (folder / meta["body_file"]).read_bytes(),
            float(meta["fetched_at"]),
            meta["elapsed_secs"],
            meta["rendered"],
            captured=tuple([_load_captured(folder, about) for about in meta.get("captured", ())]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{folder / META} lacks or misspells {error}") from error


def _load_captured(folder: Path, about: dict[str, Any]) -> Captured:
    body = (folder / about["body_file"]).read_bytes()
    return Captured(about["url"], about["status"], about["content_type"], body)
