"""Whether the sandbox can start, in the situations that a machine can be in."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scrapers.browsing import sandbox
from scrapers.browsing.sandbox import SandboxMemory, why_no_sandbox

LAUNCH = """
import asyncio
from scrapers.browsing.chromium import launch
from scrapers.browsing.settings import BrowserSettings

async def main():
    chromium = await launch(BrowserSettings(), "")
    page = await (await chromium.browser.new_context()).new_page()
    await page.set_content("<title>lamps</title>")
    print(chromium.sandboxed, await page.title(), chromium.memory_bytes() > 0)
    await chromium.close()

asyncio.run(main())
"""
AS_A_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
AS_ROOT = ["unshare", "--user", "--map-root-user"]


def run(command: list[str], project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture
def namespaces() -> None:
    if not shutil.which("unshare") or subprocess.run([*AS_A_USER, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets its users make no namespaces")


@pytest.mark.usefixtures("namespaces", "own_temp", "start")
def test_an_ordinary_user_has_the_sandbox(project: Path):
    done = run([*AS_A_USER, sys.executable, "-c", LAUNCH], project)

    assert done.stdout == "True lamps True\n", done.stderr
    assert "sandbox" not in done.stderr


@pytest.mark.usefixtures("namespaces", "own_temp", "start")
def test_root_has_none_and_a_full_shared_memory_is_no_matter(project: Path):
    full = 'mount -t tmpfs -o size=64k tmpfs /dev/shm && ! head -c 1000000 /dev/zero > /dev/shm/full && exec "$@"'
    done = run([*AS_ROOT, "--mount", "sh", "-c", full, "sh", sys.executable, "-c", LAUNCH], project)

    assert done.stdout == "False lamps True\n", done.stderr
    assert "without Chromium's sandbox: Chromium has no sandbox when it is run as root" in done.stderr


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("user/max_user_namespaces", "0"),
        ("kernel/unprivileged_userns_clone", "0"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1"),
    ],
)
def test_a_system_without_user_namespaces_has_none(monkeypatch: pytest.MonkeyPatch, setting: str, value: str):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(sandbox, "_system", lambda asked: value if asked == setting else "")

    assert setting.split("/")[1] in why_no_sandbox()


def test_it_is_looked_for_once_and_said_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    monkeypatch.setattr(sandbox, "why_no_sandbox", lambda: "it is Sunday")
    memory = SandboxMemory()

    assert [memory.should_try() for _ in range(3)] == [False, False, False]
    memory.refused("something else")

    assert [record.message for record in caplog.records] == ["pages run without Chromium's sandbox: it is Sunday"]
