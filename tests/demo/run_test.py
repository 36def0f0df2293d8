"""The demo from end to end: what `make demo` does, twice, and once interrupted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from benchmarks.process_tree import descendants
from demo.__main__ import possible_sources
from demo.expected import EXPECTED
from schemas.reasons import Dead, Drop

DEMO = [sys.executable, "-m", "demo"]
pytestmark = pytest.mark.timeout(600)
RUN_SECS = 250  # under a minute where nobody else works


def parquet_files(output: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in output.rglob("*.parquet")}


def test_the_intended_reasons_are_reasons() -> None:
    for expected in EXPECTED.values():
        assert set(expected.dead) <= set(Dead)
        assert set(expected.dropped) <= set(Drop)


def test_exactly_the_intended_sources_fail_and_a_second_run_is_as_good(project: Path, tmp_path: Path) -> None:
    command = [*DEMO, "--output", str(tmp_path)]
    first = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=RUN_SECS, check=False)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "The demo went as intended" in first.stdout
    assert f"{tmp_path}/report.html\n" in first.stdout
    left = parquet_files(tmp_path)

    second = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=RUN_SECS, check=False)
    assert second.returncode == 0, second.stdout + second.stderr
    assert {path: path.read_bytes() for path in left} == left, "the second run changed files of the first"

    sources = possible_sources()
    assert len(list((tmp_path / "executions").glob("*.parquet"))) == 2 * len(sources)
    assert list((tmp_path / "archive").glob("*.warc.gz"))
    assert f" of {len(sources)} sources need" in (tmp_path / "report.html").read_text("utf-8")
    for expected in map(EXPECTED.__getitem__, sources):
        table = ds.dataset(tmp_path / "rows" / expected.table, partitioning="hive").to_table()
        assert table.num_rows == 2 * expected.rows
        assert len(set(table["execution_id"].to_pylist())) == 2


def test_without_a_browser_the_sources_that_need_none_run_and_the_others_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCRAPELINE_CHROMIUM", "/nowhere/chromium")

    assert possible_sources() == ["shop", "books", "events", "league", "advanced", "broken"]

    said = capsys.readouterr().out
    assert "gallery, shelves, records, weather, club, broken_app" in said
    assert "apt-get install chromium-headless-shell" in said


def test_ctrl_c_ends_the_demo_and_everything_that_it_started(project: Path, tmp_path: Path) -> None:
    """A terminal sends it to the whole process group, so that is what the test does."""
    if len(possible_sources()) < len(EXPECTED):
        pytest.skip("needs: Chromium")
    with (tmp_path / "said").open("w") as said:
        command = [*DEMO, "--output", str(tmp_path)]
        demo = subprocess.Popen(command, cwd=project, stdout=said, stderr=said, start_new_session=True)
        wait_until(lambda: renders(demo.pid) or demo.poll() is not None, 120)
        assert demo.poll() is None, (tmp_path / "said").read_text()
        started = {pid: begun_at(pid) for pid in descendants(demo.pid)}
        os.killpg(demo.pid, signal.SIGINT)
        code = demo.wait(120)
    assert code == 130, (tmp_path / "said").read_text()
    wait_until(lambda: not still_there(started), 60)
    assert still_there(started) == []


def wait_until(holds: Callable[[], bool], secs: float) -> None:
    end = time.monotonic() + secs
    while not holds() and time.monotonic() < end:
        time.sleep(0.1)


def renders(demo: int) -> bool:
    """Whether a browser of the demo has a page open."""
    return any(b"--type=renderer" in read_process(pid, "cmdline") for pid in descendants(demo))


def still_there(started: dict[int, bytes]) -> list[int]:
    """Which of some processes live, each known by its id and when it began."""
    return [pid for pid, begun in started.items() if begun and begun_at(pid) == begun]


def begun_at(pid: int) -> bytes:
    """When a process began, in the kernel's ticks; empty for one that has gone, or is only waited for."""
    fields = read_process(pid, "stat").rpartition(b")")[2].split()
    return fields[19] if fields and fields[0] != b"Z" else b""


def read_process(pid: int, name: str) -> bytes:
    try:
        return (Path("/proc") / str(pid) / name).read_bytes()
    except OSError:
        return b""
