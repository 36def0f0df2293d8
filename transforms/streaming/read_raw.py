"""Reads what scrapers elsewhere have left."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Protocol

import apache_beam as beam

from schemas.events.arrival import RawOutput
from schemas.outcome import Scraped

__all__ = ["RawReader", "ReadRaw"]


class RawReader(Protocol):
    """Reads files of raw output."""

    def read(self, raw: RawOutput) -> Iterator[Scraped]:
        """What becomes of a file's pages, one in memory at a time, and last of the file. Never raises."""


class ReadRawFn(beam.DoFn):
    """Reads a file of raw output.

    Yields:
      Main output: Scraped, one for each page of the file, and one for its end.
    """

    def __init__(self, open_reader: Callable[[], RawReader]) -> None:
        self._open_reader = open_reader

    def setup(self) -> None:
        self._reader = self._open_reader()

    def process(self, raw: RawOutput) -> Iterator[Scraped]:
        yield from self._reader.read(raw)


@dataclasses.dataclass(eq=False)
class ReadRaw(beam.PTransform[beam.PCollection[RawOutput], beam.PCollection[Scraped]]):
    """PCollection[RawOutput] -> PCollection[Scraped].

    `RawOutput.raw_id` must be announced by who asks for the file to be read (`Tally.know`); the pages announce
    themselves.

    Args:
      open_reader: gives what the process reads files with.
    """

    open_reader: Callable[[], RawReader]

    def expand(self, raw: beam.PCollection[RawOutput]) -> beam.PCollection[Scraped]:
        return raw | "ReadRaw" >> beam.ParDo(ReadRawFn(self.open_reader))
