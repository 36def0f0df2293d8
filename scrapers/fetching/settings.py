"""What a process's fetcher is told at its start."""

import dataclasses
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from schemas.fetch_modes import Mode
from schemas.page import Page
from schemas.request import Request
from scrapers.browsing.settings import BrowserSettings
from scrapers.fetching.attempt_notes import AttemptNotes, NoNotes
from scrapers.fetching.shared_hosts import HostLocks

__all__ = ["FetchSettings", "environment_secret"]


def environment_secret(name: str) -> str:
    """The value of `${secret.NAME}`: the environment's SCRAPELINE_SECRET_NAME. Raises KeyError when it is not set."""
    return os.environ[f"SCRAPELINE_SECRET_{name.upper()}"]


@dataclasses.dataclass(frozen=True, slots=True)
class FetchSettings:
    """Settings of a Fetcher; nothing here belongs to one source.

    Attributes:
      resolve: HOST:PORT:ADDR[:PORT] as curl's --resolve, for every source; each source's own come on top.
      max_hosts: hosts worked on at once. More would open more sockets than a process may (1,024 by default on Linux),
        and would keep from other workers what they could do.
      max_waiting_pages: finished pages that nobody has taken yet, by visit. Two seconds of work at full speed: enough
        that the network never waits for the writer, and little memory.
      max_waiting_bytes: the same bound for large pages, so that 256 pages of 50 MB never stand in memory.
      hide: is told every value that gives access and was not asked for as a secret (cookies of a session).
      secrets: gives the value of a secret by name; raises KeyError when there is none.
      stop: asked at least every 0.2 s; once it is true (or the file exists), nothing new is started.
      ledger: gives the archived page of a request, or None; asked before the network is.
      notes: of the requests that the process is at work on.
      host_locks: keep other processes of the machine from the hosts that this one works on; None for none.
      clock: Unix seconds; for `fetched_at`, deadlines and dates of Retry-After only, never for pacing.
      poll_stop_secs, grace_secs: how often `stop` is asked, and how long requests in flight may still finish then.
      backoff_secs: before the first retry; it doubles with each further one.
      robots_cache_secs: RFC 9309, 2.4: not longer than 24 hours.
      browser: of the process's one Chromium, which is started when the first page needs it.
      auto_hints: (source, page type) -> how `fetch.mode: auto` begins, as the last run found it (`AutoMode`).
    """

    resolve: tuple[str, ...] = ()
    max_hosts: int = 256
    max_waiting_pages: int = 256
    max_waiting_bytes: int = 64_000_000
    secrets: Callable[[str], str] = environment_secret
    hide: Callable[[str], None] = lambda _value: None
    stop: Callable[[], bool] | Path | None = None
    ledger: Callable[[Request], Page | None] | None = None
    notes: AttemptNotes = dataclasses.field(default_factory=NoNotes)
    host_locks: HostLocks | None = None
    clock: Callable[[], float] = time.time
    poll_stop_secs: float = 0.2
    grace_secs: float = 3.0
    backoff_secs: float = 1.0
    robots_cache_secs: float = 86_400
    browser: BrowserSettings = dataclasses.field(default_factory=BrowserSettings)
    auto_hints: Mapping[tuple[str, str], Mode] = dataclasses.field(default_factory=dict)

    def stopping(self) -> bool:
        """Whether work should end now."""
        if self.stop is None:
            return False
        return self.stop.exists() if isinstance(self.stop, Path) else self.stop()
