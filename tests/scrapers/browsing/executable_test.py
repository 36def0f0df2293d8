"""The browser is found by itself, in a fixed order, and what is missing is said."""

from pathlib import Path

import pytest

from scrapers.browsing import executable
from scrapers.browsing.executable import BrowserMissing, find_browser

SHELL = "chromium_headless_shell-{}/chrome-headless-shell-linux64/chrome-headless-shell"


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any browser: its PATH is `bin`, Playwright's folder `browsers`."""
    monkeypatch.setattr(executable, "DEBIAN", str(tmp_path / "usr" / "chromium-headless-shell"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    monkeypatch.delenv("SCRAPELINE_CHROMIUM", raising=False)
    return tmp_path


def program(path: Path, script: str = "echo Chromium 156.0.1") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_what_is_named_comes_before_what_is_found(bare: Path, monkeypatch: pytest.MonkeyPatch):
    on_path = program(bare / "bin" / "chromium")
    assert find_browser().path == on_path

    plain = program(bare / "browsers" / SHELL.format(1255))
    assert find_browser().path == plain

    debian = program(bare / "usr" / "chromium-headless-shell")
    assert find_browser().path == debian

    monkeypatch.setenv("SCRAPELINE_CHROMIUM", program(bare / "mine"))
    assert find_browser().path == str(bare / "mine")

    assert find_browser(debian).path == debian


def test_of_playwrights_own_the_newest_shell_is_taken(bare: Path):
    program(bare / "browsers" / "chromium-1300" / "chrome-linux64" / "chrome")
    program(bare / "browsers" / SHELL.format(999))
    newest = program(bare / "browsers" / SHELL.format(1255))

    found = find_browser()

    assert (found.path, found.kind, found.is_shell) == (newest, "Playwright's own", True)


def test_a_mac_has_its_browsers_in_its_own_place(bare: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH")
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setenv("HOME", str(bare))
    path = program(
        bare / "Library/Caches/ms-playwright/chromium_headless_shell-1255"
        / "chrome-headless-shell-mac-arm64" / "chrome-headless-shell"
    )  # fmt: skip

    assert find_browser().path == path


def test_without_any_it_is_said_what_to_install(bare: Path):
    with pytest.raises(BrowserMissing, match=r"apt-get install chromium-headless-shell.*playwright install"):
        find_browser()


def test_one_that_is_named_and_not_there_is_not_replaced_by_another(bare: Path, monkeypatch: pytest.MonkeyPatch):
    program(bare / "bin" / "chromium")
    monkeypatch.setenv("SCRAPELINE_CHROMIUM", "/nowhere/chromium")

    with pytest.raises(BrowserMissing, match="SCRAPELINE_CHROMIUM says /nowhere/chromium"):
        find_browser()
    with pytest.raises(BrowserMissing, match="settings says /elsewhere/chromium"):
        find_browser("/elsewhere/chromium")


def test_its_version_is_asked_from_itself(bare: Path):
    assert find_browser(program(bare / "good")).version == "Chromium 156.0.1"
    assert find_browser(program(bare / "broken", "exit 127")).version == ""
