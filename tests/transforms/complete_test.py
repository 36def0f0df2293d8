import dataclasses

import apache_beam as beam
from apache_beam.testing.test_pipeline import TestPipeline as BeamPipeline
from apache_beam.testing.util import assert_that, equal_to

from schemas.ids import content_id
from schemas.outcome import Outcome
from schemas.plan import Plan
from schemas.tally import Tally
from schemas.written import Published, Written
from transforms.complete import Complete

PLAN = Plan("e1", "run", "shop", 1, 100.0)


def no_duplicates(_plan: Plan, _files: list[Written]) -> Published:
    return Published()


def test_a_source_that_did_nothing_has_its_row_too():
    tally = Tally()
    for number in range(3):
        tally.know([content_id(number)])
        tally.end(Outcome("e1", "shop", content_id(number), "pages"))
    tally.counts.update(rows=3, items=3)
    rows = Written("rows", "shop.products", "tmp", "final", 3)
    quiet = dataclasses.replace(PLAN, execution_id="e2", source="quiet", empty_ok=True)
    parts = [("e1", PLAN), ("e1", tally), ("e1", rows), ("e2", quiet), ("e2", Tally())]
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        executions = pipeline | beam.Create(parts) | Complete(no_duplicates, lambda: 160.0)

        summary = executions | beam.Map(lambda execution: (execution.source, execution.status, execution.rows))
        assert_that(summary, equal_to([("shop", "success", 3), ("quiet", "no_data", 0)]))
