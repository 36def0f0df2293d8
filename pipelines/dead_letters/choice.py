"""Which letters go back, and how: told before anything is done."""

from collections import Counter
from collections.abc import Iterable, Sequence

from pipelines.dead_letters.filters import Filters
from pipelines.dead_letters.lines import Line, Lines
from pipelines.dead_letters.replay_files import SentBack
from pipelines.dead_letters.sending_back import Refused

__all__ = ["Ways", "choose"]

_AS_ITEMS = "parse its archived page for the refused items"
_AS_PAGE = "parse its archived page, fetch what that leads to"
_FETCH = "fetch"
_FETCH_INSTEAD = "fetch: its page is not in the archive"


def choose(lines: Lines, ids: Sequence[str], filters: Filters, most: int | None) -> tuple[list[Line], list[Line]]:
    """(letters that go back, those named by id that stay, for they have another status).

    Args:
      ids: beginnings of ids; without any, the filters choose.
      most: letters; those that failed first go first. None for all.

    Raises:
      NoSuchLetter
    """
    if not ids:
        found = [line for line in filters.chosen(lines) if line.can_go_back]
        chosen = sorted(found, key=lambda line: (line.first_failed_at, line.letter_id))
        return chosen[:most], []
    named = list(dict.fromkeys(lines.current(lines.find(one).letter_id).letter_id for one in ids))
    going = [line for line in map(lines.by_id.__getitem__, named) if _goes(line, filters)]
    staying = [line for line in map(lines.by_id.__getitem__, named) if not _goes(line, filters)]
    return going[:most], staying


def _goes(line: Line, filters: Filters) -> bool:
    return line.can_go_back and line.status in filters.statuses


class Ways:
    """Counts how letters go back.

    Args:
      fetch: whatever the archive has.
    """

    def __init__(self, lines: Lines, *, fetch: bool = False) -> None:
        self._lines, self._fetch = lines, fetch
        self.requests = self.fetched = self.letters = 0
        self._ways: Counter[tuple[str, str, str]] = Counter()
        self.refused: list[tuple[Line, str]] = []

    def of(self, sent: Iterable[SentBack | Refused]) -> "Ways":
        """Takes in all of them."""
        for one in sent:
            if isinstance(one, Refused):
                self.refused += [(line, one.why) for line in one.letters]
            else:
                self._add(one)
        return self

    def _add(self, one: SentBack) -> None:
        self.requests += 1
        self.fetched += one.archived is None
        self.letters += len(one.letters)
        for letter in one.letters:
            line = self._lines.by_id[letter.letter_id]
            self._ways[line.source, line.reason, self._way(one, line)] += 1

    def _way(self, one: SentBack, line: Line) -> str:
        if one.archived is not None:
            return _AS_ITEMS if one.items_only else _AS_PAGE
        return _FETCH if line.stage == "scrape" or self._fetch else _FETCH_INSTEAD

    def table(self) -> tuple[tuple[str, ...], list[list[str]]]:
        """Headings and cells: a line for each source, reason and way."""
        rows = [[*name, str(count)] for name, count in sorted(self._ways.items())]
        return ("source", "reason", "goes back as", "letters"), rows

    def sentence(self) -> str:
        """How many there are.

        Follow-ups are not known before.
        """
        archived = self.requests - self.fetched
        return (
            f"{_many(self.letters, 'letter')} of {_many(self.requests, 'request')}: "
            f"{self.fetched} fetched, {archived} answered from the archive"
        )


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
