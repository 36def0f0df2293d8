"""Closes executions beside the pipeline, in threads of the process: no bundle waits for a table or a topic."""

import dataclasses
import functools
import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from pipelines.broken_run import explain
from pipelines.engines.closing import Closing, temporary_paths
from pipelines.engines.job import StreamJob
from pipelines.publishing import count, publish, write_execution_row
from pipelines.streaming.event_letters import EventLetters
from pipelines.streaming.inbox import Outbox
from pipelines.streaming.telling import in_words, tell
from schemas.events.event import Event
from schemas.execution import Execution
from schemas.plan import Plan
from schemas.tally import Tally
from schemas.written import Written
from transforms import filesystem

__all__ = ["Closer", "open_closer"]

_LOG = logging.getLogger(__name__)

Close = Callable[[Plan, Tally, list[Written]], Execution]


@dataclasses.dataclass(slots=True)
class _Work:
    """One closing.

    Attributes:
      future: of the try that goes on, or was the last.
      failures: tries that failed.
      again_at: when the next one begins (monotonic); None: the last has not failed, or is not known to have.
    """

    plan: Plan
    tally: Tally
    files: list[Written]
    future: Future[Execution]
    failures: int = 0
    again_at: float | None = None


class Closer:
    """Tries to close each execution until that is done, with growing pauses: `transforms.streaming.Closer`.

    Args:
      close: closes one; may be repeated.
      output: in words, for the log.
      threads: executions that are closed side by side.
      pauses_secs: between tries; the last one again and again.
    """

    def __init__(
        self,
        close: Close,
        output: str,
        *,
        threads: int = 8,
        pauses_secs: Sequence[float] = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0),
    ) -> None:
        self._close = close
        self._output = output
        self._pauses_secs = pauses_secs
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="close")
        self._works: dict[str, _Work] = {}
        self._lock = threading.Lock()

    def close(self, plan: Plan, tally: Tally, files: list[Written]) -> None:
        """Begins to close an execution; one that was begun goes on."""
        with self._lock:
            if plan.execution_id not in self._works:
                begun = self._threads.submit(self._close, plan, tally, files)
                self._works[plan.execution_id] = _Work(plan, tally, files, begun)

    def is_at_work(self, execution_id: str) -> bool:
        """Whether it was begun here, and not taken."""
        return execution_id in self._works

    def take(self, execution_id: str, wait_secs: float = 0.0) -> Execution | None:
        """An execution that is closed and told; once. None: not within these seconds, or not begun here."""
        begun = self._works.get(execution_id)
        if begun is not None and wait_secs:
            wait((begun.future,), wait_secs)
        with self._lock:
            work = self._works.get(execution_id)
            if work is None or not work.future.done():
                return None
            error = work.future.exception()
            if error is None:
                del self._works[execution_id]
                return work.future.result()
            self._try_again(work, error)
            return None

    def drop(self, file: Written) -> None:
        """Removes a file that came too late."""
        self._threads.submit(_remove, file)

    def shut_down(self) -> None:
        """Ends when what goes on has ended."""
        self._threads.shutdown(cancel_futures=True)

    def _try_again(self, work: _Work, error: BaseException) -> None:
        now = time.monotonic()
        if work.again_at is None:
            pause = self._pauses_secs[min(work.failures, len(self._pauses_secs) - 1)]
            work.failures += 1
            work.again_at = now + pause
            said = f"execution {work.plan.execution_id} ({work.plan.source}): {explain(error, self._output)[1]}"
            _LOG.warning("%s; tried again in %.0f s", said, pause, exc_info=error)
        elif now >= work.again_at:
            work.again_at = None
            work.future = self._threads.submit(self._close, work.plan, work.tally, work.files)


def _remove(file: Written) -> None:
    try:
        filesystem.remove(temporary_paths(file))
    except OSError as error:
        _LOG.warning("%s stays: %s", file.temporary, error)


def open_closer(
    job: StreamJob,
    tables: Callable[[str], Sequence[str]],
    outbox: Outbox | None,
    redact: Callable[[str], str],
    heed: Callable[[str, str, str], None],
) -> Closer:
    """The closer of a worker process.

    Args:
      tables: a source -> names of its tables; none for one that is gone.
      outbox: None: nobody is told.
      redact: takes secrets out of letters.
      heed: is told of source, execution and status when one has ended: a probe after a backoff is over then.
    """
    letters = EventLetters(job.where, job.file_format, redact)

    def told(event: Event) -> None:
        print(in_words(event), file=sys.stderr, flush=True)  # the terminal of a loopback worker, else the worker's log
        if outbox is not None:
            tell([event], outbox, letters)

    closing = Closing(
        job.where,
        functools.partial(count, job),
        functools.partial(publish, job),
        functools.partial(write_execution_row, job),
        tables,
        told,
    )

    def close(plan: Plan, tally: Tally, files: list[Written]) -> Execution:
        execution = closing.close(plan, tally, files)
        heed(execution.source, execution.execution_id, execution.status)
        return execution

    return Closer(close, str(job.where))
