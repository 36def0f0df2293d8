"""Decides what is done with an event: which of its sources run, which get a letter, and on which hosts it works."""

import dataclasses
import itertools

from pipelines.streaming.event_run import params_of_event
from pipelines.streaming.generation import Generation
from pipelines.streaming.inbox import Taken
from schemas.events.event import Event, Malformed
from schemas.events.reading import Limits, expired, parse_event, unknown_source
from schemas.reasons import Dead
from scrapers.hosts import host_key
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.seeds import plan_specs

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

    def check_time(self, limits: Limits) -> None:
        """Turns an event whose time has passed while it waited into a letter."""
        if self.event is not None and (late := expired(self.event, limits)):
            self.event, self.names, self.letters, self.locks = None, [], [late], ()


def admit(taken: Taken, generation: Generation, limits: Limits) -> Admitted:
    """Reads an event and looks at what it asks for."""
    event = parse_event(taken.data, taken.attributes, message_id=taken.message_id, sent_at=taken.sent_at, limits=limits)
    if isinstance(event, Malformed):
        return Admitted(taken, None, letters=[event])
    if taken.crashes >= MOST_CRASHES:
        why = Malformed(Dead.POISON, f"{taken.crashes} processes died while they worked on it", "", event.key)
        return Admitted(taken, None, letters=[why])
    admitted = Admitted(taken, event)
    hosts: set[str] = set()
    for name in event.data["sources"]:
        try:
            hosts |= _hosts(event, _source(event, name, generation))
            admitted.names.append(name)
        except _NotWanted as refused:
            admitted.letters.append(refused.why)
    admitted.locks = (*sorted(hosts), f"event {event.key}") if admitted.names else ()
    return admitted


class _NotWanted(Exception):
    def __init__(self, why: Malformed) -> None:
        super().__init__(str(why))
        self.why = why


def _source(event: Event, name: str, generation: Generation) -> LoadedSource:
    if name in generation.broken:
        said = f"source {name} cannot be used: {generation.broken[name]}"
        raise _NotWanted(Malformed(Dead.UNKNOWN_SOURCE, said, "data.sources", event.key, name))
    if name not in generation.sources:
        raise _NotWanted(unknown_source(event, name, [*generation.sources, *generation.broken]))
    return generation.sources[name]


def _hosts(event: Event, loaded: LoadedSource) -> set[str]:
    """The registrable domains that the source begins with. Raises _NotWanted for parameters that it does not have."""
    name = loaded.source.source
    try:
        specs = plan_specs(
            loaded,
            "",
            params=params_of_event(event),
            urls=event.data.get("urls"),
            limit=event.data.get("limit"),
            tick=event.time,
        )
        first = list(itertools.islice(specs, _MOST_SPECS))
    except ValueError as error:
        raise _NotWanted(
            Malformed(Dead.MALFORMED_EVENT, f"source {name}: {error}", "data.params", event.key, name)
        ) from None
    return {spec.host or host_key(spec.requests[0].url)[0] for spec in first}
