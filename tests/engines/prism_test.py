"""A Prism is found, and runs a pipeline."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.coders import PickleCoder
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.userstate import BagStateSpec

from pipelines.engines import prism as engine
from tests.engines.small_stream import SmallStream
from tests.pipelines.conftest import eventually

SECS = 150.0  # for a job to start, on a busy machine


class CountSlowlyFn(beam.DoFn):  # type: ignore[misc]
    """Gives how many of the key came before, slow enough for Prism to want to split the bundle."""

    SEEN = BagStateSpec("seen", PickleCoder())

    def process(self, element: tuple[str, int], seen: Any = beam.DoFn.StateParam(SEEN)) -> Iterator[int]:
        before = len(list(seen.read()))
        time.sleep(0.4)
        seen.add(element[1])
        yield before


def test_a_named_program_is_taken_before_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "my-prism"
    named.write_text("#!/bin/sh\n")
    named.chmod(0o755)
    monkeypatch.setenv(engine.VARIABLE, str(named))

    assert engine.find_prism() == named


def test_a_named_program_that_is_not_there_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engine.VARIABLE, str(tmp_path / "gone"))

    with pytest.raises(engine.PrismMissing, match="gone"):
        engine.find_prism()


def test_without_one_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    monkeypatch.setattr(engine, "ENGINES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(engine.PrismMissing, match="make prism"):
        engine.find_prism()


def test_without_go_it_is_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    monkeypatch.setattr(engine, "ENGINES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert engine.main() == 1
    assert "needs: Go" in capsys.readouterr().err


@pytest.mark.engines
def test_a_pipeline_runs_on_it(prism_flags: list[str]) -> None:
    with beam.Pipeline(options=PipelineOptions(prism_flags)) as pipeline:
        sums = pipeline | beam.Create([("a", 1), ("b", 2), ("a", 3)]) | beam.CombinePerKey(sum)

        assert_that(sums, equal_to([("a", 4), ("b", 2)]))


@pytest.mark.engines
@pytest.mark.timeout(600)
def test_what_real_time_timers_hold_comes_out_when_the_source_ends(
    prism_flags: list[str],
    small_stream: SmallStream,
    launch: Callable[[Sequence[str]], "subprocess.Popen[bytes]"],
) -> None:
    launched = launch([*small_stream.flags, *prism_flags])
    small_stream.publish(0, 100)
    eventually(lambda: len(small_stream.came()) > 50, SECS)

    small_stream.publish(100, 100)
    eventually(lambda: len(small_stream.came()) > 100, SECS)
    small_stream.stop_file.touch()

    assert launched.wait(SECS) == 0
    came = small_stream.came()
    small_stream.stop_file.unlink()
    launch([*small_stream.flags, *prism_flags])
    eventually(lambda: small_stream.came() == set(range(200)), SECS)
    assert len(came) > 100


@pytest.mark.engines
def test_a_slow_bundle_loses_nothing_of_a_key_that_has_many_elements(prism_flags: list[str]) -> None:
    with beam.Pipeline(options=PipelineOptions(prism_flags)) as pipeline:
        counts = pipeline | beam.Create([("key", number) for number in range(6)]) | beam.ParDo(CountSlowlyFn())

        assert_that(counts, equal_to(list(range(6))))
