"""What one execution set out to do, fixed before anything is fetched."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from schemas.fetch_modes import Mode
from schemas.ids import content_id

__all__ = ["Plan"]


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """One source in one run. It seeds the fold, so that a source that did nothing has its row too.

    Attributes:
      execution_id: content id of run and source.
      attempt: 1, and one more each time the run was started again under the same ids.
      started_at: Unix seconds; also the tick that relative dates of the seeds refer to.
      urls_file: a file of URLs that replaces the seeds; empty for none.
      limit: the most pages to fetch; None for no limit.
      min_rows, max_dead, coverage: the source's checks.
      empty_ok: whether no row at all is a fine result.
      auto_modes: page type with `fetch.mode: auto` -> how it begins, as the last run found it.
      reparse_of: the archived execution whose pages are parsed again; empty for one that fetches.
      replay_of: the execution whose dead letters are replayed; empty for one that is no replay.
      scraper_version: digest of the source and its code.
      deadline_at: Unix seconds after which it is closed as failed, whatever is missing; 0 for never.
      out_because: why nothing of it is fetched: the source is disabled, in backoff, or being tried; empty when it is.
      out_requests: how many requests, as far as they were known, that costs.
      failed_because: why it has failed before anything was done (a scraper elsewhere says so); empty: it has not.
      event_id: of the event that asked for it; empty for none.
      log: name of the file of the execution log that its row shares with others'; empty: the row has a file of its own.
      history: of the source (schemas.history.History as a dict), when the run was prepared; empty for none.
    """

    execution_id: str
    run_id: str
    source: str
    attempt: int
    started_at: float
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    urls_file: str = ""
    limit: int | None = None
    min_rows: int | None = None
    max_dead: float = 0.05
    coverage: Mapping[str, float] = dataclasses.field(default_factory=dict)
    empty_ok: bool = False
    robots_ignored_because: str = ""
    sources_digest: str = ""
    git_commit: str = ""
    auto_modes: Mapping[str, Mode] = dataclasses.field(default_factory=dict)
    reparse_of: str = ""
    replay_of: str = ""
    scraper_version: str = ""
    history: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    deadline_at: float = 0.0
    failed_because: str = ""
    out_because: str = ""
    out_requests: int = 0
    event_id: str = ""
    log: str = ""

    @property
    def planned_id(self) -> str:
        """Known with the plan, ended by the tally that makes its specs known: until both are there, nothing known and
        nothing ended would be as many."""
        return content_id("planned", self.execution_id)

    @property
    def limited_to(self) -> str:
        """What keeps the run from all that the source has: `limit 10`, `urls`; empty for nothing."""
        kept = [f"limit {self.limit}"] if self.limit is not None else []
        return ", ".join([*kept, *(["urls"] if self.urls_file else [])])
