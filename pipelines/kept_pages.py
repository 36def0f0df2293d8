"""Pages kept by the last `try` (.scrapeline) or the last run (its archive): selectors are tried without fetching."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines.saved_page import META, load_page, save_page
from schemas.ids import content_id
from schemas.page import Page
from schemas.request import Request, canonical_url
from schemas.request_json import request_from_json, request_to_json

__all__ = ["find_kept", "keep", "keep_failed", "known_request", "remember"]

_MOST_REMEMBERED = 1000  # follow-ups of one page


def _make(cache: Path) -> None:
    """The folder, which git ignores from then on."""
    if not cache.exists():
        cache.mkdir(parents=True)
        (cache / ".gitignore").write_text("*\n", "utf-8")


def _folder(cache: Path, request: Request) -> Path:
    name = content_id(request.page_type, request.method, canonical_url(request.url), request.body)
    return cache / "pages" / request.source / name


def keep(cache: Path, page: Page) -> None:
    """Keeps a page for the next `try` of the same request."""
    _make(cache)
    save_page(_folder(cache, page.request), page)


def keep_failed(cache: Path, page: Page) -> dict[str, Path]:
    """Keeps what a browser had of a page that it gave up: what it is -> its file. No later `try` reads it."""
    _make(cache)
    folder = cache / "failed"
    folder.mkdir(exist_ok=True)
    name = content_id(page.request.page_type, page.request.method, canonical_url(page.request.url), page.request.body)
    parts = {"what it had": (f"{name}.html", page.body), "how it looked": (f"{name}.jpg", page.screenshot)}
    kept = {}
    for what, (file, content) in parts.items():
        if content:
            (folder / file).write_bytes(content)
            kept[what] = folder / file
    return kept


def remember(cache: Path, source: str, follow_ups: Sequence[Request]) -> None:
    """Keeps what a page led to, with the items that it carries: `try SOURCE URL` can then take up any of them."""
    if not follow_ups:
        return
    _make(cache)
    file = cache / "follow_ups" / f"{source}.jsonl"
    file.parent.mkdir(exist_ok=True)
    lines = [request_to_json(request) + "\n" for request in follow_ups[:_MOST_REMEMBERED]]
    file.write_text("".join(lines), "utf-8")


def known_request(cache: Path, source: str, url: str, page_type: str | None) -> Request | None:
    """The follow-up that a page of the last `try` made for this URL; None when there was none."""
    file = cache / "follow_ups" / f"{source}.jsonl"
    if not file.is_file():
        return None
    for line in file.read_text("utf-8").splitlines():
        request = request_from_json(line)
        if canonical_url(request.url) == canonical_url(url) and page_type in (None, request.page_type):
            return request
    return None


def find_kept(cache: Path, archive: Path, request: Request) -> tuple[Page, str] | None:
    """The newest kept page of this request and where it lay; None when there is none."""
    folder = _folder(cache, request)
    meta = folder / META
    kept_at = meta.stat().st_mtime if meta.exists() else 0.0
    for file in _newer_files(archive, kept_at):
        page = _last_in(file, request)
        if page is not None:
            return dataclasses.replace(page, request=request), str(file)
    if not kept_at:
        return None
    return dataclasses.replace(load_page(folder), request=request), str(folder)


def _newer_files(archive: Path, than: float) -> list[Path]:
    files = [(path.stat().st_mtime, path) for path in archive.glob("*.warc.gz")] if archive.is_dir() else []
    return [path for changed, path in sorted(files, reverse=True) if changed > than]


def _last_in(file: Path, request: Request) -> Page | None:
    wanted = (request.source, request.page_type, request.method, canonical_url(request.url), request.body)
    found = None
    for page in _pages(file):
        asked = page.request
        if (asked.source, asked.page_type, asked.method, canonical_url(asked.url), asked.body) == wanted:
            found = page
    return found


def _pages(file: Path) -> Iterator[Page]:
    from scrapers.archive.warc_reader import read_pages

    with file.open("rb") as stream:
        yield from (page for page in read_pages(stream, file.name) if isinstance(page, Page) and not page.incomplete)
