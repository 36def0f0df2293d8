"""What the execution log says of sources' earlier runs, for a process that plans executions all the time."""

import dataclasses
import json
import time
from collections.abc import Mapping
from typing import Any

from pipelines.history import with_history
from pipelines.places import Places
from schemas.plan import Plan
from scrapers.source_files.load import LoadedSource

__all__ = ["HISTORY_SECS", "Histories"]

HISTORY_SECS = 60.0
"""How long it is believed: to read it takes longer than a page."""
_MOST_KEPT = 10_000


@dataclasses.dataclass(slots=True)
class Histories:
    """Gives plans their sources' histories; any number of threads may ask."""

    where: Places
    _kept: dict[str, tuple[float, Mapping[str, Any]]] = dataclasses.field(default_factory=dict)

    def give(self, plan: Plan, sources: Mapping[str, LoadedSource]) -> Plan:
        """The plan with the history of its source."""
        key = json.dumps([plan.source, plan.scraper_version, plan.params], default=str)
        at, history = self._kept.get(key, (0.0, {}))
        if at and time.monotonic() - at <= HISTORY_SECS:
            return dataclasses.replace(plan, history=history)
        [told] = with_history([plan], sources, self.where)
        if len(self._kept) > _MOST_KEPT:
            self._kept.clear()
        self._kept[key] = time.monotonic(), told.history
        return told
