"""What a worker process of a streaming job keeps: opened once, on first need."""

import os
import tempfile
import threading
from pathlib import Path

from pipelines.engines.job import StreamJob
from pipelines.leaving import when_left
from pipelines.once_a_process import once_a_process
from pipelines.streaming.generation import Generation, Shared
from scrapers.fetching.attempt_notes import open_notes
from scrapers.source_files.bundle import unpack_sources
from transforms import filesystem

__all__ = ["generation"]


@once_a_process
def generation(job: StreamJob) -> Generation:
    """The sources of the job and the fetcher that works for them."""
    with filesystem.open_to_read(job.bundle) as file:
        packed = file.read()
    folder = unpack_sources(packed, Path(tempfile.gettempdir()) / f"scrapeline-{os.getuid()}")
    notes = open_notes(Path(job.notes_folder))
    when_left(notes.close)
    made = Generation(folder, Shared(job.where, job.resolve, job.browser.tabs, threading.Event().is_set, notes))
    made.git_commit = job.git_commit
    when_left(made.close)
    return made
