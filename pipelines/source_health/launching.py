"""A launch by a schedule: what is disabled or in backoff is taken out of the pipeline's options."""

import time
from pathlib import Path

from pipelines.cannot_prepare import CannotPrepare
from pipelines.options import ScrapeOptions
from pipelines.places import WrongPlace
from pipelines.source_health.leaving_out import left_out
from pipelines.source_outputs import places_of_run
from scrapers.source_files.load import load_sources

__all__ = ["leave_out"]


def leave_out(options: ScrapeOptions) -> dict[str, str]:
    """Takes sources out of the options; `options.source` names those left, and is None when none is.

    Returns:
      Source -> why it was taken out.

    Raises:
      CannotPrepare, SourceFileErrors
    """
    folder = Path(options.sources)
    names = [name for given in options.source for name in given.split(",") if name] or None
    if not folder.is_dir():
        raise CannotPrepare(f"--sources: there is no folder {folder}")
    try:
        out = left_out(places_of_run(options.output, options.files, folder, names), names, time.time())
    except WrongPlace as error:
        raise CannotPrepare(str(error)) from None
    if not out:
        return {}
    chosen = names or list(load_sources(folder))
    options.source = [name for name in chosen if name not in out] or None
    return {name: why for name, why in out.items() if name in chosen}
