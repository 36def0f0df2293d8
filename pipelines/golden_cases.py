"""Golden test cases: a saved page and what a source is expected to make of it, in a folder beside the sources."""

import dataclasses
import difflib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipelines.page_report import PageReport, expected_of, read_page
from pipelines.saved_page import META, load_page, save_page
from pipelines.terminal import plain_json
from schemas.request import Request
from scrapers.extraction.scraper import Scraper
from scrapers.source_files.load import LoadedSource

__all__ = ["Case", "case_name", "differences", "find_cases", "read_case", "save_case"]

EXPECTED = "expected.json"
FOLDER = "tests"


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One case: SOURCES/tests/<source>/<name>/ with page.*, captured-*.*, meta.json and expected.json."""

    source: str
    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def expected(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / EXPECTED).read_text("utf-8"))
        return found


def find_cases(folder: Path, source: str) -> list[Case]:
    """The cases of one source, by name."""
    return [Case(source, path.parent) for path in sorted((folder / FOLDER / source).glob(f"*/{META}"))]


def case_name(request: Request) -> str:
    """A folder's name from the page's address: `listing-c-lamps`."""
    parts = urlsplit(request.url)
    words = re.findall(r"[A-Za-z0-9]+", f"{request.page_type} {parts.path} {parts.query}".lower())
    return "-".join(words)[:60].strip("-") or "first-page"


def save_case(loaded: LoadedSource, report: PageReport, name: str) -> Path:
    """Writes page and expectation; what stood there under that name is replaced."""
    folder = loaded.folder / FOLDER / loaded.source.source / name
    save_page(folder, report.page)
    write_expected(folder, expected_of(report))
    return folder


def write_expected(folder: Path, expected: Mapping[str, Any]) -> None:
    text = json.dumps(json.loads(plain_json(expected)), indent=2, ensure_ascii=False)
    (folder / EXPECTED).write_text(text + "\n", "utf-8")


def read_case(loaded: LoadedSource, scraper: Scraper, case: Case) -> dict[str, Any]:
    """What the source makes of the page today, as expected.json would hold it. No network is touched."""
    report = read_page(loaded, scraper, load_page(case.folder))
    actual: dict[str, Any] = json.loads(plain_json(expected_of(report)))
    return actual


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[str]:
    """One line a field that differs: `rows[3].price: expected "12.50", got null`."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in dict.fromkeys([*expected, *actual]):
            yield from differences(expected.get(key), actual.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _list_differences(expected, actual, path)
    elif expected != actual:
        yield f"{path}: expected {plain_json(expected)}, got {plain_json(actual)}"


def _list_differences(expected: list[Any], actual: list[Any], path: str) -> Iterator[str]:
    """Entries that moved are compared with their like: one row more at the top is one difference, not a hundred."""
    before, after = [plain_json(each) for each in expected], [plain_json(each) for each in actual]
    for kind, start, end, first, last in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        both = min(end - start, last - first)
        for offset in range(both):
            yield from differences(expected[start + offset], actual[first + offset], f"{path}[{start + offset}]")
        for number in range(start + both, end):
            yield f"{path}[{number}]: expected {_cut(before[number])}, and there is none"
        for number in range(first + both, last):
            yield f"{path}[{number}]: not expected, got {_cut(after[number])}"


def _cut(text: str, length: int = 200) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
