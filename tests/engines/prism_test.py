"""A Prism is found, and runs a pipeline."""

from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to

from pipelines.engines import prism as engine


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
