"""The streaming pipeline, stage by stage."""

import functools
from typing import Any

import apache_beam as beam

from pipelines import landing
from pipelines.engines import at_work
from pipelines.engines.admitting import admitter
from pipelines.engines.job import StreamJob
from pipelines.engines.onward import onward
from pipelines.engines.pubsub_reader import acknowledge, reader
from pipelines.graph import Land
from pipelines.streaming.raw_graph import raw_reader
from transforms.letter_files import letter_group
from transforms.streaming.admit import RECEIPTS, Admit
from transforms.streaming.complete_stream import ENDED, CompleteStream
from transforms.streaming.gate import PARTS, RAW, Gate
from transforms.streaming.read_events import ReadEvents, ReadEventsNatively
from transforms.streaming.read_raw import ReadRaw
from transforms.streaming.scrape_stream import ScrapeStream
from transforms.streaming.send_onward import SendOnward
from transforms.streaming.settle import Acknowledge, Settle
from transforms.tags import ONWARD
from transforms.write_files import WriteFiles

__all__ = ["build_stream"]


def build_stream(pipeline: beam.Pipeline, job: StreamJob) -> Any:
    """Wires the pipeline; gives PCollection[Execution], those that have ended.

    What comes from pages, from raw outputs and from requests that could not leave is landed apart: merging it first
    would carry every body from one process to another.
    """
    arrived = pipeline | "Read" >> _read(job)
    admitted = arrived | "Admit" >> Admit(functools.partial(admitter, job))
    gated = admitted.asked | "Gate" >> Gate()

    scraped = gated.specs | "Scrape" >> ScrapeStream(functools.partial(at_work.desks, job))
    stuck = scraped[ONWARD] | "SendOnward" >> SendOnward(functools.partial(onward, job))
    raw = gated[RAW] | "ReadRaw" >> ReadRaw(functools.partial(raw_reader, job))
    landed = [
        scraped.scraped | "Land" >> Land(job),
        stuck | "LandStuck" >> Land(job),
        raw | "LandRaw" >> Land(job),
    ]
    letters = [one[1] for one in landed] | "DeadLetters" >> beam.Flatten()
    written_letters = letters | "WriteDeadLetters" >> WriteFiles(
        letter_group, functools.partial(landing.open_letters, job)
    )
    written, tallies = [one[0] for one in landed], [one[2] for one in landed]
    parts = (gated[PARTS], *written, *tallies, written_letters)
    completed = parts | "Complete" >> CompleteStream(functools.partial(at_work.closer, job))
    receipts = (admitted[RECEIPTS], completed[ENDED])
    receipts | "Settle" >> Settle(functools.partial(_acknowledge, job))
    return completed.executions


def _acknowledge(job: StreamJob) -> Acknowledge:
    return functools.partial(acknowledge, job)


def _read(job: StreamJob) -> beam.PTransform[Any, Any]:
    if job.native_reader:
        return ReadEventsNatively(job.subscription)
    return ReadEvents(functools.partial(reader, job))
