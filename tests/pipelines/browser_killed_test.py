"""Processes of a run with a browser are killed: every request ends once, and no Chromium is left behind."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from scrapers.browsing.executable import BrowserMissing, find_browser

try:
    find_browser()
except BrowserMissing as missing:
    pytest.skip(f"needs: Chromium ({missing})", allow_module_level=True)

PAGES = 40
pytestmark = pytest.mark.timeout(240)
MAKES_ITEMS = """<script>setTimeout(() => {{ for (const n of [0, 1, 2]) {{
const b = document.createElement('b'); b.id = '{0}-' + n; b.textContent = 'x'
document.body.append(b) }} }}, 30)</script>"""


@pytest.fixture
def script_site(site: Callable[..., Any]) -> Any:
    """Three items a page, made by a script."""
    return site(lambda wanted: MAKES_ITEMS.format(wanted.replace("/p/", "-")))


@pytest.fixture
def started(project_of_runs: Any, script_site: Any, write_source: Any, wait_until: Any) -> Any:
    """A run in the middle of its pages; its folder for temporary files is the project's."""
    write_source(pages=PAGES, fetch={"mode": "browser", "ready": {"css": "b"}, "retries": 3})
    temporary = Path(project_of_runs.folder) / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    process = project_of_runs.start(*project_of_runs.run_words("shop", *script_site.resolve), env=environment)
    wait_until(lambda: len(script_site.pages) > PAGES / 4 or process.poll() is not None)
    return process


def chromiums(run: Any) -> list[psutil.Process]:
    """Of the run's pipeline: Chromium's processes, the browser's own first."""
    [pipeline] = run.pipelines()
    below = psutil.Process(pipeline).children(recursive=True)
    found = [(one, " ".join(one.cmdline())) for one in below]
    browser = [one for one, words in found if "--remote-debugging-pipe" in words and "--type=" not in words]
    return browser + [one for one, words in found if "--type=" in words]


def are_gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def check_whole(run: Any) -> None:
    skus = [row["sku"] for row in run.records("rows")]
    assert len(skus) == len(set(skus)) == PAGES * 3, run.everything_said()
    execution = run.execution()
    assert (execution["status"], execution["pages_rendered"], execution["holds"]) == ("success", PAGES, True)
    assert run.records("dead_letters") == []


def test_a_killed_chromium(project_of_runs: Any, started: Any, wait_until: Any) -> None:
    run = project_of_runs
    before = chromiums(run)
    assert before, run.everything_said()

    before[0].kill()

    wait_until(lambda: are_gone(before))
    assert started.wait(120) == 0, run.everything_said()
    check_whole(run)
    wait_until(lambda: not run.processes())


def test_a_killed_driver(project_of_runs: Any, started: Any, wait_until: Any) -> None:
    run = project_of_runs
    before, drivers = chromiums(run), run.processes(command="run-driver")
    assert drivers, run.everything_said()

    os.kill(drivers[0], signal.SIGKILL)

    wait_until(lambda: are_gone(before))
    assert started.wait(120) == 0, run.everything_said()
    check_whole(run)
    wait_until(lambda: not run.processes())


def test_a_killed_pipeline(project_of_runs: Any, started: Any, wait_until: Any) -> None:
    run = project_of_runs
    before, [pipeline] = chromiums(run), run.pipelines()
    assert before, run.everything_said()

    os.kill(pipeline, signal.SIGKILL)

    wait_until(lambda: are_gone(before))
    assert started.wait(120) == 0, run.everything_said()
    check_whole(run)
    assert run.execution()["attempt"] > 1
    wait_until(lambda: not run.processes())


def test_a_run_leaves_no_process_and_no_folder(project_of_runs: Any, started: Any, wait_until: Any) -> None:
    run = project_of_runs
    before = chromiums(run)

    assert started.wait(120) == 0, run.everything_said()
    check_whole(run)
    wait_until(lambda: are_gone(before) and not run.processes())
    left = [str(path) for path in (run.folder / "tmp").rglob("*") if "profile" in path.name or "artifacts" in path.name]
    assert left == []
