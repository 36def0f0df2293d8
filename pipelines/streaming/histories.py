"""What the execution log says of sources' earlier runs, for a process that plans executions all the time."""

import dataclasses
import json
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.history import with_history_of
from pipelines.past_runs import PastRuns
from pipelines.places import Places
from schemas.history import PastRun
from schemas.plan import Plan
from scrapers.source_files.load import LoadedSource

__all__ = ["HISTORY_SECS", "Histories"]

HISTORY_SECS = 60.0
"""How long it is believed: to read it takes longer than a page."""
NEWEST = 3_000
"""Executions of all sources, read together: where each of 40 sources had them read for itself, events waited 15 s."""


@dataclasses.dataclass(slots=True)
class Histories:
    """Gives plans their sources' histories; any number of threads may ask.

    The log is read when somebody first asks, and then once in HISTORY_SECS beside the work: until that is done, and
    while it cannot be read, what was read before goes on to hold.
    """

    where: Places
    _log: PastRuns = dataclasses.field(init=False)
    _runs: Mapping[str, Sequence[PastRun]] | None = None
    _read_at: float = 0.0
    _read_again_at: float = 0.0
    _kept: dict[str, tuple[float, Mapping[str, Any]]] = dataclasses.field(default_factory=dict)
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._log = PastRuns(self.where)

    def give(self, plan: Plan, sources: Mapping[str, LoadedSource]) -> Plan:
        """The plan with the history of its source."""
        read_at, runs = self._read_at, self._known()
        key = json.dumps([plan.source, plan.scraper_version, plan.params], default=str)
        at, history = self._kept.get(key, (0.0, {}))
        if at and at == read_at:
            return dataclasses.replace(plan, history=history)
        told = with_history_of(plan, sources[plan.source], runs.get(plan.source, ()))
        self._kept[key] = read_at, told.history
        return told

    def _known(self) -> Mapping[str, Sequence[PastRun]]:
        with self._lock:
            if self._runs is None:
                self._read()
            elif time.monotonic() > self._read_again_at:
                self._read_again_at = time.monotonic() + HISTORY_SECS
                threading.Thread(target=self._read, daemon=True, name="histories").start()
            assert self._runs is not None
            return self._runs

    def _read(self) -> None:
        found = self._log.read(NEWEST)
        self._runs = found if found is not None else self._runs or {}
        self._read_at = time.monotonic()
        self._kept = {}  # else what parameters that never come again came to would stay
        self._read_again_at = self._read_at + HISTORY_SECS
