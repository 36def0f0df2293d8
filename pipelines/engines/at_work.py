"""What a worker process of a streaming job keeps: opened once, on first need."""

import os
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from pipelines.engines.closer import Closer, open_closer
from pipelines.engines.job import StreamJob
from pipelines.engines.pubsub_reader import reader
from pipelines.leaving import when_left
from pipelines.once_a_process import once_a_process
from pipelines.source_health.leaving_out import Availability
from pipelines.streaming.generation import Generation, Shared
from pipelines.streaming.host_locks import HostLocks, hosts_folder
from scrapers.fetching.attempt_notes import open_notes
from scrapers.fetching.desks import Desks
from scrapers.source_files.bundle import unpack_sources
from transforms import filesystem

__all__ = ["availability", "closer", "desks", "generation"]


@once_a_process
def generation(job: StreamJob) -> Generation:
    """The sources of the job and the fetcher that works for them."""
    with filesystem.open_to_read(job.bundle) as file:
        packed = file.read()
    folder = unpack_sources(packed, Path(tempfile.gettempdir()) / f"scrapeline-{os.getuid()}")
    notes = open_notes(Path(job.notes_folder))
    when_left(notes.close)
    # After a failure an engine may give a host to another process of the machine while this one is still at work on it.
    locks, never = HostLocks(hosts_folder()), threading.Event().is_set
    made = Generation(folder, Shared(job.where, job.resolve, job.browser.tabs, never, notes, locks))
    made.git_commit = job.git_commit
    return made


@once_a_process
def desks(job: StreamJob) -> Desks:
    """What the process keeps of the hosts that it works on."""

    def stopping() -> bool:
        return not job.native_reader and reader(job).stopping()

    return Desks(generation(job).fetcher, stopping)


@once_a_process
def availability(job: StreamJob) -> Availability:
    """Which sources are in backoff."""
    return Availability(job.where)


@once_a_process
def closer(job: StreamJob) -> Closer:
    """Closes executions."""
    known = generation(job)
    outbox = None
    if job.topic:
        from pipelines.streaming.pubsub import PubSubOutbox  # Google's client takes its time to import

        outbox = PubSubOutbox(job.topic)

    def tables(source: str) -> Sequence[str]:
        return list(known.sources[source].tables) if source in known.sources else []

    return open_closer(job, tables, outbox, known.redactor.redact_text, availability(job).ended)
