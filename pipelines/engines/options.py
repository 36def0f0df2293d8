"""What a streaming job has of options beside those of a batch run."""

import argparse

from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.engines.job import EXECUTION_SECS
from schemas.events.reading import Limits

__all__ = ["OF_A_BATCH", "StreamOptions"]

OF_A_BATCH = (
    "source", "param", "urls", "replay", "limit", "workers", "scheduled", "resume", "restart", "rows_file",
    "progress_folder", "end_with_stdin",
)  # fmt: skip
"""Options of a batch run that say what is to be run; in a stream events do."""


class StreamOptions(PipelineOptions):
    """Options of the streaming pipeline only."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--subscription", default="", help="events come from it: projects/P/subscriptions/S")
        add("--topic", default="", help="told of executions that have ended: projects/P/topics/T; default: nobody is")
        add("--dead_letter_topic", default="", help="takes events that became dead letters; default: the table only")
        add(
            "--onward_topic",
            default="",
            help="feeds the subscription: requests for other hosts go there; default: the subscription's own topic",
        )
        add("--lease_secs", type=int, default=30, help="an event comes again so long after a crash; 10 at least")
        add(
            "--execution_secs",
            type=float,
            default=EXECUTION_SECS,
            help="after so long an execution is closed as failed, whatever is missing; default: an hour",
        )
        add(
            "--max_event_age_secs",
            type=float,
            default=Limits().max_age_secs,
            help="older events become dead letters `expired`; default: 7 days",
        )
