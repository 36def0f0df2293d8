"""Dead letters of events: one that was not taken, and a completion event that could not be published."""

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from pipelines.places import Places
from schemas.dead_letter import DeadLetter
from schemas.dead_letter_table import DEAD_LETTER_SCHEMA, letter_record
from schemas.events.event import Event, Malformed, original_text
from schemas.events.messages import attributes_of, data_of
from schemas.ids import content_id
from schemas.json_lines import json_lines
from schemas.reasons import Dead
from schemas.request import Request
from transforms import filesystem
from transforms.letter_files import LetterFile
from transforms.output_layout import OutputLayout

__all__ = ["EventLetters", "letter_of_event", "letter_of_publishing"]


def letter_of_event(why: Malformed, original: str, attempts: int, now: float) -> DeadLetter:
    """The letter of an event that is not worked on, or of one source that it names.

    Args:
      original: the event as it came (`original_text`).
      now: Unix seconds.
    """
    request = Request(why.source, "", why.key, request_id=content_id("event", why.key, why.source))
    return DeadLetter("event", why.reason, request, str(why), attempts=attempts, failed_at=now, event=original)


def letter_of_publishing(event: Event, error: Exception, attempts: int, now: float) -> DeadLetter:
    """The letter of a completion event that nobody got; the rows that it tells of are there."""
    execution_id = str(event.data["execution_id"])
    request = Request(str(event.data["scraper_name"]), "", execution_id, request_id=content_id("publish", event.key))
    letter = DeadLetter.of_error("publish", Dead.NOT_PUBLISHED, request, error)
    letter.attempts, letter.failed_at = attempts, now
    letter.event = original_text(data_of(event), attributes_of(event))
    return letter


class EventLetters:
    """Writes such letters where all others are. A letter that is there already is not written again.

    Args:
      file_format: `parquet` or `jsonl`.
      redact: takes secrets out of texts.
    """

    def __init__(self, where: Places, file_format: str, redact: Callable[[str], str]) -> None:
        self._where = where
        self._file_format = "jsonl" if where.warehouse else file_format
        self.redact = redact

    def write(self, letter: DeadLetter) -> None:
        """Writes one. Raises OSError, WarehouseUnavailable, WarehouseRefused: it is not written."""
        record = letter_record(letter, redact=self.redact)
        if self._where.warehouse:
            self._insert(record)
            return
        layout = OutputLayout(self._where.folder, "event-letters", 1)
        final = layout.dead_letters_file(letter.request.execution_id, letter.letter_id, self._file_format)
        if filesystem.exists(final):
            return
        temporary = f"{layout.temporary(final)}-{filesystem.shard_name()}"
        file = LetterFile(letter.request.execution_id, temporary, final, lambda _: record)
        file.add(letter)
        file.close()
        try:
            filesystem.publish(temporary, final)
        except FileExistsError:
            if not filesystem.exists(final):  # else another process wrote the same
                raise

    def _insert(self, record: dict[str, Any]) -> None:
        from transforms.bigquery.connection import connect  # Google's client takes its time to import
        from transforms.bigquery.inserts import insert_rows

        assert self._where.warehouse is not None
        line = json_lines(pa.Table.from_pylist([record], schema=DEAD_LETTER_SCHEMA))
        refused = insert_rows(
            connect(self._where.warehouse.project),
            self._where.warehouse.place("dead_letters"),
            [(record["letter_id"], json.loads(bytes(line)))],
        )
        if refused:
            raise OSError(f"the table of dead letters refuses a letter: {refused[0].message}")
