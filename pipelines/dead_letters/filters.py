"""Which dead letters are meant: filters that find nothing because of a slip of the pen are mistakes."""

import dataclasses
import datetime
import difflib
from collections.abc import Iterable

from pipelines.dead_letters.lines import Line, Lines, LineStatus
from schemas.reasons import Dead

__all__ = ["Filters", "WrongFilter"]


class WrongFilter(ValueError):
    """A filter names what there is not; the text says what there is."""


@dataclasses.dataclass(frozen=True, slots=True)
class Filters:
    """What a letter must be; empty for whatever. Times in Unix seconds, of the newest failure.

    Attributes:
      since, until: from this moment on, and before this one.
      executions: ids, or beginnings of ids.
    """

    reasons: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    statuses: tuple[LineStatus, ...] = ("open",)
    since: float = float("-inf")
    until: float = float("inf")
    executions: tuple[str, ...] = ()

    def check(self, lines: Lines) -> None:
        """Raises WrongFilter for what no letter could ever be."""
        for reason in self.reasons:
            _check("--reason", reason, [str(known) for known in Dead])
        known = {line.source for line in lines.by_id.values()}
        for source in self.sources:
            _check("--source", source, sorted(known), "no letter is of source")
        there = {one for line in lines.by_id.values() for one in line.executions}
        for execution in self.executions:
            if not any(one.startswith(execution) for one in there):
                raise WrongFilter(f"--execution: no letter is of execution {execution}")

    def chosen(self, lines: Iterable[Line], *, any_status: bool = False) -> list[Line]:
        """The lines that are meant, newest failure first."""
        found = [line for line in lines if self._means(line, any_status)]
        found.sort(key=lambda line: (line.failed_at, line.letter_id), reverse=True)
        return found

    def _means(self, line: Line, any_status: bool) -> bool:
        return (
            (any_status or line.status in self.statuses)
            and (not self.reasons or line.reason in self.reasons)
            and (not self.sources or line.source in self.sources)
            and (not self.stages or line.stage in self.stages)
            and self.since * 1e6 <= line.failed_at < self.until * 1e6
            and (not self.executions or any(_is_of(line, execution) for execution in self.executions))
        )

    def words(self) -> list[str]:
        """The options that say the same, statuses left out."""
        options = {"--reason": self.reasons, "--source": self.sources, "--stage": self.stages}
        words = [word for option, values in options.items() for value in values for word in (option, value)]
        words += [word for execution in self.executions for word in ("--execution", execution)]
        for option, moment in (("--since", self.since), ("--until", self.until)):
            if abs(moment) != float("inf"):
                when = datetime.datetime.fromtimestamp(moment, datetime.UTC)
                words += [option, when.replace(tzinfo=None).isoformat()]
        return words


def _is_of(line: Line, execution: str) -> bool:
    return any(one.startswith(execution) for one in line.executions)


def _check(option: str, given: str, known: list[str], sentence: str = "there is no reason") -> None:
    if given in known:
        return
    near = difflib.get_close_matches(given, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(known) or 'none'}"
    raise WrongFilter(f"{option}: {sentence} {given!r}; {hint}")
