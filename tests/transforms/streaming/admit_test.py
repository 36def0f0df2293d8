"""What an event comes to goes where it belongs: executions on, receipts to who settles them."""

import apache_beam as beam
from apache_beam.testing.test_pipeline import TestPipeline as BeamPipeline
from apache_beam.testing.util import assert_that, equal_to

from schemas.events.arrival import Arrived, Asked, Receipt
from transforms.streaming.admit import RECEIPTS, Admission, Admit

ASKED = Asked("key", None)


class FakeAdmitter:
    """An event is two executions; one without data is put off."""

    def admit(self, arrived: Arrived) -> Admission:
        if not arrived.data:
            return Admission("", None)
        return Admission("key", Receipt(arrived.handle, ("e1", "e2")), [("e1", ASKED), ("e2", ASKED)])


def test_executions_and_receipts_part() -> None:
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        arrived = pipeline | beam.Create([Arrived(b"1", {}, "1", handle="h"), Arrived(b"", {}, "2", handle="h2")])

        admitted = arrived | Admit(FakeAdmitter)

        assert_that(admitted.asked, equal_to([("e1", ASKED), ("e2", ASKED)]), label="asked")
        assert_that(admitted[RECEIPTS], equal_to([("key", Receipt("h", ("e1", "e2")))]), label="receipts")
