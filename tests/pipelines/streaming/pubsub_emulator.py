"""Google's Pub/Sub emulator, as the Cloud SDK brings it."""

import contextlib
import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.pipelines.conftest import eventually

__all__ = ["emulator_jar", "running"]


def emulator_jar() -> Path | None:
    """The emulator's program; None where it, or Java, is not installed."""
    gcloud = shutil.which("gcloud")
    if gcloud is None or shutil.which("java") is None:
        return None
    found = subprocess.run(
        [gcloud, "info", "--format=value(installation.sdk_root)"], capture_output=True, text=True, timeout=60
    )
    jars = Path(found.stdout.strip() or "/nowhere").glob("platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar")
    return next(iter(sorted(jars)), None)


@contextlib.contextmanager
def running(jar: Path, log: Path, port: int = 0) -> Iterator[str]:
    """Runs it; gives HOST:PORT. By itself it finds a port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{port or free.getsockname()[1]}"
    command = ["java", "-Xmx256m", "-jar", str(jar), "--host=127.0.0.1", f"--port={address.partition(':')[2]}"]
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=dict(os.environ))
    try:
        eventually(lambda: process.poll() is not None or _answers(address))
        assert process.poll() is None, log.read_text()
        yield address
    finally:
        process.kill()
        process.wait(30)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
