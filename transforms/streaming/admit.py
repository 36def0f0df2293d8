"""Decides what is done because of an event, or that it is a dead letter."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput

import transforms.coders  # noqa: F401  Asked and Receipt travel pickled
from schemas.events.arrival import Arrived, Asked, Receipt

__all__ = ["RECEIPTS", "Admission", "Admit", "Admitter"]

RECEIPTS = "receipts"


@dataclasses.dataclass(frozen=True, slots=True)
class Admission:
    """What an event comes to.

    Attributes:
      asked: by execution.
      receipt: None: the event was put off, it comes again.
    """

    event_key: str
    receipt: Receipt | None
    asked: Sequence[tuple[str, Asked]] = ()


class Admitter(Protocol):
    """Reads events; what is wrong with one is written where all dead letters are before this returns."""

    def admit(self, arrived: Arrived) -> Admission:
        """What is done because of an event."""


class AdmitFn(beam.DoFn):
    """Admits events, one at a time.

    Yields:
      Main output: (execution_id, Asked).
      RECEIPTS: (event_key, Receipt).
    """

    def __init__(self, open_admitter: Callable[[], Admitter]) -> None:
        self._open_admitter = open_admitter

    def setup(self) -> None:
        self._admitter = self._open_admitter()

    def process(self, arrived: Arrived) -> Iterator[Any]:
        admission = self._admitter.admit(arrived)
        yield from admission.asked
        if admission.receipt is not None:
            yield TaggedOutput(RECEIPTS, (admission.event_key, admission.receipt))


@dataclasses.dataclass(eq=False)
class Admit(beam.PTransform[Any, Any]):
    """PCollection[Arrived] -> asked: PCollection[(execution_id, Asked)], RECEIPTS: PCollection[(event_key, Receipt)].

    Args:
      open_admitter: gives the process's one admitter.
    """

    open_admitter: Callable[[], Admitter]

    def expand(self, arrived: beam.PCollection[Arrived]) -> Any:
        keyed = tuple[str, Any]
        admit = beam.ParDo(AdmitFn(self.open_admitter)).with_output_types(keyed, **{RECEIPTS: keyed})
        return arrived | "Admit" >> admit.with_outputs(RECEIPTS, main="asked")
