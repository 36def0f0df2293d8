"""A Chromium's life: it starts, answers, and ends with all that belongs to it, in order or not."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.async_api import Error as PlaywrightError

from scrapers.browsing import chromium as chromium_module
from scrapers.browsing import sandbox
from scrapers.browsing.chromium import Chromium, launch
from scrapers.browsing.executable import find_browser
from scrapers.browsing.failures import BrowserGone
from scrapers.browsing.settings import BrowserSettings
from scrapers.browsing.strays import notes_folder

Run = Any
Start = Callable[..., Chromium]
Ended = Callable[[list[int]], None]

FILL_HEAP = "() => { const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length)); }"


async def title_of_a_page(chromium: Chromium) -> str:
    context = await chromium.browser.new_context()
    page = await context.new_page()
    await page.set_content("<title>lamps</title>")
    title = await page.title()
    await context.close()
    return title


def browser_pid(chromium: Chromium) -> int:
    return chromium._tree.browser.pid


def node_pid(chromium: Chromium) -> int:
    return chromium._tree.node.pid


def folders(chromium: Chromium) -> list[Path]:
    """Where it leaves things: ours, and its profile."""
    found = [chromium._note.folder, Path(chromium._tree.profile())]
    assert all(folder.is_dir() for folder in found)
    return found


def test_it_renders_and_answers(run: Run, chromium: Chromium):
    assert run(title_of_a_page(chromium)) == "lamps"
    assert run(chromium.answers(30))
    assert chromium.version.split(".")[0].isdigit()
    assert not chromium.is_gone()
    assert not chromium.dead.is_set()


def test_an_orderly_close_leaves_no_process_and_no_folder_and_the_other_one_alone(
    run: Run, chromium: Chromium, start: Start, ended: Ended
):
    other = start()
    pids, left = other.pids(), folders(other)
    assert not set(pids) & set(chromium.pids())

    run(other.close())
    run(other.close())

    ended(pids)
    assert not any(folder.exists() for folder in left)
    assert other.dead.is_set()
    assert other.pids() == []
    assert run(chromium.answers(30))


@pytest.mark.parametrize("which", [browser_pid, node_pid])
def test_killed_from_outside_it_is_dead_and_nothing_of_it_is_left(
    run: Run, start: Start, ended: Ended, which: Callable[[Chromium], int]
):
    chromium = start()
    pids, left = chromium.pids(), folders(chromium)

    async def kill_and_wait() -> None:
        os.kill(which(chromium), signal.SIGKILL)
        await chromium.dead.wait()

    run(kill_and_wait())

    assert chromium.is_gone()
    assert not run(chromium.answers())
    ended(pids)
    assert not any(folder.exists() for folder in left)


@pytest.mark.parametrize("which", [browser_pid, node_pid])
def test_a_frozen_one_does_not_answer_and_can_be_killed(
    run: Run, start: Start, ended: Ended, which: Callable[[Chromium], int]
):
    chromium = start()
    pids, left = chromium.pids(), folders(chromium)
    os.kill(which(chromium), signal.SIGSTOP)

    assert not run(chromium.answers(1))
    assert not chromium.dead.is_set()

    run(end_at_once(chromium))
    ended(pids)
    assert not any(folder.exists() for folder in left)


async def end_at_once(chromium: Chromium) -> None:
    chromium.kill()
    chromium.kill()


def test_a_frozen_renderer_does_not_outlive_its_browser(run: Run, start: Start, ended: Ended):
    chromium = start()

    async def open_and_freeze() -> None:
        page = await (await chromium.browser.new_context()).new_page()
        await page.set_content("lamps")
        for pid in renderers(chromium):
            os.kill(pid, signal.SIGSTOP)

    run(open_and_freeze())
    pids = chromium.pids()
    run(end_at_once(chromium))
    ended(pids)


def test_a_killed_renderer_is_its_pages_end_only(run: Run, chromium: Chromium):
    async def crash() -> bool:
        context = await chromium.browser.new_context()
        page = await context.new_page()
        crashed = asyncio.Event()
        page.on("crash", lambda _: crashed.set())
        await page.set_content("lamps")
        for pid in renderers(chromium):
            os.kill(pid, signal.SIGKILL)
        await crashed.wait()
        await context.close()
        return chromium.is_gone()

    assert run(crash()) is False
    assert run(title_of_a_page(chromium)) == "lamps"


def test_a_page_that_fills_its_heap_ends_its_own_tab(run: Run, start: Start):
    chromium = start(renderer_memory_mb=100)

    async def fill() -> None:
        page = await (await chromium.browser.new_context()).new_page()
        with pytest.raises(PlaywrightError, match="crashed"):
            await page.evaluate(FILL_HEAP)

    run(fill())
    assert run(title_of_a_page(chromium)) == "lamps"


def test_its_processes_are_not_told_what_our_environment_holds(run: Run, start: Start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SCRAPELINE_SECRET_SHOP", "hush")
    chromium = start()
    told = [psutil.Process(pid).environ() for pid in chromium.pids() if pid != node_pid(chromium)]
    run(chromium.close())

    assert any(environment.get("TMPDIR") == str(chromium._note.folder) for environment in told)
    assert not any("SCRAPELINE_SECRET_SHOP" in environment for environment in told)


@pytest.mark.parametrize(
    ("script", "secs", "says"), [("exit 3", 60, "did not start"), ("exec sleep 600", 0.2, "within")]
)
def test_one_that_does_not_start_is_a_failure_with_nothing_left(
    start: Start, own_temp: Path, script: str, secs: float, says: str
):
    browser = program(own_temp, script)

    with pytest.raises(BrowserGone, match=says):
        start(executable=str(browser), launch_secs=secs)

    assert list(notes_folder().iterdir()) == []


def test_a_start_that_is_given_up_leaves_nothing(
    run: Run, own_temp: Path, ended: Ended, wait_until: Callable[..., None]
):
    noted = own_temp / "pid"
    browser = program(own_temp, f"echo $$ > {noted}.new; mv {noted}.new {noted}; sleep 600")
    starting = asyncio.run_coroutine_threadsafe(launch(BrowserSettings(executable=str(browser)), ""), run.aio)
    wait_until(noted.exists, "it was started")

    starting.cancel()

    ended([int(noted.read_text())])
    wait_until(lambda: list(notes_folder().iterdir()) == [], "its folder is gone")
    assert list(own_temp.glob("playwright*")) == []


def test_a_driver_that_does_not_run_is_a_failure_that_says_so(
    start: Start, own_temp: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "/bin/false")

    with pytest.raises(BrowserGone, match="libatomic1"):
        start()

    assert list(notes_folder().iterdir()) == []


def test_temporary_files_without_a_place_are_a_failure_that_says_so(start: Start, own_temp: Path):
    notes_folder().chmod(0o777)

    with pytest.raises(BrowserGone, match="set TMPDIR to another folder"):
        start()


def test_where_the_sandbox_cannot_start_it_starts_without_and_that_is_remembered(
    run: Run,
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    browser = program(
        tmp_path,
        f'echo try >> {tmp_path}/tries; case "$*" in *--no-sandbox*) exec {find_browser().path} "$@";; esac;'
        "echo 'No usable sandbox!' >&2; exit 1",
    )
    monkeypatch.setattr(sandbox, "why_no_sandbox", str)
    monkeypatch.setattr(chromium_module, "SANDBOX", sandbox.SandboxMemory())

    assert not start(executable=str(browser)).sandboxed
    assert not start(executable=str(browser)).sandboxed

    assert (tmp_path / "tries").read_text().count("try") == 3
    assert [record.message for record in caplog.records if "sandbox" in record.message] == [
        "pages run without Chromium's sandbox: the system or the container forbids what it needs "
        f"({chromium_module.SANDBOX.why_not.split('(', 1)[1]}"
    ]


def renderers(chromium: Chromium) -> list[int]:
    return [pid for pid in chromium.pids() if "--type=renderer" in " ".join(psutil.Process(pid).cmdline())]


def program(folder: Path, script: str) -> Path:
    path = folder / "chromium-headless-shell"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
