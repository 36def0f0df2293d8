"""The disk is full for a while: what cannot be written is written later, from the archive where it got so far.

In the suite a limit on the size of files stands in for the disk (RLIMIT_FSIZE: a longer write fails with EFBIG, as it
would with ENOSPC), since nobody but root may mount a small one; `make soak` mounts one where it may.
"""

import contextlib
import hashlib
import resource
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.conftest import eventually
from tests.pipelines.loopback_site import Answer

pytestmark = [pytest.mark.timeout(240), pytest.mark.parametrize("engine", ["loop"], indirect=True)]
SMALL_BYTES = 20_000
NOISE_BYTES = 30_000


def add_noise(at: Any) -> None:
    """Makes the pages long, in a way that no compression mends."""
    answer = at.campaign.answer

    def noisy(wanted: str) -> Answer:
        said: Answer = answer(wanted)
        said.body += f"<!-- {hashlib.shake_256(wanted.encode()).hexdigest(NOISE_BYTES)} -->"
        return said

    at.site.answer = noisy


def test_a_disk_that_is_full_for_a_while(front: Any) -> None:
    at = front(48, 6)
    add_noise(at)
    running = at.start()
    at.wait_for_pages(running, 10)
    [worker] = running.workers()
    _, most = resource.prlimit(worker, resource.RLIMIT_FSIZE)

    resource.prlimit(worker, resource.RLIMIT_FSIZE, (SMALL_BYTES, most))
    eventually(lambda: "cannot write to" in at.project.errors())
    ended = at.carrier.ended()
    threading.Event().wait(2)
    assert at.carrier.ended() - ended <= 1, "what cannot be written has not ended"

    resource.prlimit(worker, resource.RLIMIT_FSIZE, (most, most))
    at.wait_for_end(running)
    running.stop()
    at.check()
    at.check_again()


@contextlib.contextmanager
def mounted(folder: Path, size_bytes: int) -> Iterator[None]:
    folder.mkdir()
    mount = shutil.which("mount") or "mount"
    done = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={size_bytes}", "none", str(folder)], check=False)
    if done.returncode:
        pytest.skip("needs: the right to mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run([shutil.which("umount") or "umount", str(folder)], check=True)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_small_disk_that_is_full_for_a_while_with_500_events_in_flight(front: Any) -> None:
    at = front(500, 20)
    add_noise(at)
    with mounted(at.project.output, 300_000_000):
        running = at.start()
        at.wait_for_pages(running, 50)
        ballast = at.project.output / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", 0) as file:
            while True:
                file.write(bytes(100_000))
        eventually(lambda: "No space left" in at.project.errors())
        threading.Event().wait(10)
        ballast.unlink()
        at.wait_for_end(running, secs=900)
        running.stop()
        at.check()
        shutil.rmtree(at.project.output / ".scrapeline")
