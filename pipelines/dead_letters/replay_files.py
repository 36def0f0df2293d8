"""What a replay takes along beside its plan: the requests to send back, and which rows are there already.

One folder: EXECUTION.jsonl for each execution (a request a line), EXECUTION.npz (row keys), `about.json`.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any, Self

import orjson

from schemas.page import ArchivePointer
from schemas.request import Request
from schemas.request_json import request_from_json, request_to_json
from transforms import filesystem

__all__ = ["ABOUT", "About", "SentBack", "SentLetter", "read_about", "read_sent", "requests_file", "rows_file"]

ABOUT = "about.json"


@dataclasses.dataclass(frozen=True, slots=True)
class SentLetter:
    """A letter that goes back.

    Attributes:
      item_number: None for a whole request.
      first_failed_at: Unix microseconds.
    """

    letter_id: str
    item_number: int | None
    first_failed_at: int


@dataclasses.dataclass(frozen=True, slots=True)
class SentBack:
    """A request that goes back, for one or several letters.

    Attributes:
      request: with its old id, in the execution that replays it.
      archived: the page that is parsed again; None: it is fetched.
      items_only: its letters are of items, and what else the page brought is there: it is not followed again.
      items_left: of such a page, how many of its items are letters still, those of this replay among them.
    """

    request: Request
    letters: tuple[SentLetter, ...]
    archived: ArchivePointer | None = None
    items_only: bool = False
    items_left: int = 0

    def to_line(self) -> bytes:
        """One line of JSON."""
        record: dict[str, Any] = {
            "request": request_to_json(self.request),
            "letters": [dataclasses.astuple(letter) for letter in self.letters],
        }
        if self.archived is not None:
            record["archived"] = dataclasses.astuple(self.archived)
        if self.items_only:
            record["items_left"] = self.items_left
        return orjson.dumps(record) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """What `to_line` wrote."""
        record = orjson.loads(line)
        return cls(
            request_from_json(record["request"]),
            tuple([SentLetter(*letter) for letter in record["letters"]]),
            ArchivePointer(*record["archived"]) if "archived" in record else None,
            "items_left" in record,
            record.get("items_left", 0),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class About:
    """What all requests of one execution share.

    Attributes:
      root: the execution that their ids were made in: what they lead to is known by ids made in it, too.
      runs: whose archives hold what has been fetched of it.
      requests: how many there are.
    """

    source: str
    root: str
    runs: tuple[str, ...]
    requests: int


def requests_file(folder: str, execution_id: str) -> str:
    """Where the requests of an execution stand."""
    return f"{folder}/{execution_id}.jsonl"


def rows_file(folder: str, execution_id: str) -> str:
    """Where the keys of the rows that are there stand."""
    return f"{folder}/{execution_id}.npz"


def read_sent(folder: str, execution_id: str) -> Iterator[SentBack]:
    """The requests of an execution, one in memory at a time."""
    with filesystem.open_to_read(requests_file(folder, execution_id)) as file:
        for line in file:
            yield SentBack.from_line(line)


def about_json(about: Mapping[str, About]) -> bytes:
    """What `read_about` reads."""
    return json.dumps({execution_id: dataclasses.asdict(one) for execution_id, one in about.items()}).encode()


def read_about(folder: str) -> dict[str, About]:
    """Execution -> what its requests share.

    Raises:
      FileNotFoundError: there is no replay.
    """
    with filesystem.open_to_read(f"{folder}/{ABOUT}") as file:
        found = json.load(file)
    return {
        execution_id: About(one["source"], one["root"], tuple(one["runs"]), one["requests"])
        for execution_id, one in found.items()
    }
