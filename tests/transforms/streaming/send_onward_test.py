"""Requests for other hosts are sent a bundle at a time; what does not leave is told."""

from collections.abc import Sequence

import apache_beam as beam
from apache_beam.testing.test_pipeline import TestPipeline as BeamPipeline
from apache_beam.testing.util import assert_that, equal_to

from schemas.outcome import Outcome, Scraped
from schemas.request import Request, RequestSpec
from transforms.streaming.send_onward import SendOnward


class FakeOnward:
    """Publishes all but what leads to GONE."""

    def send(self, specs: Sequence[RequestSpec]) -> list[Scraped]:
        return [Scraped(Outcome("e1", "shop", one.spec_id, "pages")) for one in specs if "gone" in one.requests[0].url]


def test_what_does_not_leave_is_told() -> None:
    specs = [RequestSpec("shop", "e1", (Request("shop", f"http://{host}.test/", "e1"),)) for host in ("gone", "there")]
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        told = pipeline | beam.Create(specs) | SendOnward(FakeOnward)

        ended = told | beam.Map(lambda scraped: scraped.outcome.request_id)
        assert_that(ended, equal_to([specs[0].spec_id]))
