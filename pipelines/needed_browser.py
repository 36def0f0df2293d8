"""Is there a browser, where a run's sources want one?"""

import logging

from pipelines.cannot_prepare import CannotPrepare
from pipelines.plans import logs_in, types_with_mode
from scrapers.browsing.executable import BrowserMissing, find_browser
from scrapers.source_files.load import LoadedSource

__all__ = ["has_needed_browser"]

_LOG = logging.getLogger(__name__)


def has_needed_browser(sources: list[LoadedSource]) -> bool:
    """Whether there is a browser, if one is wanted; says so when there is none where it would only help.

    Raises:
      CannotPrepare: a source needs one, and there is none.
    """
    needing = {one.source.source: "session.login" for one in sources if logs_in(one)}
    needing |= {one.source.source: "fetch.mode: browser" for one in sources if types_with_mode(one, "browser")}
    helped = [one.source.source for one in sources if types_with_mode(one, "auto")]
    if not needing and not helped:
        return True
    try:
        find_browser()
    except BrowserMissing as missing:
        if needing:
            why = " and ".join(sorted(set(needing.values())))
            raise CannotPrepare(f"source {', '.join(needing)}: {why}: {missing}") from None
        _LOG.warning("source %s: what HTTP lacks stays as it is: %s", ", ".join(helped), missing)
        return False
    return True
