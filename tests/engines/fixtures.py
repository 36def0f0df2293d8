"""Fixtures of the engines; each is found or started when a test first asks for it."""

from pathlib import Path

import pytest

from pipelines.engines.prism import PrismMissing, find_prism


@pytest.fixture(scope="session")
def prism() -> Path:
    """The program Prism."""
    try:
        return find_prism()
    except PrismMissing as missing:
        pytest.skip(f"needs: Prism ({missing})")


@pytest.fixture(scope="session")
def prism_flags(prism: Path) -> list[str]:
    """Beam's flags that run a pipeline of this process on a Prism of its own, with the workers in this process."""
    return [
        "--runner=PrismRunner",
        f"--prism_location={prism}",
        "--job_port=0",
        "--environment_type=LOOPBACK",
        "--experiments=disable_prism_server_singleton",
    ]
