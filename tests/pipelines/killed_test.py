"""Processes of a run are killed in its middle: it goes on, fetches little again, and leaves nothing behind."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

PAGES = 120
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def slow_site(site: Callable[..., Any], answer: Any) -> Any:
    """Three items a page, a twentieth of a second late."""

    def page(wanted: str) -> Any:
        host, _, number = wanted.partition("/p/")
        return answer("".join(f"<b id='{host}-{number}-{place}'>x</b>" for place in range(3)), secs=0.05)

    return site(page)


def check_whole(run: Any, site: Any, hosts: int, at_most: int) -> None:
    """Everything is there exactly once, and at most so many pages were asked for twice."""
    skus = [row["sku"] for row in run.records("rows")]
    assert len(skus) == len(set(skus)) == PAGES * hosts * 3, run.everything_said()
    execution = run.execution()
    assert (execution["status"], execution["rows"], execution["holds"]) == ("success", len(skus), True)
    assert execution["attempt"] > 1
    assert execution["pages_from_archive"] > 0
    assert len(site.pages) == PAGES * hosts
    assert sum(site.pages.values()) - PAGES * hosts <= at_most
    assert run.under_construction() == []


def test_a_killed_worker_process(project_of_runs: Any, slow_site: Any, write_source: Any, wait_until: Any) -> None:
    run, hosts = project_of_runs, ("a.test", "b.test", "c.test")
    write_source(pages=PAGES, hosts=hosts)
    process = run.start(*run.run_words("shop", "--workers", "2", *slow_site.resolve))
    wait_until(lambda: len(slow_site.pages) > PAGES or process.poll() is not None)
    workers = run.workers()
    assert len(workers) == 2, run.everything_said()

    os.kill(workers[0], signal.SIGKILL)

    assert process.wait(100) == 0, run.everything_said()
    check_whole(run, slow_site, len(hosts), at_most=3 * 4 + 12)  # in flight, and finished but not yet archived
    assert "started again 1x" in run.errors()
    assert run.processes() == []


def test_a_killed_pipeline_process(project_of_runs: Any, slow_site: Any, write_source: Any, wait_until: Any) -> None:
    run = project_of_runs
    write_source(pages=PAGES)
    process = run.start(*run.run_words("shop", "--workers", "1", *slow_site.resolve))
    wait_until(lambda: len(slow_site.pages) > PAGES / 2 or process.poll() is not None)
    [pipeline] = run.pipelines()

    os.kill(pipeline, signal.SIGKILL)

    assert process.wait(100) == 0, run.everything_said()
    check_whole(run, slow_site, 1, at_most=4 + 12)
    assert run.processes() == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_launcher(
    project_of_runs: Any, slow_site: Any, write_source: Any, wait_until: Any, workers: str
) -> None:
    run = project_of_runs
    write_source(pages=PAGES * 50, hosts=("a.test", "b.test"))
    process = run.start(*run.run_words("shop", "--workers", workers, *slow_site.resolve))
    wait_until(lambda: len(slow_site.pages) > 50 or process.poll() is not None)

    process.kill()

    wait_until(lambda: not run.processes())
    execution = run.execution()
    assert execution["condition"] == "partial"
    assert execution["rows"] == len(run.records("rows")) > 0


def test_a_killed_pipeline_takes_its_workers_with_it(
    project_of_runs: Any, slow_site: Any, write_source: Any, wait_until: Any
) -> None:
    """Without a launcher: workers in the middle of their hosts would go on for hours."""
    run = project_of_runs
    write_source(pages=PAGES * 50, hosts=("a.test", "b.test"))
    words = ["--source", "shop", "--sources", str(run.sources), "--output", str(run.output), "--workers=2"]
    process = run.start(*words, *slow_site.resolve, module="pipelines.scrape")
    wait_until(lambda: len(slow_site.pages) > 50 or process.poll() is not None)
    assert run.workers()

    process.kill()

    wait_until(lambda: not run.processes(), 5)
