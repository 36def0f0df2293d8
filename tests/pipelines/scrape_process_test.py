import subprocess
import sys

import pytest

from pipelines.scrape_process import needs_no_cloud


@pytest.mark.parametrize(
    ("flags", "local"),
    [
        (["--output", "out", "--workers", "2"], True),
        (["--output", "gs://bucket/out"], False),
        (["--output=s3://bucket"], False),
        (["--runner=DataflowRunner"], False),
        (["--runner", "FlinkRunner"], False),
    ],
)
def test_googles_clients_are_left_out_only_where_nothing_leaves_the_machine(flags, local):
    assert needs_no_cloud(flags) is local


def test_a_mistake_in_the_flags_is_said_as_by_the_pipeline_itself():
    command = [sys.executable, "-m", "pipelines.scrape_process", "--outptu", "x"]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert "did you mean --output?" in done.stderr
