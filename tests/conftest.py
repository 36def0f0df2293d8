"""What all tests share: where things are, and the rule that CI may not skip for a missing service."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# On CI the same examples every time: what a new one finds is no fault of the change that is checked.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "desk")

# Tests side by side are users of their own: what processes of one user share on a machine (locks of hosts, notes,
# unpacked sources) stands below the folder for temporary files.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["TMPDIR"] = tempfile.tempdir = str(
        Path(tempfile.gettempdir(), f"scrapeline-tests-{os.getppid()}", worker)
    )
    Path(tempfile.tempdir).mkdir(parents=True, exist_ok=True)
    atexit.register(shutil.rmtree, tempfile.tempdir, ignore_errors=True)

pytest_plugins = ["tests.bigquery_servers.fixtures", "tests.engines.fixtures"]

ROOT = Path(__file__).parents[1]
NEEDS = "needs:"


def fail_if_service_is_missing(report: pytest.TestReport | pytest.CollectReport) -> None:
    """On CI a skip whose reason starts with `needs:` is a failure: there, everything that tests need is installed."""
    if os.environ.get("CI") != "true" or report.outcome != "skipped" or not isinstance(report.longrepr, tuple):
        return
    reason = str(report.longrepr[2]).removeprefix("Skipped: ")
    if reason.startswith(NEEDS):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: skipped on CI, where nothing may be missing: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_if_service_is_missing(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_if_service_is_missing(report)
    return report


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return ROOT
