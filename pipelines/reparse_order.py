"""What is to be parsed again."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from pipelines.places import Places
from pipelines.preparation import CannotPrepare
from schemas.page import Page
from scrapers.reparse.foreign import ForeignPages
from transforms import filesystem

__all__ = ["Order", "archive_files"]

_ENDINGS = (".warc", ".warc.gz", ".warc.zst")


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """What is to be parsed again, and where to. Times in Unix seconds, of when a page was fetched.

    Attributes:
      sources: folder of source files.
      names: of sources.
      archive: folder of WARC files, or one such file.
      output: where the rows are that are there; new ones go there too.
      since, until: from this moment on, and before this one.
      executions: ids of archived executions; empty for all.
      diff: compare only, and write nothing.
      foreign: pages that other tools archived are parsed, too.
      page_type: of those; empty for the source's first.
      matching: a regular expression that is to be found in their URLs.
      workers: processes; 0 for what is faster for so much.
    """

    sources: Path
    names: Sequence[str]
    archive: str
    output: Places
    since: float = float("-inf")
    until: float = float("inf")
    executions: Sequence[str] = ()
    file_format: str = "parquet"
    diff: bool = False
    foreign: bool = False
    page_type: str = ""
    matching: str = ""
    workers: int = 1

    def chooses(self, page: Page) -> bool:
        """Whether a page is parsed again."""
        request = page.request
        chosen = request.source in self.names and (not self.executions or request.execution_id in self.executions)
        return chosen and self.since <= page.fetched_at < self.until

    @property
    def is_whole(self) -> bool:
        """Whether no part was asked for by time."""
        return self.since == float("-inf") and self.until == float("inf")

    def chosen_with(self, foreign: ForeignPages | None, page: Page) -> bool:
        """`chooses`, of a page that may be another tool's."""
        if foreign is not None:
            foreign.adopt(page)
        return self.chooses(page)


def archive_files(archive: str) -> list[str]:
    """Paths of the WARC files that are meant.

    Raises:
      CannotPrepare: there is none.
    """
    if archive.endswith(_ENDINGS):
        paths = [archive] if filesystem.exists(archive) else []
    else:
        paths = [path for ending in _ENDINGS for path in filesystem.match(archive, f"*{ending}")]
    if not paths:
        raise CannotPrepare(f"--archive: there is no WARC file in {archive}")
    return sorted(paths)
