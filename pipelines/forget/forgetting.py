"""Finds what is left of a subject in an output, and removes it: archived pages first, dead letters, rows last.

Rows lead to the pages, so until they are gone the same command can be given again, whatever it broke off at.
"""

import dataclasses
import functools
import json
import posixpath
from collections.abc import Iterable, Sequence

from pipelines.forget.erasure import Erasure, erase, finish_earlier, planned
from pipelines.forget.folder_records import FolderRecords
from pipelines.forget.held_pages import HeldPages
from pipelines.forget.holds import check_free
from pipelines.forget.records import FoundLetters, FoundRows, NotYet, Pointer, Records
from pipelines.forget.subject import Subject, parse_keys
from pipelines.personal_key import personal_hash_key
from pipelines.places import Places
from pipelines.resume import FORGOTTEN
from scrapers.archive.tombstones import CannotReplace
from scrapers.extraction.scraper import reader
from scrapers.source_files.load import SourceSet
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["Found", "find", "remove"]

_WARC = (".warc", ".warc.gz", ".warc.zst")


@dataclasses.dataclass(slots=True)
class Found:
    """What there is of a subject, and what cannot be removed.

    Attributes:
      erasures: of archive files.
      pages: how many are in them.
      others: rows of others that came from those pages.
      missing: archive files that rows point to and that are not there.
      kept: sentences about archive files that cannot be changed.
      unread: pages that could not be parsed; their text was looked through for the values.
    """

    source: str
    subjects: list[Subject]
    rows: FoundRows
    letters: FoundLetters = dataclasses.field(default_factory=FoundLetters)
    erasures: list[Erasure] = dataclasses.field(default_factory=list)
    pages: int = 0
    others: int = 0
    missing: list[str] = dataclasses.field(default_factory=list)
    kept: list[str] = dataclasses.field(default_factory=list)
    unread: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing of the subject."""
        return not (self.rows.by_table or self.letters.ids or self.pages or self.missing or self.kept)


def find(sources: SourceSet, source: str, keys: Sequence[str], where: Places, archive: str) -> Found:
    """What there is of a subject in rows, dead letters and archive; changes nothing but what a crash left undone.

    Raises:
      Held, NoSuchColumn
    """
    check_free(where.folder)
    finish_earlier(_notes(where))
    hash_key = personal_hash_key()
    subjects = parse_keys(keys, list(sources[source].tables.values()), hash_key)
    records = _records(where)
    found = Found(source, subjects, records.rows(source, subjects))
    letters = records.letters(source, subjects, ())
    pages = HeldPages(source, subjects, reader(sources), hash_key)
    gone = _find_pages(found, pages, found.rows.pages | letters.pages, where, archive)
    found.unread = pages.unread
    found.letters = records.letters(source, subjects, gone)
    found.others = records.others(source, subjects, gone)
    return found


def remove(found: Found, where: Places) -> list[str]:
    """Removes what was found; gives the files and tables that were changed. Given again, it goes on where it was.

    Raises:
      NotYet: rows of a warehouse cannot be removed yet; all else is.
    """
    note = erase(_notes(where), found.erasures)
    changed = [erasure.path for erasure in found.erasures]
    _keep_from_resuming(changed, where)
    records = _records(where)
    changed += _leftovers(found, where)
    later = []
    for work in (
        functools.partial(records.remove_letters, found.letters.ids),
        functools.partial(records.remove_rows, found.source, found.subjects),
    ):
        try:
            changed += work()
        except NotYet as error:
            later.append(str(error))
    if note:
        filesystem.remove([note])
    if later:
        raise NotYet("; ".join(later))
    return changed


def _find_pages(found: Found, pages: HeldPages, pointers: set[Pointer], where: Places, archive: str) -> set[Pointer]:
    """Plans what must be taken out of which file; gives all pages that hold the subject."""
    gone: set[Pointer] = set()
    names = set()
    for path in [*_archive_files(archive), *_unfinished(where)]:
        name = _final_name(path)
        names.add(name)
        offsets = {page.archived.offset for page in pages.in_file(path, _in(name, pointers)) if page.archived}
        gone |= {(name, offset) for offset in offsets}
        if not offsets:
            continue
        try:
            found.erasures.append(planned(path, offsets))
            found.pages += len(offsets)
        except CannotReplace as error:
            found.kept.append(str(error))
    found.missing = sorted({file for file, _ in pointers} - names)
    return gone


def _in(name: str, pointers: Iterable[Pointer]) -> set[int]:
    return {offset for file, offset in pointers if file == name}


def _archive_files(archive: str) -> list[str]:
    return [path for path in filesystem.match(archive, "*") if path.endswith(_WARC)]


def _unfinished(where: Places) -> list[str]:
    """Archive files of runs that broke off: who resumes them reads them."""
    return filesystem.match(f"{where.folder}/.scrapeline/runs", "*/attempt-*/archive__*.warc.gz")


def _final_name(path: str) -> str:
    return posixpath.basename(path).removeprefix("archive__")


def _leftovers(found: Found, where: Places) -> list[str]:
    """Removes what broken-off runs left: rows and letters that were never published, and what replays took along.

    A run that is resumed makes the former anew; a replay that would send the subject back is not resumed.
    """
    runs = f"{where.folder}/.scrapeline/runs"
    left = [path for kind in ("rows", "dead_letters") for path in filesystem.match(runs, f"*/attempt-*/{kind}__*")]
    for path in filesystem.match(runs, "*/replay/*.jsonl"):
        if _sends_back(path, found.subjects):
            folder = path.rpartition("/")[0]
            left += filesystem.match(folder, "*")
            _mark(OutputLayout(where.folder, folder.split("/")[-2], 1))
    filesystem.remove(left)
    return sorted(set(left))


def _sends_back(path: str, subjects: Sequence[Subject]) -> bool:
    with filesystem.open_to_read(path) as file:
        items = [json.loads(json.loads(line)["request"]).get("item") for line in file]
    return any(subject.has(item) for item in items for subject in subjects)


def _keep_from_resuming(changed: Iterable[str], where: Places) -> None:
    """A run that is resumed would fetch again what is not in its archive."""
    for path in changed:
        run_id = _final_name(path).rpartition("-")[0].rpartition("-a")[0]
        if run_id:
            _mark(OutputLayout(where.folder, run_id, 1))


def _mark(layout: OutputLayout) -> None:
    mark = f"{layout.run}/{FORGOTTEN}"
    if filesystem.match(layout.run, "attempt-*-plan.json") and not filesystem.exists(mark):
        filesystem.write_whole(mark, b"")


def _notes(where: Places) -> str:
    return f"{where.folder}/.scrapeline/forget"


def _records(where: Places) -> Records:
    if where.warehouse is None:
        return FolderRecords(where.folder)
    from pipelines.forget.warehouse_records import WarehouseRecords  # Google's client takes its time to import

    return WarehouseRecords(where.warehouse, where)
