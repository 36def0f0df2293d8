"""One dead letter in words: what broke, where it stands, what has been tried, what to do."""

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.dead_letters.lines import Replayed
from pipelines.dead_letters.listing import when
from pipelines.dead_letters.one_letter import OneLetter, Problem

__all__ = ["letter_text"]

ITEM_CHARACTERS = 4_000


def letter_text(letter: OneLetter, short_id: str, archive: str, place: Sequence[str]) -> Iterator[str]:
    """Lines of text.

    Args:
      archive: folder of the WARC files.
      place: the words of a command line that lead to this store.
    """
    record = letter.record
    yield f"{record['reason']} at {record['stage']}: {record['message'] or '(no message)'}"
    yield from _told(_head(letter))
    for problem in letter.problems:
        yield from _problem(problem, letter.changed)
    for name in ("item", "request", "event"):
        if record[name] is not None:
            yield from ("", name, _indented(record[name]))
    yield from _page(record, archive, shlex.join(["scrapeline", "dead-letters", "show", short_id, *place]))
    if record["traceback"]:
        yield from ("", "traceback", *(f"  {line}" for line in record["traceback"].strip().splitlines()))
    if letter.replays:
        yield from ("", "replays", *map(_replay, letter.replays))
    if letter.line.status != "recovered":
        yield from ("", f"next: {letter.next_step}" if letter.next_step else "next:")
    if letter.line.can_go_back:
        yield f"  {shlex.join(['scrapeline', 'dead-letters', 'replay', short_id, *place])}"


def _told(pairs: dict[str, str]) -> Iterator[str]:
    width = max(map(len, pairs)) + 2
    yield from (f"  {name:{width}}{value}" for name, value in pairs.items() if value)


def _head(letter: OneLetter) -> dict[str, str]:
    record, line = letter.record, letter.line
    goes_on = f"; it goes on as {line.letter_id}" if line.letter_id != record["letter_id"] else ""
    item = f", item {record['item_number']} of its page (from 0)" if record["item_number"] is not None else ""
    status = f" (HTTP {record['status']})" if record["status"] is not None else ""
    run = f", run {letter.run_id}" if letter.run_id else ""
    failed, first = _moment(record["failed_at"]), when(line.first_failed_at)
    return {
        "letter": record["letter_id"],
        "status": line.status.replace("_", " ") + goes_on,
        "source": record["source"] + (f", page type {record['page_type']}" if record["page_type"] else "") + item,
        "page": f"{record['url'] or '(no URL)'}{status}",
        "failed": failed + (f", first {first}" if first != failed else ""),
        "attempts": str(record["attempts"]),
        "execution": f"{record['execution_id']}{run}",
    }


def _problem(problem: Problem, changed: bool | None) -> Iterator[str]:
    since = {True: " (the source has changed since)", False: " (the source has not changed since)"}
    yield ""
    yield f"field {problem.field}"
    yield from _told(
        {
            "expected": problem.message,
            "rule": problem.rule,
            "value": problem.value or "(nothing)",
            "today": f"{problem.today}{since.get(bool(changed), '') if changed is not None else ''}",
            "in": problem.place if problem.today else "",
        }
    )


def _page(record: dict[str, Any], archive: str, show: str) -> Iterator[str]:
    yield from ("", "archived page")
    if not record["archive_file"]:
        yield "  none: no page came, or none was kept"
        return
    yield f"  {archive}/{record['archive_file']} at byte {record['archive_offset']}"
    yield f"  {show} --html page.html"
    if record["screenshot"]:
        yield f"  {show} --screenshot page.jpg"


def _replay(one: Replayed) -> str:
    why = f" ({one.reason})" if one.reason else ""
    new = f", now letter {one.new_letter_id}" if one.new_letter_id and one.new_letter_id != one.letter_id else ""
    return f"  {when(one.replayed_at)}  {one.outcome.replace('_', ' ')}{why}{new}, execution {one.execution_id}"


def _indented(value: Any) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if len(text) > ITEM_CHARACTERS:
        text = f"{text[:ITEM_CHARACTERS]}\n... ({len(text)} characters; --json has them all)"
    return "\n".join(f"  {line}" for line in text.splitlines())


def _moment(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if value is not None else "(unknown)"
