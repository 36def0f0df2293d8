"""What every worker of a run must know: small, picklable, the same for all."""

import dataclasses
import tempfile
from typing import Literal

from schemas.warehouse import Warehouse
from scrapers.browsing.settings import BrowserSettings
from transforms import filesystem
from transforms.output_layout import OutputLayout

__all__ = ["Job"]


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """One attempt of one run.

    Attributes:
      output: the output folder.
      warehouse: takes rows, letters and execution log instead of that folder; None for none.
      bundle: path of the packed sources folder, named for its digest.
      file_format: `parquet` or `jsonl`: the ending of row, letter and execution files. To a warehouse it is `jsonl`.
      resolve: HOST:PORT:ADDR[:PORT], as curl's `--resolve`.
      progress_folder: where each process keeps its counters for the console; empty for none.
      stop_file: when this file appears, nothing more is admitted and what is in flight ends; empty for none.
      browser: of each process's one Chromium.
      renders: some page type of the run has `fetch.mode: browser` or `auto`, or a source logs in.
      replays: the run sends dead letters back.
      bigquery_method: how rows get into the warehouse: `load` when a source has ended, `storage` or `insert` at once.
      pid: of the process whose workers are on the same machine and end with it; 0 for none.
    """

    output: str
    run_id: str
    attempt: int
    bundle: str
    file_format: str = "parquet"
    resolve: tuple[str, ...] = ()
    progress_folder: str = ""
    stop_file: str = ""
    browser: BrowserSettings = dataclasses.field(default_factory=BrowserSettings)
    renders: bool = False
    pid: int = 0
    warehouse: Warehouse | None = None
    replays: bool = False
    bigquery_method: Literal["load", "storage", "insert"] = "load"

    @property
    def notes_folder(self) -> str:
        """Where each process notes, on its own machine, what it is at work on."""
        local = filesystem.is_local(self.output)
        return f"{self.layout.run if local else f'{tempfile.gettempdir()}/scrapeline-{self.run_id}'}/notes"

    @property
    def layout(self) -> OutputLayout:
        return OutputLayout(self.output, self.run_id, self.attempt)

    def layout_of(self, _execution_id: str) -> OutputLayout:
        """Where the files of an execution stand: with those of its run."""
        return self.layout
