"""The streaming pipeline: `python -m pipelines.engines.stream --subscription NAME --output DIR [any Beam option]`.

What a flex template starts, and what `scrapeline run --streaming --runner=...` starts and watches. It runs until its
stop file appears; then what is in flight ends, and the rest stays in the subscription. Exit status: 0 it was stopped
and has drained; 2 a mistake in the command line or the folder of sources; 70 the job broke off.
"""

import dataclasses
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import DebugOptions, GoogleCloudOptions, PipelineOptions, StandardOptions

from pipelines import exit_status
from pipelines.broken_run import explain
from pipelines.cannot_prepare import CannotPrepare
from pipelines.engines.graph import build_stream
from pipelines.engines.job import StreamJob
from pipelines.engines.onward import topic_of
from pipelines.engines.options import OF_A_BATCH, StreamOptions
from pipelines.options import ScrapeOptions, WrongFlags, check_flags
from pipelines.places import WrongPlace, in_full
from pipelines.runners import is_local, waits
from pipelines.scrape import end, log_to_stderr
from pipelines.source_outputs import places_of_run
from pipelines.sources_bundle import git_commit, write_bundle
from pipelines.streaming.inbox import InboxLost
from pipelines.streaming.pubsub_names import why_no_name
from scrapers.browsing.settings import BrowserSettings
from scrapers.source_files.bundle import BundleRefused, pack_sources

__all__ = ["NO_SPLITS", "main", "prepared"]

NO_SPLITS = "prism_disable_sdf_split"
"""Prism 2.77 splits slow bundles of stateful stages, too, between elements of one key if need be: two bundles then work
on the key at once, and what one of them keeps of it is lost. Nothing here needs to be split."""

_LOG = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the pipeline with these flags; returns the exit status."""
    flags = list(sys.argv[1:] if argv is None else argv)
    try:
        check_flags(flags)
        options = PipelineOptions(flags)
        job = prepared(options)
    except (WrongFlags, WrongPlace, CannotPrepare, BundleRefused, InboxLost, OSError) as error:
        print(error, file=sys.stderr)
        return exit_status.USAGE
    try:
        _run(job, options)
    except Exception as error:  # noqa: BLE001  the end of the job, whatever ended it: a sentence and a status say so
        status, sentence = explain(error, job.output)
        _LOG.error("the job broke off", exc_info=error)
        print(sentence, file=sys.stderr)
        return status
    return exit_status.OK


def prepared(options: PipelineOptions) -> StreamJob:
    """Checks the options and writes what the workers read.

    Raises:
      WrongFlags, WrongPlace, CannotPrepare, BundleRefused, InboxLost, OSError
    """
    scrape, stream, standard = (options.view_as(kind) for kind in (ScrapeOptions, StreamOptions, StandardOptions))
    _check(scrape, stream, standard)
    standard.streaming = True
    if "Prism" in (standard.runner or ""):
        options.view_as(DebugOptions).add_experiment(NO_SPLITS)
    folder = Path(scrape.sources)
    where = in_full(places_of_run(scrape.output, scrape.files, folder, None))
    digest, packed = pack_sources(folder)
    return StreamJob(
        output=where.folder,
        warehouse=where.warehouse,
        run_id=options.view_as(GoogleCloudOptions).job_name or "stream",
        attempt=1,
        bundle=write_bundle(where.folder, digest, packed),
        file_format="jsonl" if where.warehouse or scrape.file_format == "json" else "parquet",
        bigquery_method="insert" if scrape.bigquery_method == "load" else scrape.bigquery_method,
        resolve=tuple(scrape.resolve),
        browser=dataclasses.replace(BrowserSettings(), tabs=scrape.browser_tabs),
        stop_file=scrape.stop_file or f"{where.folder}/.scrapeline/streaming/stop",
        subscription=stream.subscription,
        native_reader="Dataflow" in (standard.runner or ""),
        topic=stream.topic,
        dead_letter_topic=stream.dead_letter_topic,
        onward_topic=stream.onward_topic or topic_of(stream.subscription),
        lease_secs=stream.lease_secs,
        execution_secs=stream.execution_secs,
        max_event_age_secs=stream.max_event_age_secs,
        git_commit=git_commit(folder),
    )


def _check(scrape: ScrapeOptions, stream: StreamOptions, standard: StandardOptions) -> None:
    if not stream.subscription:
        raise WrongFlags("--subscription projects/P/subscriptions/S is needed: events come from it")
    for topic in filter(None, (stream.topic, stream.dead_letter_topic, stream.onward_topic)):
        if why := why_no_name("topic", topic):
            raise WrongFlags(why)
    runner = standard.runner or "DirectRunner"
    if "." not in runner and runner.lower() not in {known.lower() for known in StandardOptions.KNOWN_RUNNER_NAMES}:
        raise WrongFlags(f"--runner: there is no {runner}; it is one of PrismRunner, FlinkRunner, DataflowRunner")
    if is_local(runner):
        raise WrongFlags("this graph is for engines; on this machine alone: scrapeline run --streaming")
    defaults = PipelineOptions([]).view_as(ScrapeOptions)
    given = [name for name in OF_A_BATCH if getattr(scrape, name) != getattr(defaults, name)]
    if given:
        raise WrongFlags(f"--{given[0]} does not go with streaming: events say what is to be run")


def _run(job: StreamJob, options: PipelineOptions) -> None:
    pipeline = beam.Pipeline(options=options)
    build_stream(pipeline, job)
    result = pipeline.run()
    if waits(options.view_as(StandardOptions).runner or ""):
        print("ready", flush=True)
        result.wait_until_finish()


if __name__ == "__main__":
    log_to_stderr()
    end(main())
