"""What a process that died left behind, and who may take it away."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scrapers.browsing import strays
from scrapers.browsing.executable import BrowserMissing, find_browser
from scrapers.browsing.strays import Note, notes_folder, reap

Ended = Callable[[list[int]], None]

OWNER = """
import asyncio, json, threading
from scrapers.browsing.chromium import launch
from scrapers.browsing.settings import BrowserSettings

async def main():
    chromium = await launch(BrowserSettings(), "")
    page = await (await chromium.browser.new_context()).new_page()
    await page.set_content("lamps")
    tree = chromium._tree
    print(json.dumps({"pids": chromium.pids(), "node": tree.node.pid, "browser": tree.browser.pid,
                      "profile": tree.profile()}), flush=True)
    await asyncio.to_thread(input)

asyncio.run(main())
"""


class Owner:
    """A process of its own that has a Chromium; killed at the end."""

    def __init__(self, project: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER], cwd=project, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.said: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.pids: list[int] = self.said["pids"]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)

    def exit(self) -> None:
        """It comes to its end without closing its browser."""
        self.process.communicate("\n", timeout=60)

    def freeze(self, *names: str) -> None:
        for name in names:
            os.kill(self.said[name], signal.SIGSTOP)


@pytest.fixture
def owner(project: Path, own_temp: Path) -> Iterator[Owner]:
    try:
        find_browser()
    except BrowserMissing as missing:
        pytest.skip(f"needs: Chromium ({missing})")
    owner = Owner(project)
    yield owner
    owner.kill()
    reap()


def test_nothing_outlives_a_killed_owner_but_a_folder_that_the_next_process_removes(owner: Owner, ended: Ended):
    owner.kill()

    ended(owner.pids)
    assert reap() == 1
    assert list(notes_folder().iterdir()) == []
    assert not Path(owner.said["profile"]).exists()
    assert reap() == 0


def test_an_owner_that_exits_without_closing_leaves_nothing_at_all(owner: Owner, ended: Ended):
    owner.exit()

    ended(owner.pids)
    assert list(notes_folder().iterdir()) == []
    assert not Path(owner.said["profile"]).exists()


@pytest.mark.parametrize("frozen", [("node",), ("browser",), ("node", "browser")])
def test_frozen_processes_of_a_killed_owner_are_ended_by_the_next_one(
    owner: Owner, ended: Ended, frozen: tuple[str, ...]
):
    owner.freeze(*frozen)
    owner.kill()

    assert reap() == 1

    ended(owner.pids)
    assert list(notes_folder().iterdir()) == []
    assert not Path(owner.said["profile"]).exists()


def test_a_living_owners_chromium_is_left_alone(owner: Owner):
    assert reap() == 0

    for pid in owner.pids:
        os.kill(pid, 0)
    assert len(list(notes_folder().iterdir())) == 1


def test_a_process_that_only_has_the_number_of_a_stray_is_left_alone(own_temp: Path):
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    others = own_temp / "others"
    others.mkdir()
    try:
        note = Note()
        numbers = [stranger.pid, 1.0]
        (note.folder / "processes.json").write_text(
            json.dumps({"node": numbers, "browser": numbers, "profile": "/etc"})
        )
        os.close(note._lock)  # as the kernel does for a dead owner

        assert reap() == 1
        assert stranger.poll() is None
        assert others.exists()
    finally:
        stranger.kill()
        stranger.wait(60)


def test_a_note_that_cannot_be_read_is_removed_with_its_folder(own_temp: Path):
    note = Note()
    (note.folder / "processes.json").write_text("{")
    os.close(note._lock)

    assert reap() == 1
    assert not note.folder.exists()


def test_a_folder_that_others_can_write_to_is_refused(own_temp: Path):
    notes_folder().chmod(0o777)

    with pytest.raises(PermissionError, match="TMPDIR"):
        notes_folder()


def test_a_process_looks_for_strays_once(own_temp: Path, monkeypatch: pytest.MonkeyPatch):
    calls: list[int] = []
    monkeypatch.setattr(strays, "reap", lambda: calls.append(1))

    strays.reap_once()
    strays.reap_once()

    assert calls == [1]
