"""All that is known of one dead letter."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from pipelines.dead_letters.advice import advice
from pipelines.dead_letters.field_today import field_today
from pipelines.dead_letters.lines import Line, Lines, Replayed
from pipelines.dead_letters.listing import when
from pipelines.stores.store import Store
from schemas.page import Page
from scrapers.archive.warc_reader import NoPageError, read_at
from scrapers.source_files.loaded import LoadedSource
from transforms import filesystem

__all__ = ["NoArchivedPage", "OneLetter", "Problem", "archived_page", "one_letter"]

_TEXTS = ("item", "request", "event")


class NoArchivedPage(ValueError):
    """The letter's page is not there; the text says why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """A bad field: what it broke, and what the source says of it today (empty: no source file, or no such field).

    Attributes:
      place: file and line of that.
    """

    field: str
    rule: str
    message: str
    value: str
    today: str = ""
    place: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class OneLetter:
    """A letter and what belongs to it.

    Attributes:
      line: what is looked after: this letter, or the one that its failure goes on as.
      record: as the store has it, of DEAD_LETTER_SCHEMA; JSON texts read.
      run_id: of its execution; empty when that is not in the log.
      replays: of it and of those that its failure went on as, oldest first.
      changed: whether the source file has changed since; None when nobody can tell.
      next_step: what to do.
    """

    line: Line
    record: dict[str, Any]
    run_id: str
    problems: tuple[Problem, ...]
    replays: tuple[Replayed, ...]
    changed: bool | None
    next_step: str

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            **self.record,
            "status": self.line.status,
            "goes_on_as": self.line.letter_id if self.line.letter_id != self.record["letter_id"] else None,
            "run_id": self.run_id,
            "problems": [dataclasses.asdict(problem) for problem in self.problems],
            "replays": [{**dataclasses.asdict(one), "replayed_at": when(one.replayed_at)} for one in self.replays],
            "source_changed_since": self.changed,
            "next_step": self.next_step,
        }


def one_letter(store: Store, lines: Lines, letter: Line, loaded: LoadedSource | None) -> OneLetter:
    """Reads a letter: its newest record, where there are several.

    Args:
      loaded: its source of today; None when there is none.
    """
    record = _record(store, letter)
    for name in _TEXTS:
        record[name] = _read(record[name])
    page_type = record["page_type"] or ""
    problems = [_problem(told, loaded, page_type) for told in _read(record.pop("problems")) or ()]
    ids, line = {letter.letter_id}, lines.current(letter.letter_id)
    replays = []
    for one in lines.replays:
        if one.letter_id in ids:
            replays.append(one)
            ids.add(one.new_letter_id)
    version = record["scraper_version"]
    return OneLetter(
        line,
        record,
        lines.runs.get(letter.execution_id, ""),
        tuple(problems),
        tuple(replays),
        version != loaded.digest if loaded is not None and version else None,
        advice(letter.reason),
    )


def _record(store: Store, letter: Line) -> dict[str, Any]:
    for batch in store.letters():
        for place, letter_id in enumerate(batch.column("letter_id").to_pylist()):
            if letter_id == letter.letter_id:
                record: dict[str, Any] = batch.slice(place, 1).to_pylist()[0]
                if record["execution_id"] == letter.execution_id:
                    return record
    raise LookupError(f"dead letter {letter.letter_id} is gone since it was found")


def _problem(told: Mapping[str, str], loaded: LoadedSource | None, page_type: str) -> Problem:
    problem = Problem(told["field"], told["rule"], told["message"], told["value"])
    today = field_today(loaded, page_type, problem.field) if loaded is not None else None
    return problem if today is None else dataclasses.replace(problem, today=today.rule, place=today.place)


def _read(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text


def archived_page(store: Store, record: Mapping[str, Any]) -> Page:
    """The page of a letter.

    Raises:
      NoArchivedPage
    """
    if not record["archive_file"] or record["archive_offset"] is None:
        raise NoArchivedPage("no page of this letter was archived: none came, or none was kept")
    path = f"{store.archive}/{record['archive_file']}"
    try:
        return read_at(path, record["archive_offset"], filesystem.open_to_read)
    except (NoPageError, OSError) as error:
        raise NoArchivedPage(f"its page cannot be read from the archive: {error}") from error
