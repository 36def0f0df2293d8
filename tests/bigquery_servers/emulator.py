"""Emulators of BigQuery (bqemulator) and Cloud Storage (gcp-storage-emulator), for as long as a test session.

They speak the wire: REST, load jobs from uploads and from gs://, GoogleSQL, Storage Write. They are not strict:
bqemulator takes rows without a REQUIRED field and with unknown ones, ignores insertId, takes a job id twice (and gives
uploads ids of its own), and answers 500 to a value of a wrong type. A column named `at` must be quoted, as in BigQuery;
unquoted, its queries are empty instead of an error. What BigQuery refuses, and what it does only once, is tested
against the fake in strict_server.py.
"""

import contextlib
import dataclasses
import http.client
import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["BUCKET", "PROJECT", "Emulator", "EmulatorFailed", "installed_python", "running"]

PROJECT = "proj-x"
BUCKET = "bkt-x"
START_SECS = 120  # on a busy machine; a quiet one needs 2
END_SECS = 10
STARTER = Path(__file__).with_name("start_emulator.py")


class EmulatorFailed(Exception):
    """An emulator ended or stayed silent; the text has what it wrote last."""


@dataclasses.dataclass(frozen=True)
class Emulator:
    """Where both answer.

    Attributes:
      rest_url: BigQuery's REST API.
      grpc_address: host:port of BigQuery's Storage API, without TLS.
      gcs_url: Cloud Storage's JSON API; it has the bucket `bkt-x`.
      folder: scratch folder, with a log a server.
      processes: ids, both servers.
    """

    rest_url: str
    grpc_address: str
    gcs_url: str
    folder: Path
    processes: tuple[int, int]
    project: str = PROJECT
    bucket: str = BUCKET

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which clients, also those of other processes, find the emulators."""
        return {
            "BIGQUERY_EMULATOR_HOST": self.rest_url,
            "BIGQUERY_STORAGE_EMULATOR_HOST": self.grpc_address,
            "STORAGE_EMULATOR_HOST": self.gcs_url,
            "GOOGLE_CLOUD_PROJECT": self.project,
        }


def installed_python(project: Path) -> Path | None:
    """The Python that has the emulators; None when `make emulators` did not install them."""
    folder = project / ".venv-emulator"
    return folder / "bin" / "python" if any(folder.glob(".installed-*")) else None


@contextlib.contextmanager
def running(python: Path, folder: Path) -> Iterator[Emulator]:
    """Both emulators, ended with the block; should this process be killed, Linux ends them.

    Args:
      python: of the environment that has them.
      folder: empty; a server's home, files and log are kept in it.

    Raises:
      EmulatorFailed: one did not start.
    """
    rest, grpc, gcs = free_ports(3)
    files = folder / "files"
    files.mkdir()
    found = {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{gcs}", "BQEMU_GCS_LOCAL_ROOT": str(files / ".cloudstorage")}
    storage = ["-d", str(files), "start", "--host=127.0.0.1", f"--port={gcs}", f"--default-bucket={BUCKET}"]
    warehouse = ["start", f"--rest-port={rest}", f"--grpc-port={grpc}", "--project", PROJECT, "--log-level", "warning"]
    with (
        server(python, "gcp_storage_emulator", storage, folder, {}) as first,
        server(python, "bqemulator", warehouse, folder, found) as second,
    ):
        await_answer(first, gcs, f"/storage/v1/b/{BUCKET}", folder / "gcp_storage_emulator.log")
        await_answer(second, rest, f"/bigquery/v2/projects/{PROJECT}/datasets", folder / "bqemulator.log")
        yield Emulator(
            f"http://127.0.0.1:{rest}",
            f"127.0.0.1:{grpc}",
            f"http://127.0.0.1:{gcs}",
            folder,
            (first.pid, second.pid),
        )


@contextlib.contextmanager
def server(
    python: Path, module: str, arguments: list[str], folder: Path, variables: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """One server process with a home of its own."""
    home = folder / f"{module}-home"
    home.mkdir()
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("BQEMU_", "PYTHON", "OTEL_"))}
    with (folder / f"{module}.log").open("wb") as log:
        process = subprocess.Popen(
            [python, STARTER, module, *arguments],
            cwd=home,
            env={**outside, **variables, "HOME": str(home), "STARTED_BY": str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for pytest, which then ends it
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(END_SECS)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens at, below those that outgoing connections get, one of which may come any time."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 1000):
        with socket.socket() as tried, contextlib.suppress(OSError):
            tried.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise EmulatorFailed("no free ports between 20000 and 32000")


def await_answer(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    """Waits until a server answers a GET with 200.

    Raises:
      EmulatorFailed: it ended, or START_SECS passed.
    """
    until = time.monotonic() + START_SECS
    while process.poll() is None and time.monotonic() < until:
        if answers(port, path):
            return
        time.sleep(0.05)
    ended = "gave no answer" if process.poll() is None else f"ended with status {process.returncode}"
    raise EmulatorFailed(f"{log.stem} {ended}; it wrote:\n{log.read_text('utf-8', errors='replace')[-2000:]}")


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
