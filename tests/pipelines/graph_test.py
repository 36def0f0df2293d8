"""A hundred sources make the same graph as one."""

from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.graph import build_batch
from pipelines.options import ScrapeOptions
from pipelines.preparation import prepared

SOURCE = "source: {0}\ntable: {0}.t\nseeds: {{urls: ['http://{0}.test/']}}\nfields: {{title: {{css: h1}}}}\n"


def graph_of(folder: Path, count: int) -> Any:
    sources = folder / "sources"
    sources.mkdir(parents=True)
    for number in range(count):
        (sources / f"s{number}.yaml").write_text(SOURCE.format(f"s{number}"))
    flags = [f"--sources={sources}", f"--output={folder}/out", "--run_id=run"]
    pipeline = beam.Pipeline(options=PipelineOptions([]))
    with prepared(PipelineOptions(flags).view_as(ScrapeOptions)) as (job, seeds):
        assert seeds == count
        build_batch(pipeline, job)
    return pipeline.to_runner_api()


def test_a_hundred_sources_make_the_same_graph_as_one(tmp_path: Path) -> None:
    one, hundred = graph_of(tmp_path / "1", 1), graph_of(tmp_path / "2", 100)

    names = [
        sorted(transform.unique_name for transform in proto.components.transforms.values()) for proto in (one, hundred)
    ]
    assert names[0] == names[1]
    assert abs(one.ByteSize() - hundred.ByteSize()) < 200
    assert one.ByteSize() < 200_000


def test_no_source_and_no_address_stands_in_the_graph(tmp_path: Path) -> None:
    graph = graph_of(tmp_path / "1", 3).SerializeToString()

    assert b"s1.test" not in graph
    assert b"s1.yaml" not in graph
