"""Pages kept by the last `try` (.scrapeline/pages) or the last run (its archive): selectors are tried without fetching."""

from collections.abc import Iterator
from pathlib import Path

from schemas.ids import content_id
from schemas.page import Page
from schemas.request import Request, canonical_url
from pipelines.saved_page import META, load_page, save_page

__all__ = ["find_kept", "keep"]


def _folder(cache: Path, request: Request) -> Path:
    name = content_id(request.page_type, request.method, canonical_url(request.url), request.body)
    return cache / "pages" / request.source / name


def keep(cache: Path, page: Page) -> None:
    """Keeps a page for the next `try` of the same request; `cache` is ignored by git from then on."""
    if not cache.exists():
        cache.mkdir(parents=True)
        (cache / ".gitignore").write_text("*\n", "utf-8")
    save_page(_folder(cache, page.request), page)


def find_kept(cache: Path, archive: Path, request: Request) -> tuple[Page, str] | None:
    """The newest kept page of this request and where it lay; None when there is none."""
    folder = _folder(cache, request)
    meta = folder / META
    kept_at = meta.stat().st_mtime if meta.exists() else 0.0
    for file in _newer_files(archive, kept_at):
        page = _last_in(file, request)
        if page is not None:
            return page, str(file)
    if not kept_at:
        return None
    return load_page(folder, execution_id=request.execution_id), str(folder)


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
        yield from (page for page in read_pages(stream, file.name) if isinstance(page, Page))
