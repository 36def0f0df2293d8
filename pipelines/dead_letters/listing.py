"""Dead letters as a list: the newest first, how many there are of what, and the command that replays them."""

import dataclasses
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pipelines.dead_letters.filters import Filters
from pipelines.dead_letters.lines import STATUSES, Line, Lines
from pipelines.stores.store import Store

__all__ = ["Listing", "counted", "list_letters", "table_of", "when"]

HEADINGS = ("id", "failed (UTC)", "source", "stage", "reason", "URL", "message")
_COLUMNS = ("letter_id", "execution_id", "page_type", "url", "message")
_MOST_CHARACTERS = {"URL": 100, "message": 120}


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """What a list says.

    Attributes:
      letters: newest failure first, at most as many as were asked for, made as they are taken; all values are JSON.
      listed: how many those are.
      total: how many there are.
      counts: reason -> status -> letters that the filters mean, whatever their status.
      replayable: how many of them a replay has a place for.
      command: what replays those; empty for none.
    """

    letters: Iterator[dict[str, Any]]
    listed: int
    total: int
    counts: dict[str, dict[str, int]]
    replayable: int
    command: str


def list_letters(store: Store, lines: Lines, filters: Filters, most: int | None, place: Sequence[str]) -> Listing:
    """Lists what the filters mean.

    Args:
      most: letters listed; None for all.
      place: the words of a command line that lead to this store.
    """
    chosen = filters.chosen(lines)
    counts = Counter((line.reason, line.status) for line in filters.chosen(lines, any_status=True))
    by_reason: dict[str, dict[str, int]] = {}
    for (reason, status), count in counts.most_common():
        by_reason.setdefault(reason, {})[status] = count
    statuses = [status for status in filters.statuses if status != "recovered"]
    words = ["scrapeline", "dead-letters", "replay", *filters.words(), *place]
    words += [word for status in statuses for word in ("--status", status) if statuses != ["open"]]
    replayable = sum(line.can_go_back for line in chosen)
    shown, listed = _shown(store, lines, chosen[:most]), len(chosen[:most])
    return Listing(shown, listed, len(chosen), by_reason, replayable, shlex.join(words) if replayable else "")


def _shown(store: Store, lines: Lines, chosen: Sequence[Line]) -> Iterator[dict[str, Any]]:
    """The chosen with what is long in them, read in a second pass."""
    wanted = {(line.letter_id, line.execution_id) for line in chosen}
    found: dict[str, tuple[str, str, str]] = {}
    for batch in store.letters(_COLUMNS) if wanted else ():
        columns = [batch.column(name).to_pylist() for name in _COLUMNS]
        for letter_id, execution_id, *texts in zip(*columns, strict=True):
            if (letter_id, execution_id or "") in wanted:
                page_type, url, message = (text or "" for text in texts)
                found[letter_id] = page_type, url, message
    for line in chosen:
        page_type, url, message = found.get(line.letter_id, ("", "", ""))
        yield {
            "letter_id": line.letter_id,
            "short_id": lines.short(line.letter_id),
            "status": line.status,
            "failed_at": when(line.failed_at),
            "first_failed_at": when(line.first_failed_at),
            "source": line.source,
            "page_type": page_type,
            "stage": line.stage,
            "reason": line.reason,
            "url": url,
            "message": message,
            "item_number": line.item_number,
            "request_id": line.request_id,
            "execution_ids": list(line.executions),
        }


def when(microseconds: int) -> str:
    """A moment as ISO 8601 in UTC, to the second."""
    return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%Y-%m-%dT%H:%M:%SZ}"


def table_of(listing: Listing, statuses: Sequence[str]) -> tuple[tuple[str, ...], Iterator[list[str]]]:
    """Headings and cells for people; with a status where several are listed."""
    several = len(statuses) > 1
    rows = (_cells(letter, several) for letter in listing.letters)
    return ((*HEADINGS, "status") if several else HEADINGS), rows


def _cells(letter: dict[str, Any], with_status: bool) -> list[str]:
    failed = letter["failed_at"].replace("T", " ").removesuffix("Z")
    cells = [letter["short_id"], failed, letter["source"], letter["stage"], letter["reason"]]
    cells += [_cut(letter["url"], "URL"), _cut(letter["message"], "message")]
    return [*cells, letter["status"]] if with_status else cells


def counted(listing: Listing) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of the counts: a line for each reason, a column for each status that there is."""
    there = [status for status in STATUSES if any(status in counts for counts in listing.counts.values())]
    rows = [[reason, *(str(counts.get(status, 0)) for status in there)] for reason, counts in listing.counts.items()]
    return ["reason", *(status.replace("_", " ") for status in there)], rows


def _cut(text: str, heading: str) -> str:
    text, most = " ".join(text.split()), _MOST_CHARACTERS[heading]
    return text if len(text) <= most else f"{text[: most - 1]}…"
