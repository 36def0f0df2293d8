"""CI must not pass because a service was missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

def test_runs(): pass

@pytest.mark.skipif(True, reason="needs: a service that is not here")
def test_of_a_service(): pass

def test_of_another(): pytest.skip("needs: another service")

@pytest.mark.skip(reason="not on this platform")
def test_of_another_platform(): pass
"""


@pytest.mark.parametrize(
    ("ci", "ends"),
    [("true", "1 failed, 1 passed, 1 skipped, 1 error"), ("", "1 passed, 3 skipped")],
)
def test_a_missing_service_fails_on_ci_and_skips_elsewhere(tmp_path: Path, project: Path, ci: str, ends: str) -> None:
    shutil.copy(project / "tests" / "conftest.py", tmp_path)
    (tmp_path / "services_test.py").write_text(TESTS)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "services_test.py"],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(project)},  # for the fixtures that conftest.py names
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ends in run.stdout
    assert ("skipped on CI" in run.stdout) == bool(ci)
