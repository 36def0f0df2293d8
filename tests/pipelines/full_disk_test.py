"""The output cannot be written: the run says so, leaves nothing half-written, and can be resumed."""

import hashlib
import re
import resource
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.broken_run import explain
from pipelines.exit_status import CANNOT_WRITE, DIED

PAGES = 40
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def site_of_noise(site: Callable[..., Any]) -> Any:
    """4 KB a page that no compression makes smaller."""

    def page(wanted: str) -> str:
        noise = hashlib.shake_256(wanted.encode()).hexdigest(2000)
        return f"<b id='{wanted}'>x</b><!-- {noise} -->"

    return site(page)


def files_end_at(size_bytes: int) -> Callable[[], None]:
    """What a process is told before it begins: a write beyond this size fails, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_disk(project_of_runs: Any, site_of_noise: Any, write_source: Any, workers: str) -> None:
    run = project_of_runs
    write_source(pages=PAGES, hosts=("a.test", "b.test"))

    status = run.run("shop", "--workers", workers, *site_of_noise.resolve, preexec_fn=files_end_at(60_000))

    assert status == 1, run.everything_said()
    assert f"cannot write to {run.output}: File too large" in run.errors()
    assert "MB free on its disk" in run.errors()
    assert run.records("rows") == run.records("executions") == []
    assert not list((run.output / "archive").glob("*")) or workers == "2"
    assert run.processes() == []

    again = re.search("go on with:  scrapeline (.*)", run.errors())
    assert again is not None
    assert run.start(*shlex.split(again[1])).wait(100) == 0, run.everything_said()

    assert sorted(row["sku"] for row in run.records("rows")) == sorted(site_of_noise.pages)
    execution = run.execution()
    assert (execution["status"], execution["rows"], execution["attempt"]) == ("success", 2 * PAGES, 2)
    assert execution["pages_from_archive"] > 10
    assert run.under_construction() == []


def test_an_output_folder_that_is_not_ours(project_of_runs: Any, write_source: Any) -> None:
    run = project_of_runs
    write_source()
    run.output.write_text("a file where a folder is wanted")

    assert run.run("shop") == 1
    assert f"cannot write to {run.output}: Not a directory" in run.errors()
    assert (
        run.start(
            "--source=shop", f"--sources={run.sources}", f"--output={run.output}", module="pipelines.scrape"
        ).wait(60)
        == CANNOT_WRITE
    )
    assert f"cannot write to {run.output}: Not a directory" in run.errors()


def test_the_cause_is_found_however_often_beam_wrapped_it() -> None:
    wrapped = RuntimeError(
        "Traceback ...\nOSError: [Errno 28] No space left on device [while running 'WriteRows/Write']"
    )

    status, sentence = explain(wrapped, "gs://lake/out")

    assert (status, sentence) == (CANNOT_WRITE, "cannot write to gs://lake/out: No space left on device")
    assert explain(ValueError("bad\nvery bad"), "out") == (DIED, "the run broke off: very bad")


def test_a_device_that_is_always_full(tmp_path: Path) -> None:
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(OSError) as error, (tmp_path / "full").open("w") as file:
        file.write("x")

    assert explain(error.value, str(tmp_path))[0] == CANNOT_WRITE
