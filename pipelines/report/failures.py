"""The newest failures, each with what was wrong, how the page looked, and the commands that go on from there."""

import dataclasses
import json
import shlex
from collections.abc import Sequence
from typing import Any

from pipelines.report.pictures import Pictures

__all__ = ["Failure", "failures"]

PROBLEMS = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Failure:
    """One letter, for those like it.

    Attributes:
      letter: as the query newest_failures gives it.
      problems: field, rule, message and value, at most PROBLEMS of them; `more_problems` are left out.
      picture: `data:` URL; empty for none.
      where: the page's place in the archive, empty for none.
      commands: what they do -> how to type them.
    """

    letter: dict[str, Any]
    problems: Sequence[dict[str, str]]
    more_problems: int
    picture: str
    where: str
    commands: dict[str, str]


def failures(letters: list[dict[str, Any]], where: str, pictures: Pictures) -> list[Failure]:
    """One for each letter.

    Args:
      where: the options that name the output.
    """
    return [_failure(letter, where, pictures) for letter in letters]


def _failure(letter: dict[str, Any], where: str, pictures: Pictures) -> Failure:
    problems = _problems(letter["problems"])
    place, name = letter["archive_file"], shlex.quote(letter["letter_id"])
    again = "" if letter["state"] == "open" else " --again"
    return Failure(
        letter,
        problems[:PROBLEMS],
        max(len(problems) - PROBLEMS, 0),
        pictures.at(letter["screenshot"], letter["screenshot_offset"]),
        f"{place} at byte {letter['archive_offset']}" if place else "",
        {
            "All about it": f"scrapeline dead-letters show {name} {where}",
            "Try it again": f"scrapeline dead-letters replay {name}{again} {where}",
        },
    )


def _problems(text: str | None) -> list[dict[str, str]]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    names = ("field", "rule", "message", "value")
    return [{name: str(one.get(name) or "") for name in names} for one in found if isinstance(one, dict)]
