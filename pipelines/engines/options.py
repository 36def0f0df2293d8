"""What a streaming job has of options beside those of a batch run."""

import argparse

from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.engines.job import EXECUTION_SECS
from schemas.events.reading import Limits

__all__ = ["OF_A_BATCH", "FlinkJobOptions", "StreamOptions"]

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


class FlinkJobOptions(PipelineOptions):
    """Options of Beam's Flink runner that Python's Beam learns only from the job server, when the job is on its way."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--checkpointing_interval", type=int, help="milliseconds between two checkpoints; without, a crash loses")
        add("--min_pause_between_checkpoints", type=int, help="milliseconds")
        add("--checkpoint_timeout_millis", type=int)
        add("--max_bundle_time_mills", type=int, help="milliseconds that a bundle may gather")
        add("--max_bundle_size", type=int, help="elements that a bundle may gather")
        add("--state_backend", help="of the job, where it is not the cluster's: hashmap or rocksdb")
        add("--state_backend_storage_path", help="of its checkpoints")
        add("--savepoint_path", help="to begin from")
