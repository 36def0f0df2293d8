"""A small run gives what any run gives, on its own thread; other runs of the process are as ever."""

import concurrent.futures
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.internal import cloudpickle_pickler, pickler
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.worker import bundle_processor, statesampler
from apache_beam.transforms import core, environments

from pipelines.streaming import small_runs
from pipelines.streaming.small_runs import small_run

SEEN: list[tuple[str, Any]] = []
THREADS: set[threading.Thread] = set()


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    processor, sampler = bundle_processor.BundleProcessor, statesampler.StateSampler
    changed = ((bundle_processor, "concurrent"), (cloudpickle_pickler, "bz2"), (core, "get_function_args_defaults"))
    for place, name in (*changed, (processor, "monitoring_infos"), (sampler, "start"), (sampler, "stop")):
        monkeypatch.setattr(place, name, getattr(place, name))
    small_runs._lighten.cache_clear()
    SEEN.clear()
    THREADS.clear()
    yield
    small_runs._lighten.cache_clear()


class SumFn(beam.DoFn):
    """Has a life, tagged outputs and a default of its own."""

    def __init__(self, add: int) -> None:
        self._add = add

    def setup(self) -> None:
        THREADS.add(threading.current_thread())

    def process(self, group: tuple[str, Iterable[int]], factor: int = 2) -> Iterator[Any]:
        word, numbers = group
        yield word, factor * sum(numbers) + self._add
        yield beam.pvalue.TaggedOutput("words", word)


class KeepFn(beam.DoFn):
    def __init__(self, name: str) -> None:
        self._name = name

    def process(self, element: Any) -> Iterator[Any]:
        SEEN.append((self._name, element))
        yield element


def graph() -> beam_runner_api_pb2.Pipeline:
    pipeline = beam.Pipeline(options=PipelineOptions([]))
    pairs = pipeline | beam.Create([("a", 1), ("b", 5), ("a", 2)])
    sums = pairs | beam.GroupByKey() | beam.ParDo(SumFn(10)).with_outputs("words", main="sums")
    sums.sums | "KeepSums" >> beam.ParDo(KeepFn("sum"))
    sums.words | beam.Map(lambda word: word * 2) | "KeepWords" >> beam.ParDo(KeepFn("word"))
    return pipeline.to_runner_api(default_environment=environments.EmbeddedPythonEnvironment.default())


def ran(made: beam_runner_api_pb2.Pipeline) -> tuple[list[Any], Any]:
    """What was kept, and the run's result."""
    SEEN.clear()
    result = FnApiRunner().run_via_runner_api(made, PipelineOptions([]))
    result.wait_until_finish()
    return sorted(SEEN), result


def test_a_small_run_gives_what_any_run_gives_on_its_own_thread() -> None:
    expected, _ = ran(graph())
    THREADS.clear()
    with small_run():
        made = graph()
        copy = beam_runner_api_pb2.Pipeline.FromString(made.SerializeToString())
        assert (
            ran(made)[0]
            == ran(copy)[0]
            == expected
            == [("sum", ("a", 16)), ("sum", ("b", 20)), ("word", "aa"), ("word", "bb")]
        )
    assert {threading.current_thread()} == THREADS


def test_other_runs_count_and_their_pickles_are_as_other_processes_read_them() -> None:
    as_ever = pickler.dumps({"a": 1})
    with small_run():
        plain = pickler.dumps({"a": 1})
        assert pickler.loads(as_ever) == {"a": 1}
    assert pickler.loads(plain) == {"a": 1}
    assert pickler.dumps({"a": 1}) == as_ever != plain
    _, result = ran(graph())
    assert [info for info in result.monitoring_infos() if info.urn == "beam:metric:element_count:v1"]


def test_the_end_of_one_threads_small_run_is_not_that_of_another() -> None:
    as_ever, begun, end = pickler.dumps(1), threading.Event(), threading.Event()

    def wait() -> bytes:
        with small_run():
            begun.set()
            end.wait(60)
            return pickler.dumps(1)

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        other = thread.submit(wait)
        assert begun.wait(60)
        with small_run():
            pass
        assert pickler.dumps(1) == as_ever
        end.set()
        assert other.result(60) != as_ever


def test_what_a_function_raises_while_its_graph_is_opened_ends_the_run() -> None:
    class BadFn(beam.DoFn):
        def setup(self) -> None:
            raise ValueError("no")

        def process(self, element: Any) -> None:
            pass

    pipeline = beam.Pipeline(options=PipelineOptions([]))
    pipeline | beam.Create([1]) | beam.ParDo(BadFn())
    made = pipeline.to_runner_api(default_environment=environments.EmbeddedPythonEnvironment.default())
    with small_run(), pytest.raises(Exception, match="no"):
        ran(made)
