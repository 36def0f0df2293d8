"""The stages of a run that a replay adds to: what each worker process opens for them, once."""

import functools
from collections.abc import Iterable, Iterator
from typing import Any

from pipelines import worker
from pipelines.dead_letters.outcomes import new_letters, outcomes
from pipelines.dead_letters.replay_files import read_sent
from pipelines.dead_letters.replaying import Ended, Replay
from pipelines.job import Job
from pipelines.places import Places
from pipelines.stores.store import open_store
from schemas.outcome import Scraped
from schemas.request import Request
from transforms.validate_items import LeaveOut

__all__ = ["ended", "leave_out", "link", "replay"]


@worker.once_a_process
def replay(job: Job) -> Replay:
    """What this process knows of the run's replay."""
    return Replay(job.layout.replay, job.layout.archive, functools.partial(_updates, job))


def _updates(job: Job, request: Request) -> bool:
    if request.item is None:
        return False
    page_type = worker.sources(job)[request.source].source.page_types().get(request.page_type)
    return page_type is not None and page_type.if_failed == "emit"


def leave_out(job: Job) -> LeaveOut:
    """Takes out what the first execution has written."""
    return replay(job).leave_out


def ended(job: Job, scraped: Scraped) -> Iterator[tuple[str, Ended]]:
    """(execution_id, how it ended) of a request that was sent back."""
    return replay(job).ended(scraped)


def link(job: Job, execution: tuple[str, dict[str, Iterable[Any]]]) -> None:
    """Writes what became of the letters of one execution, once its rows and letters are where they stay.

    Args:
      execution: its id, `closed` (the Execution) and `ended` (Ended of each request, some perhaps twice).
    """
    execution_id, parts = execution
    requests = {one.request_id: one for one in parts["ended"]}
    store = open_store(Places(job.output, job.warehouse))
    for closed in parts["closed"]:
        sent = read_sent(job.layout.replay, execution_id)
        store.add_replays(execution_id, list(outcomes(closed, sent, requests, new_letters(store, execution_id))))
