"""The batch pipeline, built once and run for every event: to build it takes longer than to run it."""

import dataclasses
import gc
import threading
from collections.abc import Callable
from typing import Any

import apache_beam as beam
from apache_beam.internal import pickler
from apache_beam.options.pipeline_options import DebugOptions, PipelineOptions
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.pipeline_context import PipelineContext
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms import environments

from pipelines.graph import build_batch
from pipelines.job import Job
from pipelines.runners import local_flags
from pipelines.streaming.dofn_specs import remember_dofn_specs
from pipelines.streaming.small_runs import small_run
from transforms.output_layout import OutputLayout

__all__ = ["EventGraph"]

_AT_WORK = threading.local()


class _AnyJob(Job):
    """Stands in the graph for the job that a thread is at work on. Beam pickles what a graph holds, and what is
    unpickled while it runs is that job; while the graph is built, this one again."""

    __slots__ = ()

    @property
    def layout(self) -> OutputLayout:
        return _AnyLayout(self.output, self.run_id, self.attempt)

    def __reduce__(self) -> tuple[Any, ...]:
        return _job, tuple(getattr(self, field.name) for field in dataclasses.fields(Job))


class _AnyLayout(OutputLayout):
    """The same for where that job's files stand."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return _layout, (self.root, self.run_id, self.attempt)


def _job(*values: Any) -> Job:
    job: Job | None = getattr(_AT_WORK, "job", None)
    return _AnyJob(*values) if job is None else job


def _layout(*values: Any) -> OutputLayout:
    job: Job | None = getattr(_AT_WORK, "job", None)
    return _AnyLayout(*values) if job is None else job.layout


def _add_windowing(graph: beam_runner_api_pb2.Pipeline) -> None:
    """Has each function know the windows of its input: Beam would unpack, add and pack them anew in every run."""
    parts = graph.components
    strategies = PipelineContext(parts).windowing_strategies
    for transform in parts.transforms.values():
        if transform.spec.urn == common_urns.primitives.PAR_DO.urn:
            pardo = beam_runner_api_pb2.ParDoPayload.FromString(transform.spec.payload)
            [main] = [name for tag, name in transform.inputs.items() if tag not in pardo.side_inputs]
            *function, windowing = pickler.loads(pardo.do_fn.payload)
            windowing = windowing or strategies.get_by_id(parts.pcollections[main].windowing_strategy_id)
            pardo.do_fn.payload = pickler.dumps((*function, windowing))
            transform.spec.payload = pardo.SerializeToString()


class EventGraph:
    """Wires a pipeline.

    Args:
      like: a job that has in common with all others what the graph depends on: warehouse, method, format.
      build: wires it.
    """

    def __init__(self, like: Job, build: Callable[[beam.Pipeline, Job], Any] = build_batch) -> None:
        remember_dofn_specs()
        self._options = PipelineOptions(local_flags([], 1))
        self._options.view_as(DebugOptions).experiments = ["beam_fn_api"]
        pipeline = beam.Pipeline(options=self._options)
        build(pipeline, _AnyJob(**{field.name: getattr(like, field.name) for field in dataclasses.fields(Job)}))
        embedded = environments.EmbeddedPythonEnvironment.default()
        with small_run():
            self._graph = pipeline.to_runner_api(default_environment=embedded)
            _add_windowing(self._graph)
        gc.unfreeze()  # what another graph froze may be garbage by now
        gc.collect()
        gc.freeze()  # what is loaded by now stays: to look through it for garbage was a tenth of an event's CPU

    def run(self, job: Job) -> None:
        """Runs it for a job, in this thread; several threads may do so at once."""
        graph = beam_runner_api_pb2.Pipeline()
        graph.CopyFrom(self._graph)
        _AT_WORK.job = job
        try:
            with small_run():
                FnApiRunner().run_via_runner_api(graph, self._options).wait_until_finish()
        finally:
            del _AT_WORK.job
