"""What an event asks of a source: its first requests, or why it cannot be asked for them."""

from collections.abc import Iterator, Mapping

from pipelines.streaming.event_run import params_of_event
from schemas.events.event import Event, Malformed
from schemas.events.reading import unknown_source
from schemas.reasons import Dead
from schemas.request import RequestSpec
from scrapers.source_files.check_raw import ONLY_RAW, only_raw
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.seeds import plan_specs

__all__ = ["NotWanted", "source_of", "specs_of"]


class NotWanted(Exception):
    """Nothing is done for a source of an event.

    Attributes:
      why: what its letter says.
    """

    def __init__(self, why: Malformed) -> None:
        super().__init__(str(why))
        self.why = why


def source_of(event: Event, name: str, sources: Mapping[str, LoadedSource], broken: Mapping[str, str]) -> LoadedSource:
    """A source that an event names.

    Args:
      broken: sources that cannot be used -> why.

    Raises:
      NotWanted: it is unknown, or broken, or nothing of it can be fetched.
    """
    if name in broken:
        said = f"source {name} cannot be used: {broken[name]}"
        raise NotWanted(Malformed(Dead.UNKNOWN_SOURCE, said, "data.sources", event.key, name))
    if name not in sources:
        raise NotWanted(unknown_source(event, name, [*sources, *broken]))
    fetches = event.kind == "scrape.requested" and not event.data.get("urls")
    if fetches and only_raw(sources[name]):
        raise NotWanted(Malformed(Dead.MALFORMED_EVENT, f"source {name}: {ONLY_RAW}", "data.sources", event.key, name))
    return sources[name]


def specs_of(
    event: Event, loaded: LoadedSource, execution_id: str = "", deadline_at: float = 0.0
) -> Iterator[RequestSpec]:
    """What a `scrape.requested` asks of a source; relative dates are those of the event.

    Args:
      deadline_at: Unix seconds after which nobody wants it; 0 for never.

    Raises:
      NotWanted: the source has no such parameters, or seeds that are none.
    """
    try:
        yield from plan_specs(
            loaded,
            execution_id,
            params=params_of_event(event),
            urls=event.data.get("urls"),
            limit=event.data.get("limit"),
            tick=event.time,
            deadline_at=deadline_at,
        )
    except ValueError as error:
        name = loaded.source.source
        said = f"source {name}: {error}"
        raise NotWanted(Malformed(Dead.MALFORMED_EVENT, said, "data.params", event.key, name)) from None
