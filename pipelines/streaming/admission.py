"""Decides what is done with an event: which of its sources run, which get a letter, and on which hosts it works."""

import dataclasses
import itertools
from collections.abc import Callable

from pipelines.streaming.generation import Generation
from pipelines.streaming.inbox import Taken
from pipelines.streaming.routes import Routes
from pipelines.streaming.wanted import NotWanted, source_of, specs_of
from schemas.events.event import Event, Malformed
from schemas.events.reading import Limits, expired, parse_event
from schemas.reasons import Dead
from scrapers.hosts import host_key
from scrapers.source_files.load import LoadedSource

__all__ = ["Admitted", "admit"]

MOST_CRASHES = 3
"""Of processes that were at work on an event. A page that kills has its own letter after two (`Suspects`), so the event
goes through then; what kills a third process is not a page."""
_MOST_SPECS = 10_000


@dataclasses.dataclass(slots=True, eq=False)
class Admitted:
    """An event that waits for its hosts.

    Attributes:
      event: None when all of it is a letter.
      names: its sources that run.
      letters: why the others, or all of it, do not.
      locks: what no other event of this process is worked on for meanwhile: the event and its seeds' registrable
        domains. It would only wait there (`SharedHosts`) and take up a slot.
      not_before: monotonic seconds.
      failures: how often working on it broke off in this process.
    """

    taken: Taken
    event: Event | None
    names: list[str] = dataclasses.field(default_factory=list)
    letters: list[Malformed] = dataclasses.field(default_factory=list)
    locks: tuple[str, ...] = ()
    not_before: float = 0.0
    failures: int = 0

    @property
    def is_raw(self) -> bool:
        """Whether it tells of raw output to be read: many such events are worked on together."""
        return self.event is not None and self.event.kind == "scraper.complete" and bool(self.names)

    def check_time(self, limits: Limits, has_begun: Callable[[Event], bool]) -> None:
        """Turns an event whose time has passed while it waited into a letter, unless its work had begun before that:
        its executions end with their rows, and what they had not begun yet has its letters (`Plan.deadline_at`)."""
        late = self.event and expired(self.event, limits)
        if self.event is not None and late and late.reason == Dead.EXPIRED and not has_begun(self.event):
            self.event, self.names, self.letters, self.locks = None, [], [late], ()


def admit(taken: Taken, generation: Generation, limits: Limits, has_begun: Callable[[Event], bool]) -> Admitted:
    """Reads an event and looks at what it asks for.

    Args:
      has_begun: whether somebody was at work on it before.
    """
    message_id, sent_at = taken.message_id, taken.sent_at
    event = parse_event(
        taken.data, taken.attributes, message_id=message_id, sent_at=sent_at, limits=limits, may_be_late=True
    )
    if isinstance(event, Malformed):
        return Admitted(taken, None, letters=[event])
    if (late := expired(event, limits)) and not has_begun(event):
        return Admitted(taken, None, letters=[late])
    if taken.crashes >= MOST_CRASHES:
        why = Malformed(Dead.POISON, f"{taken.crashes} processes died while they worked on it", "", event.key)
        return Admitted(taken, None, letters=[why])
    admitted = Admitted(taken, event)
    if event.kind == "scraper.complete":
        return _of_scraper(admitted, event, generation.routes)
    hosts: set[str] = set()
    for name in event.data["sources"]:
        try:
            hosts |= _hosts(event, source_of(event, name, generation.sources, generation.broken))
            admitted.names.append(name)
        except NotWanted as refused:
            admitted.letters.append(refused.why)
    admitted.locks = (*sorted(hosts), f"event {event.key}") if admitted.names else ()
    return admitted


def _of_scraper(admitted: Admitted, event: Event, routes: Routes) -> Admitted:
    """What a scraper elsewhere tells of: no host is asked for anything."""
    source = routes.of(event)
    if isinstance(source, Malformed):
        admitted.letters.append(source)
    else:
        admitted.names, admitted.locks = [source], (f"event {event.key}",)
    return admitted


def _hosts(event: Event, loaded: LoadedSource) -> set[str]:
    """The registrable domains that the source begins with. Raises NotWanted."""
    first = itertools.islice(specs_of(event, loaded), _MOST_SPECS)
    return {spec.host or host_key(spec.requests[0].url)[0] for spec in first}
