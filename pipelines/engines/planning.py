"""Plans the executions that events ask for, under the ids that they have whatever works on them."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from pipelines.places import Places
from pipelines.plans import plan_run, types_with_mode, with_source
from pipelines.source_health.leaving_out import Availability
from pipelines.source_health.left_out_plans import with_availability
from pipelines.streaming.event_run import params_of_event, run_id_of
from pipelines.streaming.histories import Histories
from pipelines.streaming.routes import Routes
from schemas.events.event import Event
from schemas.events.reading import deadline_of
from schemas.plan import Plan
from scrapers.source_files.load import LoadedSource
from transforms.fetch_modes import kept_modes

__all__ = ["Known", "Planning"]

_URLS = "urls.txt"
"""What a run by the loop calls its file of URLs. Here they travel in the specs; that there are some is in the row."""


class Known(Protocol):
    """The sources of a job (pipelines.streaming.generation.Generation)."""

    @property
    def sources(self) -> Mapping[str, LoadedSource]:
        """Those that can be used."""

    @property
    def broken(self) -> Mapping[str, str]:
        """Name -> why it cannot be used."""

    @property
    def digest(self) -> str:
        """Of the folder."""

    @property
    def git_commit(self) -> str:
        """Of the folder."""

    @property
    def routes(self) -> Routes:
        """From scrapers to the sources that take their raw output."""


class Planning:
    """Makes plans.

    Args:
      availability: of sources.
      execution_secs: after which an execution is closed whose event says no deadline.
      clock: Unix seconds.
    """

    def __init__(
        self,
        known: Known,
        where: Places,
        availability: Availability,
        execution_secs: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._known, self._where, self._execution_secs, self._clock = known, where, execution_secs, clock
        self._histories = Histories(where)
        self._availability = availability

    def first(self, event: Event, loaded: LoadedSource) -> Plan:
        """A source's plan as far as the event says it; its execution's id is there."""
        now = self._clock()
        [plan] = plan_run(
            [loaded],
            run_id=run_id_of(event),
            started_at=now,
            params=params_of_event(event),
            urls_file=_URLS if event.data.get("urls") else "",
            limit=event.data.get("limit"),
            deadline_at=deadline_of(event) or now + self._execution_secs,
        )
        return dataclasses.replace(plan, event_id=event.event_id)

    def whole(self, plan: Plan, loaded: LoadedSource) -> Plan:
        """The plan with what the source and its earlier runs say. Raises OSError: they cannot be read."""
        auto = types_with_mode(loaded, "auto")
        plan = with_source(
            plan,
            loaded,
            sources_digest=self._known.digest,
            git_commit=self._known.git_commit,
            auto_modes=kept_modes(self._where.folder, plan.source) if auto else {},
        )
        return self._histories.give(plan, self._known.sources)

    def or_left_out(self, plan: Plan, url_count: int) -> Plan:
        """The plan of an execution that fetches; of a source in backoff it says so, and then nothing is fetched."""
        [asked] = with_availability([plan], self._known.sources, self._availability, url_count)
        return asked
