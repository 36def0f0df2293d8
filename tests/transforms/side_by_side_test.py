import threading

import apache_beam as beam
import pytest
from apache_beam.testing.test_pipeline import TestPipeline as BeamPipeline
from apache_beam.testing.util import assert_that, equal_to

from transforms.side_by_side import SideBySideFn

PATIENCE_SECS = 60
ALL_HERE = threading.Barrier(3)


def meet(number: int) -> int:
    """Returns only when three of them have begun."""
    ALL_HERE.wait(PATIENCE_SECS)
    return number * 10


def refuse(number: int) -> int:
    raise ValueError(f"not {number}")


def test_elements_are_worked_on_at_once_and_all_come_out():
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        mapped = pipeline | beam.Create(range(9)) | beam.ParDo(SideBySideFn(meet, at_once=3))

        assert_that(mapped, equal_to([number * 10 for number in range(9)]))


def test_one_at_a_time_needs_no_thread():
    with BeamPipeline(runner="FnApiRunner") as pipeline:
        mapped = pipeline | beam.Create([1, 2]) | beam.ParDo(SideBySideFn(lambda one: threading.current_thread().name))

        assert_that(
            mapped | beam.Filter(lambda name: name.startswith("side-by-side")),
            equal_to([]),
            label="no thread of its own",
        )


@pytest.mark.parametrize("at_once", [1, 4])
def test_an_error_ends_the_bundle(at_once):
    with pytest.raises(Exception, match="not 1"), BeamPipeline(runner="FnApiRunner") as pipeline:
        _ = pipeline | beam.Create([1]) | beam.ParDo(SideBySideFn(refuse, at_once))
