"""A machine without a browser is given one, in the way that needs no password, or told what to do."""

import os
import sys
from pathlib import Path

import pytest

from scrapers.browsing import executable, installation
from scrapers.browsing.executable import find_browser
from scrapers.browsing.installation import PACKAGES, main


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without a browser: every command that is run is noted in `log`, and fails unless it is in `bin`."""
    monkeypatch.setattr(executable, "DEBIAN", str(tmp_path / "usr" / "chromium-headless-shell"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(executable, "_ON_PATH", ())
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    monkeypatch.delenv("SCRAPELINE_CHROMIUM", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    (tmp_path / "usr").mkdir()
    for name in ("apt-get", "sudo", "python"):
        program(tmp_path, name, "exit 1")
    return tmp_path


def program(machine: Path, name: str, script: str) -> Path:
    path = machine / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "{name} $*" >> {machine}/log\n{script}\n')
    path.chmod(0o755)
    return path


def log(machine: Path) -> list[str]:
    noted = machine / "log"
    return noted.read_text().splitlines() if noted.exists() else []


def puts(path: Path) -> str:
    """A script that installs a browser at a path."""
    return f"mkdir -p '{path.parent}'; echo '#!/bin/sh' > '{path}'; chmod +x '{path}'"


def test_nothing_is_done_or_said_where_there_is_one(bare: Path, capfd: pytest.CaptureFixture[str]):
    (bare / "usr" / "chromium-headless-shell").write_text("")
    (bare / "usr" / "chromium-headless-shell").chmod(0o755)

    assert main() == 0
    assert log(bare) == []
    assert capfd.readouterr() == ("", "")


def test_root_takes_debians_package_without_a_question(bare: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(bare, "apt-get", puts(bare / "usr" / "chromium-headless-shell"))

    assert main() == 0
    assert find_browser().kind == "Debian's chromium-headless-shell"
    update, install = log(bare)
    assert update.endswith(" update")
    assert install.endswith(f" install --yes --no-install-recommends {' '.join(PACKAGES)}")


def test_sudo_is_used_where_it_asks_for_no_password(bare: Path):
    program(bare, "apt-get", puts(bare / "usr" / "chromium-headless-shell"))
    program(bare, "sudo", 'shift; exec "$@"')

    assert main() == 0
    assert [line.split()[0] for line in log(bare)] == ["sudo", "sudo", "apt-get", "sudo", "apt-get"]


def test_else_playwrights_own_goes_into_the_users_cache(bare: Path):
    program(bare, "python", puts(bare / "browsers/chromium_headless_shell-1255/linux/chrome-headless-shell"))

    assert main() == 0
    assert find_browser().kind == "Playwright's own"
    assert log(bare) == ["sudo -n true", "python -m playwright install --only-shell chromium"]


def test_where_none_can_be_had_it_is_said_what_to_install(bare: Path, capfd: pytest.CaptureFixture[str]):
    assert main() == 1
    said = capfd.readouterr().err
    assert "apt-get install chromium-headless-shell" in said
    assert "what needs a browser is left out" in said


def test_one_that_is_named_and_not_there_is_a_mistake_to_be_mended(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("SCRAPELINE_CHROMIUM", "/nowhere/chromium")

    assert main() == 1
    assert "/nowhere/chromium" in capfd.readouterr().err
    assert log(bare) == []


def test_the_image_has_the_same_packages(project: Path):
    image = (project / "Dockerfile").read_text("utf-8")

    assert f"--no-install-recommends {' '.join(installation.PACKAGES)}" in image
    assert f"SCRAPELINE_CHROMIUM={executable.DEBIAN}" in image
