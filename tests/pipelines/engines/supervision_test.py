"""What a supervisor does with a launcher, whatever engine it launches a job on."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipelines import exit_status
from pipelines.engines.engine_jobs import FlinkJobs, LauncherJobs, PrismJobs, jobs_of
from pipelines.engines.prism import VARIABLE
from pipelines.engines.pulse import pulse_file
from tests.pipelines.conftest import eventually

Play = Callable[..., psutil.Popen]


@pytest.fixture
def play(tmp_path: Path, project: Path) -> Iterator[Play]:
    """Starts a supervisor of a launcher that does these things, one a start."""
    started: list[psutil.Popen] = []

    def begin(*script: str, begins_in: float | None = None) -> psutil.Popen:
        (tmp_path / "script").write_text("\n".join(script))
        words = ["tests.pipelines.engines.scripted_job", str(tmp_path / "stop"), f"--script={tmp_path}"]
        words += [f"--begins_in={begins_in}"] if begins_in is not None else []
        command = [sys.executable, "-m", "tests.engines.supervised", *words]
        with (tmp_path / "said").open("wb") as said:
            started.append(psutil.Popen(command, cwd=project, stdout=said, stderr=subprocess.STDOUT))
        return started[-1]

    yield begin
    for process in started:
        with contextlib.suppress(psutil.NoSuchProcess):
            for one in [*process.children(recursive=True), process]:
                one.kill()
        process.wait(30)


def starts(folder: Path) -> int:
    path = folder / "started"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_a_job_that_broke_off_is_started_again(play: Play, tmp_path: Path) -> None:
    assert play("70", "1", "0").wait(60) == exit_status.OK

    assert starts(tmp_path) == 3
    assert (tmp_path / "said").read_text().count("broke off") == 2


def test_a_mistake_in_the_command_line_is_not_tried_again(play: Play, tmp_path: Path) -> None:
    assert play("2", "0").wait(60) == exit_status.USAGE

    assert starts(tmp_path) == 1


def test_an_old_stop_file_stops_nothing_and_a_signal_drains(play: Play, tmp_path: Path) -> None:
    (tmp_path / "stop").touch()
    process = play("drain")
    eventually(lambda: starts(tmp_path) == 1)
    assert process.poll() is None

    process.terminate()

    assert process.wait(60) == exit_status.OK
    assert not (tmp_path / "stop").exists()


def test_a_second_one_of_the_same_output_is_refused_for_one_stop_file_would_stop_both(
    play: Play, tmp_path: Path
) -> None:
    first = play("drain")
    eventually(lambda: starts(tmp_path) == 1)

    assert play("0").wait(60) == exit_status.USAGE

    assert "looks after the job of this output already" in (tmp_path / "said").read_text()
    assert starts(tmp_path) == 1
    first.terminate()
    assert first.wait(60) == exit_status.OK


def test_a_job_that_never_begins_is_started_again_and_each_has_twice_as_long(play: Play, tmp_path: Path) -> None:
    process = play("deaf", "deaf", "0", begins_in=1.0)

    assert process.wait(60) == exit_status.OK
    assert starts(tmp_path) == 3
    said = (tmp_path / "said").read_text()
    assert said.index("not begun to ask for events in 1 s") < said.index("not begun to ask for events in 2 s")


def test_a_job_whose_reader_has_begun_goes_on(play: Play, tmp_path: Path) -> None:
    process = play("drain", begins_in=2.0)
    eventually(lambda: starts(tmp_path) == 1)
    Path(pulse_file(str(tmp_path / "stop"))).touch()
    with pytest.raises(psutil.TimeoutExpired):
        process.wait(4)

    process.terminate()
    assert process.wait(60) == exit_status.OK
    assert starts(tmp_path) == 1


def test_a_second_signal_ends_a_job_that_does_not_drain(play: Play, tmp_path: Path) -> None:
    process = play("deaf")
    eventually(lambda: starts(tmp_path) == 1)
    launcher = process.children()

    process.terminate()
    eventually((tmp_path / "stop").exists)
    process.terminate()

    assert process.wait(60) == exit_status.INTERRUPTED
    eventually(lambda: not any(one.is_running() for one in launcher))


def test_flags_say_which_engine_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, sys.executable)  # any program will do: it is not run

    assert isinstance(jobs_of(["--runner=PrismRunner"], "stop"), PrismJobs)
    assert isinstance(jobs_of(["--runner", "PrismRunner"], "stop"), PrismJobs)
    assert isinstance(jobs_of(["--runner=PortableRunner", "--flink_master=localhost:1"], "stop"), FlinkJobs)
    assert isinstance(jobs_of(["--runner=PortableRunner", "--job_endpoint=localhost:1"], "stop"), LauncherJobs)
