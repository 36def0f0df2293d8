"""The streaming job, submitted to a stand-in for Dataflow and read back: what Dataflow would be asked to run."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from apache_beam.portability.api import beam_runner_api_pb2
from google.cloud import storage

from tests.bigquery_servers.emulator import Emulator
from tests.engines.fake_dataflow import FakeDataflow

SUBSCRIPTION = "projects/proj-x/subscriptions/events"
STREAMING = 2  # JOB_TYPE_STREAMING, as Beam's client numbers it
SHOP = """source: shop
table: shop.products
key: [sku]
seeds: {urls: ["https://shop.example/"]}
items: {css: article}
fields: {sku: {css: "::attr(data-sku)", type: string, required: true}}
"""


@pytest.fixture
def dataflow() -> Iterator[FakeDataflow]:
    fake = FakeDataflow()
    yield fake
    fake.close()


@pytest.fixture
def bucket(bigquery_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in bigquery_emulator.environment.items():
        monkeypatch.setenv(name, value)
    client = storage.Client.create_anonymous_client()
    client.project = bigquery_emulator.project
    name = "dataflow-test"
    if not client.lookup_bucket(name):
        client.create_bucket(name)
    return name


def submit(dataflow: FakeDataflow, bucket: str, sources: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable, "-m", "pipelines.engines.stream", "--runner=DataflowRunner", "--no_auth",
        f"--dataflow_endpoint={dataflow.endpoint}", "--project=proj-x", "--region=europe-west1", "--job_name=scrapes",
        f"--temp_location=gs://{bucket}/tmp", "--sdk_container_image=example/scrapeline@sha256:abc",
        "--sdk_location=container", "--experiments=enable_streaming_engine", f"--subscription={SUBSCRIPTION}",
        "--onward_topic=projects/proj-x/topics/events", f"--output=gs://{bucket}/out", f"--sources={sources}", *more,
    ]  # fmt: skip
    return subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=100)


def graph_of(job: dict[str, object]) -> beam_runner_api_pb2.Pipeline:
    options = job["environment"]["sdkPipelineOptions"]["options"]  # type: ignore[index]
    client = storage.Client.create_anonymous_client()
    data = storage.Blob.from_uri(options["pipelineUrl"], client=client).download_as_bytes()
    return beam_runner_api_pb2.Pipeline.FromString(data)


def write_sources(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"shop{number}.yaml").write_text(SHOP.replace("source: shop", f"source: shop{number}"))
    return folder


def test_dataflow_is_given_a_streaming_job_that_reads_pubsub_natively(
    dataflow: FakeDataflow, bucket: str, tmp_path: Path
) -> None:
    done = submit(dataflow, bucket, write_sources(tmp_path / "sources", 1))
    assert done.returncode == 0, done.stderr
    [job] = dataflow.jobs
    assert job["type"] in ("JOB_TYPE_STREAMING", STREAMING)
    assert "enable_streaming_engine" in job["environment"]["experiments"]
    transforms = graph_of(job).components.transforms.values()
    reads = [one for one in transforms if one.spec.urn == "beam:transform:pubsub_read:v1"]
    assert len(reads) == 1
    assert b"subscriptions/events" in reads[0].spec.payload
    assert not [one.unique_name for one in transforms if one.spec.urn == "beam:transform:impulse:v1"], (
        "no reader of ours"
    )


def test_the_steps_have_the_same_names_whatever_the_sources_are(
    dataflow: FakeDataflow, bucket: str, tmp_path: Path
) -> None:
    """Dataflow updates a running job only if its stateful steps keep their names; and takes 10 MB of graph at most."""
    few = submit(dataflow, bucket, write_sources(tmp_path / "few", 1))
    many = submit(dataflow, bucket, write_sources(tmp_path / "many", 200), "--topic=projects/proj-x/topics/done")
    assert (few.returncode, many.returncode) == (0, 0), few.stderr + many.stderr
    graphs = [graph_of(job) for job in dataflow.jobs]
    names = [sorted(one.unique_name for one in graph.components.transforms.values()) for graph in graphs]
    assert names[0] == names[1]
    stateful = {"Gate", "Scrape", "Complete", "Settle"}
    assert stateful <= {name.partition("/")[0] for name in names[0]}
    assert all(len(graph.SerializeToString()) < 1_000_000 for graph in graphs)
    assert len(json.dumps(dataflow.jobs[1])) < 1_000_000


def test_a_mistake_in_the_options_submits_nothing(dataflow: FakeDataflow, bucket: str, tmp_path: Path) -> None:
    done = submit(dataflow, bucket, write_sources(tmp_path / "sources", 1), "--source=shop0")
    assert done.returncode == 2
    assert "--source does not go with streaming" in done.stderr
    assert dataflow.jobs == []
