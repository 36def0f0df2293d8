"""Which sources are left out when nobody asked for them by name."""

import dataclasses
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from pipelines.places import Places
from pipelines.source_health.book import local_file
from pipelines.source_health.folder_log import FolderLog
from pipelines.source_health.sqlite_book import SqliteBook
from pipelines.source_health.standing import healths, open_log, unreadable
from pipelines.source_health.wording import moment_text, out_because
from schemas.health import Health

__all__ = ["Availability", "left_out"]

_LOG = logging.getLogger(__name__)


def left_out(where: Places, names: Sequence[str] | None, now: float) -> dict[str, str]:
    """Source -> why a run leaves it out: it is disabled, in backoff, or another run is trying it after its backoff.

    What is left out is no execution: health does not change by it. A log that cannot be read leaves nothing out.

    Args:
      names: of the sources that are to run; None for all of which anything is known.
      now: Unix seconds.
    """
    found = _read(where, names) or {}
    book, by = SqliteBook(local_file(where)), secrets.token_hex(8)
    why = {name: _out_because(health, book, now, by) for name, health in found.items()}
    return {name: because for name, because in why.items() if because}


@dataclasses.dataclass(eq=False)
class Availability:
    """Whether sources may run, for a process that goes on for weeks. Any number of threads may ask.

    Attributes:
      now: Unix seconds.
      keep_secs: after which what is known is read anew; while that fails, the old goes on to hold.
    """

    where: Places
    now: Callable[[], float] = time.time
    keep_secs: float = 30.0
    _log: FolderLog | None = dataclasses.field(init=False)
    _found: Mapping[str, Health] = dataclasses.field(default_factory=dict)
    _read_at: float | None = None
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._log = open_log(self.where)

    def out_because(self, source: str, by: str) -> str:
        """Why requests of a source are dropped (schemas.reasons.Drop.BACKOFF); empty when they are not.

        Args:
          by: the execution that asks: of those that come when a backoff has ended, one tries the source.
        """
        now = self.now()
        health = self._known(now).get(source)
        return _out_because(health, SqliteBook(local_file(self.where)), now, by) if health else ""

    def ended(self, source: str, by: str, status: str) -> None:
        """An execution of a source has ended: where that may change how the source is, it is looked up again.

        In a warehouse it stays as known until its time: a query for each failure would cost more than it saves.
        """
        with self._lock:
            health = self._found.get(source)
            tried = health is not None and health.auto_disabled
            if self.where.warehouse is None and (status == "failed" or tried):
                self._read_at = None
        if tried:  # it need not have counted, for a limit or given URLs: then the next one tries
            SqliteBook(local_file(self.where)).release_probe(source, by)

    def _known(self, now: float) -> Mapping[str, Health]:
        with self._lock:
            if self._read_at is None or not 0 <= now - self._read_at < self.keep_secs:
                self._read_at = now
                found = _read(self.where, None, self._log)
                self._found = self._found if found is None else found
            return self._found


def _read(where: Places, names: Sequence[str] | None, log: FolderLog | None = None) -> dict[str, Health] | None:
    """None when it cannot be read."""
    try:
        return healths(where, names, log)
    except unreadable(where) as error:
        _LOG.warning("%s: whether sources are in backoff cannot be told: %s", where, error)
        return None


def _out_because(health: Health, book: SqliteBook, now: float, by: str) -> str:
    if because := out_because(health, now):
        return because
    if health.backoff_until is None or book.claim_probe(health.source, health.backoff_until, now, by):
        return ""
    since = moment_text(health.backoff_until)
    return f"its backoff ended on {since}, and another run is trying it; to try it now: scrapeline run {health.source}"
