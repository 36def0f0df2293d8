"""The batch scrape pipeline: `python -m pipelines.scrape --source NAME --output DIR [any Beam option]`.

What a flex template starts, and what `scrapeline run` starts and watches. Prints one JSON line for each execution.
SIGINT and SIGTERM end it cleanly. Exit status: 0 every execution `success` or `no_data`; 1 one failed; 2 a mistake in
the command line or a source file; 70 the run broke off; 74 its output cannot be written. After the last two, and after
a signal, `--resume RUN` goes on with it.
"""

import contextlib
import dataclasses
import json
import logging
import os
import sys
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines import exit_status
from pipelines.broken_run import explain
from pipelines.export import export_rows
from pipelines.graph import build_batch
from pipelines.job import Job
from pipelines.leaving import leave, leave_in_order
from pipelines.options import ScrapeOptions, WrongFlags, check_flags
from pipelines.preparation import CannotPrepare, prepared
from pipelines.resume import clean_up
from pipelines.runners import is_local, local_flags, waits, workers_for
from pipelines.source_health.launching import leave_out
from pipelines.spare_workers import spare_workers
from pipelines.stopping import end_when_a_worker_dies, stop_on_signals, stop_with_stdin
from pipelines.summary import read_executions
from scrapers.source_files.load import SourceFileErrors

__all__ = ["end", "log_to_stderr", "main"]

_LOG = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None, *, may_fork: bool = False) -> int:
    """Runs the pipeline with these flags; returns the exit status.

    Args:
      may_fork: this process has no other thread and no connection yet, so that it can be copied for its workers.
    """
    flags = list(sys.argv[1:] if argv is None else argv)
    try:
        check_flags(flags)
    except WrongFlags as error:
        print(error, file=sys.stderr)
        return exit_status.USAGE
    options = PipelineOptions(flags)
    try:
        runner = options.view_as(StandardOptions).runner or "DirectRunner"
        return start(flags, options.view_as(ScrapeOptions), runner, may_fork)
    except (SourceFileErrors, CannotPrepare) as error:
        print(error, file=sys.stderr)
        return exit_status.USAGE
    except Exception as error:  # noqa: BLE001  the end of the run, whatever ended it: a sentence and a status say so
        status, sentence = explain(error, options.view_as(ScrapeOptions).output)
        if status == exit_status.DIED:
            _LOG.error("the run broke off", exc_info=error)
        print(sentence, file=sys.stderr)
        return status


def start(flags: list[str], options: ScrapeOptions, runner: str, may_fork: bool) -> int:
    """Prepares a run and sees it through; returns the exit status."""
    if options.scheduled == "true" and not (options.resume or options.restart):
        for name, why in leave_out(options).items():
            print(f"{name}: left out: {why}", file=sys.stderr)
        if options.source is None:
            return exit_status.OK
    with prepared(options, runs_here=is_local(runner)) as (job, seeds), contextlib.ExitStack() as workers:
        if is_local(runner):
            job = dataclasses.replace(job, pid=os.getpid())
            count = options.workers or workers_for(seeds, renders=job.renders)
            flags = local_flags(flags, count)
            if may_fork and count > 1:
                workers.enter_context(spare_workers(count))
            stop_on_signals(job.stop_file)
            end_when_a_worker_dies()
        if options.end_with_stdin:
            stop_with_stdin(job.stop_file)
        return run(job, flags, options.rows_file, wait=waits(runner))


def run(job: Job, flags: list[str], rows_file: str, *, wait: bool) -> int:
    """Builds and runs the pipeline; with `wait`, until it has ended and its executions are printed."""
    pipeline = beam.Pipeline(options=PipelineOptions(flags))
    build_batch(pipeline, job)
    result = pipeline.run()
    if not wait:
        return exit_status.OK
    result.wait_until_finish()
    executions = read_executions(job)
    if rows_file:
        export_rows(job, executions, rows_file)
    clean_up(job.layout)
    for execution in executions:
        print(json.dumps(execution, default=str))
    return exit_status.FAILED if any(one["status"] == "failed" for one in executions) else exit_status.OK


def end(status: int) -> None:
    """Ends the process; one whose run broke off at once, without waiting for the threads and workers of that run."""
    if status in (exit_status.OK, exit_status.FAILED, exit_status.USAGE):
        leave_in_order(status)
    sys.stdout.flush()
    sys.stderr.flush()
    leave(status)


def is_news(record: logging.LogRecord) -> bool:
    """Not what Beam's worker processes warn of at each start: what they miss is of containers."""
    return "semi_persistent_directory" not in record.getMessage()


def log_to_stderr() -> None:
    """Warnings and worse, a line each."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger().handlers[0].addFilter(is_news)


if __name__ == "__main__":
    log_to_stderr()
    end(main())
