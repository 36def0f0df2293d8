"""The benchmarks with a browser run from end to end and check every row; with few pages their figures mean nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.script_shop import is_shell, shell_html
from scrapers.browsing.executable import BrowserMissing, find_browser

pytestmark = pytest.mark.timeout(240)


def run(project: Path, call: str) -> str:
    """What a benchmark prints, run in a process of its own: it ends whatever its children leave behind."""
    module = call.partition("(")[0].removeprefix("run_")
    script = f"""
from benchmarks.process_tree import adopt_orphans
from benchmarks.{module} import run_{module}
adopt_orphans()
print({call})
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("run_browser(12, 1, peers=False)", "| Scrapeline, 1 process, 12 pages |"),
        ("run_browser_growth(1, 63)", "| processes |"),
        ("run_browser_hang(1, 12, 6.0)", "| one, for 6 s, and again with layout |"),
        ("run_auto(20, 1)", "| `mode: auto` to the ideal mix |"),
        ("run_browser_choices(1, 6, ['as it is', 'none of these choices'])", "| none of these choices |"),
    ],
)
def test_a_benchmark_gets_every_row_and_shows_its_table(project: Path, call: str, shown: str) -> None:
    try:
        find_browser()
    except BrowserMissing as missing:
        pytest.skip(f"needs: Chromium ({missing})")
    assert shown in run(project, call)


def test_one_page_in_ten_is_a_shell_at_no_fixed_place() -> None:
    shells = [page for page in range(1_000) if is_shell(page)]

    assert len(shells) == 100
    assert len({page % 10 for page in shells}) > 5


def test_a_shell_holds_no_card() -> None:
    assert "<article" not in shell_html(3)
    assert 'data-api="/api/list/3"' in shell_html(3)
