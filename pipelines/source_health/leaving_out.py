"""Which sources a run leaves out when nobody asked for them by name."""

import logging
from collections.abc import Sequence

from pipelines.places import Places
from pipelines.source_health.book import local_file
from pipelines.source_health.sqlite_book import SqliteBook
from pipelines.source_health.standing import healths, unreadable
from pipelines.source_health.wording import moment_text, out_because

__all__ = ["left_out"]

_LOG = logging.getLogger(__name__)


def left_out(where: Places, names: Sequence[str] | None, now: float) -> dict[str, str]:
    """Source -> why it is left out: it is disabled, in backoff, or another run is trying it after its backoff.

    What is left out is no execution: health does not change by it. A log that cannot be read leaves nothing out.

    Args:
      names: of the sources that are to run; None for all of which anything is known.
      now: Unix seconds.
    """
    try:
        found = healths(where, names)
    except unreadable(where) as error:
        _LOG.warning("%s: whether sources are in backoff cannot be told: %s", where, error)
        return {}
    book = SqliteBook(local_file(where))
    out = {}
    for name, health in found.items():
        if because := out_because(health, now):
            out[name] = because
        elif health.backoff_until is not None and not book.claim_probe(name, health.backoff_until, now):
            since = moment_text(health.backoff_until)
            out[name] = (
                f"its backoff ended on {since}, and another run is trying it; to try it now: scrapeline run {name}"
            )
    return out
