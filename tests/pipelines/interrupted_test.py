"""Ctrl-C and SIGTERM: what was got is written, and `--resume` gets the rest."""

import os
import re
import shlex
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

PAGES = 60
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def slow_site(site: Callable[..., Any], answer: Any) -> Any:
    """Half a second a page."""
    return site(lambda wanted: answer(f"<b id='{wanted}'>x</b>", secs=0.5))


def interrupt(process: Any, number: int) -> None:
    """Ctrl-C goes to the whole foreground process group, kill to one process."""
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)


def skus(run: Any) -> list[str]:
    return sorted(row["sku"] for row in run.records("rows"))


@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGINT, "1"), (signal.SIGTERM, "2")], ids=["Ctrl-C", "SIGTERM, two workers"]
)
def test_a_run_that_is_stopped_ends_in_seconds_and_can_be_resumed(
    project_of_runs: Any, slow_site: Any, write_source: Any, wait_until: Any, number: int, workers: str
) -> None:
    run = project_of_runs
    write_source(pages=PAGES, hosts=("a.test", "b.test"))
    process = run.start(*run.run_words("shop", "--workers", workers, *slow_site.resolve))
    wait_until(lambda: len(slow_site.pages) > 20 or process.poll() is not None)

    interrupt(process, number)
    started = time.monotonic()

    assert process.wait(60) == 130, run.everything_said()
    assert time.monotonic() - started < 30
    wait_until(lambda: not run.processes(), 5)
    execution = run.execution()
    assert (execution["condition"], execution["holds"]) == ("partial", True)
    assert any("cancelled" in reason for reason in execution["reasons"])
    assert 0 < execution["rows"] == len(skus(run)) < 2 * PAGES
    assert run.under_construction() == []

    again = re.search("Go on with:  scrapeline (.*)", run.errors())
    assert again is not None, run.errors()
    kept, asked = skus(run), len(slow_site.asked)
    assert run.start(*shlex.split(again[1])).wait(100) == 0, run.everything_said()

    assert set(kept) < set(skus(run))
    assert skus(run) == sorted(slow_site.pages)
    assert len(slow_site.pages) == 2 * PAGES
    execution = run.execution()
    assert (execution["status"], execution["condition"], execution["attempt"]) == ("success", "", 2)
    assert execution["pages_from_archive"] == len(kept)
    assert len(slow_site.asked) - asked <= 2 * PAGES - len(kept) + 4  # and robots.txt, by both workers


def test_a_second_ctrl_c_ends_the_run_at_once(
    project_of_runs: Any, site: Any, answer: Any, write_source: Any, wait_until: Any
) -> None:
    run = project_of_runs
    stuck = site(lambda wanted: answer(f"<b id='{wanted}'>x</b>", secs=20))
    write_source(pages=PAGES)
    process = run.start(*run.run_words("shop", *stuck.resolve))
    wait_until(lambda: stuck.pages or process.poll() is not None)

    interrupt(process, signal.SIGINT)
    time.sleep(0.5)
    interrupt(process, signal.SIGINT)
    started = time.monotonic()

    assert process.wait(60) == 130, run.everything_said()
    assert time.monotonic() - started < 15
    wait_until(lambda: not run.processes(), 5)
    assert "go on with:  scrapeline run --resume" in run.errors()
    assert run.records("executions") == []


def test_a_run_stopped_before_its_first_page_closes_its_execution(
    project_of_runs: Any, slow_site: Any, write_source: Any, wait_until: Any
) -> None:
    run = project_of_runs
    write_source(pages=PAGES)
    process = run.start(*run.run_words("shop", *slow_site.resolve))
    wait_until(lambda: run.processes(command="pipelines.scrape"))

    interrupt(process, signal.SIGINT)

    assert process.wait(60) == 130, run.everything_said()
    execution = run.execution()
    assert (execution["rows"], execution["condition"], execution["holds"]) == (0, "partial", True)


def test_the_pipeline_without_a_console_drains_on_sigterm(
    project_of_runs: Any, slow_site: Any, write_source: Any, wait_until: Any
) -> None:
    run = project_of_runs
    write_source(pages=PAGES)
    words = ["--source", "shop", "--sources", str(run.sources), "--output", str(run.output), "--workers=1"]
    process = run.start(*words, *slow_site.resolve, module="pipelines.scrape")
    wait_until(lambda: len(slow_site.pages) > 10 or process.poll() is not None)

    process.terminate()

    assert process.wait(30) == 0, run.everything_said()
    assert run.errors() == ""
    assert '"condition": "partial"' in run.said()
    assert len(skus(run)) == run.execution()["rows"] > 0
