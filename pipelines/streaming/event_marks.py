"""What the run of an event leaves in its folder, so that nothing is done or told twice: its end, and that it is told.

The folder itself is locked: a file for that would be one more for each event.

`ended.json` holds the completion events of its executions, or, of runs that ended together, run id -> those of each;
`told` is there when they have been published.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence

import orjson

from pipelines.streaming.shared_marks import write_shared
from schemas.events.event import Event
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = [
    "AtWorkElsewhere",
    "alone",
    "is_told",
    "is_untouched",
    "read_ended",
    "run_id_of",
    "write_ended",
    "write_ended_together",
    "write_told",
]

_ENDED = "ended.json"
_TOLD = "told"


class AtWorkElsewhere(Exception):
    """Another process works on the same event."""


def run_id_of(event: Event) -> str:
    """The run of an event: the same whenever it comes, so that its executions have the same ids."""
    return f"event-{event.key}"


@contextlib.contextmanager
def alone(layout: OutputLayout) -> Iterator[None]:
    """Only one process works on a run; the lock dies with it. On a filesystem that is not local nobody is kept out.

    Raises:
      AtWorkElsewhere
    """
    if not filesystem.is_local(layout.root):
        yield
        return
    os.makedirs(layout.run, exist_ok=True)
    folder = os.open(layout.run, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AtWorkElsewhere from None
        yield
    finally:
        os.close(folder)


def read_ended(layout: OutputLayout) -> list[Event] | None:
    """The completion events of a run that has ended; None when it has not."""
    path = f"{layout.run}/{_ENDED}"
    if not filesystem.exists(path):
        return None
    with filesystem.open_to_read(path) as file:
        said = orjson.loads(file.read())
    done = said[layout.run_id] if isinstance(said, dict) else said
    return [Event(**one) for one in done]


def write_ended(layout: OutputLayout, done: Sequence[Event]) -> None:
    """The run has ended."""
    filesystem.write_whole(f"{layout.run}/{_ENDED}", orjson.dumps(list(done)))


def write_ended_together(done: Mapping[OutputLayout, Sequence[Event]]) -> dict[OutputLayout, OSError]:
    """Runs of a group have ended, each with its completion events; gives those that have not, and why."""
    paths = {f"{layout.run}/{_ENDED}": layout for layout in done}
    failed = write_shared({path: (layout.run_id, done[layout]) for path, layout in paths.items()}, _by_run)
    return {paths[path]: error for path, error in failed.items()}


def _by_run(parts: Sequence[tuple[str, Sequence[Event]]]) -> bytes:
    return orjson.dumps({run_id: list(events) for run_id, events in parts})


def is_untouched(layout: OutputLayout) -> bool:
    """Whether nothing was ever written for a run that this process has to itself; False also: that is not known."""
    return filesystem.is_local(layout.root) and not os.listdir(layout.run)


def is_told(layout: OutputLayout) -> bool:
    """Whether its completion events have been published."""
    return filesystem.exists(f"{layout.run}/{_TOLD}")


def write_told(layout: OutputLayout) -> None:
    """Its completion events have been published."""
    told = f"{layout.run}/{_TOLD}"
    with contextlib.suppress(FileExistsError):
        if filesystem.is_local(told):
            os.link(f"{layout.run}/{_ENDED}", told)  # a new name costs a thirtieth of a new file
        else:
            filesystem.create(told).close()
