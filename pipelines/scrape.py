"""The batch scrape pipeline: `python -m pipelines.scrape --source NAME --output DIR [any Beam option]`.

What a flex template starts, and what `scrapeline run` starts and watches. Prints one JSON line for each execution.
Exit status: 0 every execution `success` or `no_data`; 1 one failed; 2 a mistake in the command line or a source file.
"""

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines.export import export_rows
from pipelines.graph import build_batch
from pipelines.job import Job
from pipelines.options import ScrapeOptions, UnknownFlags, check_flags
from pipelines.preparation import CannotPrepare, prepare
from pipelines.runners import local_flags, waits
from pipelines.summary import read_executions
from scrapers.source_files.load import SourceFileErrors

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the pipeline with these flags; returns the exit status."""
    flags = list(sys.argv[1:] if argv is None else argv)
    try:
        check_flags(flags)
        options = PipelineOptions(flags)
        scrape = options.view_as(ScrapeOptions)
        job, seeds = prepare(scrape)
    except (UnknownFlags, SourceFileErrors, CannotPrepare) as error:
        print(error, file=sys.stderr)
        return 2
    stop_on_signal(job)
    if scrape.end_with_stdin:
        threading.Thread(target=stop_with_stdin, args=[job], daemon=True).start()
    runner = options.view_as(StandardOptions).runner or "DirectRunner"
    if runner == "DirectRunner":
        flags = [flag for flag in flags if not flag.startswith("--runner")]
        flags += local_flags(scrape.workers, seeds)
    run(job, PipelineOptions(flags), wait=waits(runner))
    if not waits(runner):
        return 0
    return report(job, scrape.rows_file)


def run(job: Job, options: PipelineOptions, *, wait: bool = True) -> None:
    """Builds and runs the pipeline; with `wait`, until it has ended."""
    pipeline = beam.Pipeline(options=options)
    build_batch(pipeline, job)
    result = pipeline.run()
    if wait:
        result.wait_until_finish()


def report(job: Job, rows_file: str) -> int:
    """Prints the executions of the run and writes the rows where they are wanted; returns the exit status."""
    executions = read_executions(job)
    if rows_file:
        export_rows(job, executions, rows_file)
    for execution in executions:
        print(json.dumps(execution, default=str))
    sys.stdout.flush()
    return int(any(execution["status"] == "failed" for execution in executions))


def stop_on_signal(job: Job) -> None:
    """SIGINT and SIGTERM end the run cleanly: what is in flight ends, the rest is left for `--resume`."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        Path(job.stop_file).touch()

    if job.stop_file and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)


def stop_with_stdin(job: Job) -> None:
    """Whoever started this process has died when its end of our standard input closes."""
    while os.read(0, 1024):  # not sys.stdin: a thread inside its buffer lets the interpreter die at its end
        pass
    if job.stop_file:
        Path(job.stop_file).touch()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    sys.exit(main())
