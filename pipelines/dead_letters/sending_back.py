"""How letters go back in: which request, fetched again or answered by its archived page, for which of its items."""

import dataclasses
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import orjson

from pipelines.dead_letters.lines import STAGES, Line, Lines
from pipelines.dead_letters.replay_files import SentBack, SentLetter
from pipelines.stores.store import Store
from schemas.ids import content_id
from schemas.page import ArchivePointer
from schemas.request import Request
from schemas.request_json import request_from_json
from scrapers.archive.warc_reader import NoPageError, read_at
from scrapers.source_files.loaded import LoadedSource
from scrapers.source_files.sitemaps import SITEMAP
from transforms import filesystem

__all__ = ["ITEM_STAGES", "Refused", "SendingBack", "execution_of"]

ITEM_STAGES = ("validate", "write")
_COLUMNS = (
    "letter_id", "stage", "reason", "request", "execution_id", "archive_file", "archive_offset", "archive_digest",
)  # fmt: skip
_HASHED = re.compile(rb'"blake2b:[0-9a-f]{32}"')  # schemas.row_rules.hash_personal


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """Letters of one request that cannot go back, and why."""

    letters: tuple[Line, ...]
    why: str


def execution_of(run_id: str, source: str, root: str) -> str:
    """The execution in which one run replays the letters of another execution."""
    return content_id("execution", run_id, source, root)


class SendingBack:
    """Makes requests of letters.

    Several letters of one request go back as one; where one of them died earlier on the way than the others, there.
    Those of a fetch are fetched. All others are answered by their archived page, where there is one: a page that did
    not parse with all that it has, refused items and rows without what else the page brought.

    Args:
      lines: all of the store.
      chosen: those that go back.
      run_id: of the replay.
      sources: of today, all that letters are of.
      fetch: pages are fetched although the archive has them.
    """

    def __init__(
        self,
        store: Store,
        lines: Lines,
        chosen: Sequence[Line],
        run_id: str,
        sources: Mapping[str, LoadedSource],
        *,
        fetch: bool = False,
    ) -> None:
        self._store, self._lines, self._run_id, self._fetch = store, lines, run_id, fetch
        self._types = {name: {SITEMAP, *loaded.source.page_types()} for name, loaded in sources.items()}
        self._groups: dict[str, list[Line]] = {}
        for line in chosen:
            self._groups.setdefault(line.request_id, []).append(line)
        self._leads = {}
        for group in self._groups.values():
            lead = min(group, key=lambda line: (_stage(line), -line.failed_at))
            self._leads[lead.letter_id] = lead
        self._items_left = Counter(
            line.request_id
            for line in lines
            if line.stage in ITEM_STAGES and line.status in ("open", "failed_again") and line.request_id in self._groups
        )
        self._files: dict[str, bool] = {}

    def __iter__(self) -> Iterator[SentBack | Refused]:
        """Each request once, one in memory at a time."""
        done: set[str] = set()
        for batch in self._store.letters(_COLUMNS):
            for record in batch.to_pylist():
                lead = self._leads.get(record["letter_id"])
                if lead is None or record["execution_id"] != lead.execution_id or lead.letter_id in done:
                    continue
                done.add(lead.letter_id)
                yield self._sent(lead, record)

    def _sent(self, lead: Line, record: dict[str, Any]) -> SentBack | Refused:
        group = self._groups[lead.request_id]
        try:
            request = request_from_json(record["request"])
        except ValueError as error:
            return Refused(tuple(group), str(error))
        if why := _why_not(request, record, self._types[lead.source]):
            return Refused(tuple(group), why)
        archived = self._archived(record) if lead.stage != "scrape" else None
        if lead.stage == "write":
            found = self._as_archived(request, archived)
            if found is None:
                return Refused(tuple(group), "its page is not in the archive, and only that knows the whole request")
            request = found
        root = self._lines.roots.get(lead.execution_id, lead.execution_id)
        execution_id = execution_of(self._run_id, lead.source, root)
        items_only = lead.stage in ITEM_STAGES
        return SentBack(
            dataclasses.replace(request, execution_id=execution_id, request_id=lead.request_id),
            tuple([SentLetter(line.letter_id, line.item_number, line.first_failed_at) for line in group]),
            None if self._fetch else archived,
            items_only,
            self._items_left[lead.request_id] if items_only else 0,
        )

    def _archived(self, record: dict[str, Any]) -> ArchivePointer | None:
        """Where the letter's page is, if its file is still there."""
        name, offset = record["archive_file"], record["archive_offset"]
        if not name or offset is None:
            return None
        if name not in self._files:
            self._files[name] = filesystem.exists(f"{self._store.archive}/{name}")
        return ArchivePointer(name, offset, record["archive_digest"] or "") if self._files[name] else None

    def _as_archived(self, request: Request, archived: ArchivePointer | None) -> Request | None:
        """The request as its page's record has it: a table's refusal knows less of it."""
        if archived is None:
            return None
        try:
            found = read_at(f"{self._store.archive}/{archived.file}", archived.offset, filesystem.open_to_read).request
        except (NoPageError, OSError):
            return None
        return found if found.source == request.source else None


def _stage(line: Line) -> int:
    return STAGES.index(line.stage)


def _why_not(request: Request, record: dict[str, Any], page_types: Collection[str]) -> str:
    """Why a letter's request cannot be made again; empty when it can."""
    if not request.url:
        if record["stage"] == "parse" and record["archive_file"]:
            return "it is a broken record of the archive, whose request nobody knows"
        return "it stands for seeds that could not be read: run the source again"
    if request.page_type not in page_types:
        return f"today's source has no page type {request.page_type!r}"
    if request.item is not None and _HASHED.search(orjson.dumps(request.item, default=str)):
        return "its carried item has a personal value that only its hash was kept of: run the source again"
    return ""
