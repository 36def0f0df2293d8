"""What the process that works on events and those that read raw output for it tell each other."""

import dataclasses
from collections.abc import Sequence

from pipelines.places import Places
from schemas.events.event import Event

__all__ = ["READY", "Group", "Place", "Sources"]

READY = "ready"


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a worker writes to, and how (`EventRuns`): it is told first."""

    where: Places
    file_format: str
    bigquery_method: str


@dataclasses.dataclass(frozen=True, slots=True)
class Sources:
    """The sources that a group is worked on with.

    Attributes:
      bundle: path of the packed folder.
      names: of those that take raw output.
    """

    bundle: str
    digest: str
    git_commit: str
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Events that are worked on together.

    Attributes:
      asked: events, each with the source that it leads to.
      hidden: what must stand in no letter.
    """

    asked: Sequence[tuple[Event, str]]
    sources: Sources
    hidden: tuple[str, ...]
