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


def failures(letters: list[dict[str, Any]], output: str, pictures: Pictures) -> list[Failure]:
    """One for each letter.

    Args:
      output: as `--output` names it.
    """
    return [_failure(letter, output, pictures) for letter in letters]


def _failure(letter: dict[str, Any], output: str, pictures: Pictures) -> Failure:
    problems = _problems(letter["problems"])
    place = letter["archive_file"]
    return Failure(
        letter,
        problems[:PROBLEMS],
        max(len(problems) - PROBLEMS, 0),
        pictures.at(letter["screenshot"], letter["screenshot_offset"]),
        f"{place} at byte {letter['archive_offset']}" if place else "",
        {
            "All about it": _command("show", letter["letter_id"], output),
            "Try it again": _command("replay", letter["letter_id"], output),
        },
    )


def _command(verb: str, letter_id: str, output: str) -> str:
    return f"scrapeline dead-letters {verb} {shlex.quote(letter_id)} --output {shlex.quote(output)}"


def _problems(text: str | None) -> list[dict[str, str]]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    names = ("field", "rule", "message", "value")
    return [{name: str(one.get(name) or "") for name in names} for one in found if isinstance(one, dict)]
