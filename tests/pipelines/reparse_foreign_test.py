"""Archives of other tools are parsed by a source that says what their pages are."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipelines.preparation import CannotPrepare

WGET = shutil.which("wget")


def crawl(site: Any, folder: Path, *options: str) -> Path:
    """What wget archives of the site; it goes there as to a proxy, so every host is the site."""
    if WGET is None:
        pytest.skip("needs: wget")
    port = site.resolve[1].rpartition(":")[2]
    words = [WGET, "-q", "-r", "-l2", "--delete-after", "--no-directories", "-e", f"http_proxy=127.0.0.1:{port}"]
    words += ["--warc-file", str(folder / "theirs"), *options, "http://shop.test/p/1"]
    subprocess.run(words, cwd=folder, timeout=60, check=False)
    return next(folder.glob("theirs.warc*"))


def shop(wanted: str) -> str:
    links = "<a href='/p/2'>2</a><a href='/about'>about</a><img src='/lamp.png'>"
    return f"<b id='{wanted[-1]}'>Lamp</b>{links}" if "/p/" in wanted else "<p>nothing for sale</p>"


@pytest.mark.parametrize("options", [(), ("--no-warc-compression",)])
def test_pages_that_wget_archived(
    project_of_runs: Any, site: Any, write_source: Any, again: Any, options: tuple[str, ...]
) -> None:
    run = project_of_runs
    path = crawl(site(shop), run.folder, *options)
    write_source(checks={"max_dead": 0.9})
    with pytest.raises(CannotPrepare, match="--foreign"):
        again(archive=str(path))

    [execution] = again(archive=str(path), foreign=True, matching="/p/[0-9]").executions

    assert (execution["rows"], execution["pages"], execution["holds"]) == (2, 2, True)
    rows = run.records("rows")
    assert sorted((row["sku"], row["title"], row["url"]) for row in rows) == [
        ("1", "Lamp", "http://shop.test/p/1"),
        ("2", "Lamp", "http://shop.test/p/2"),
    ]
    assert {row["archive_file"] for row in rows} == {path.name}
    [again_done] = again(archive=str(path), foreign=True).changes
    assert (again_done.before, again_done.after, again_done.changed) == (2, 2, 0)  # /about is a letter, no row


def test_only_pages_at_the_source_own_domains_and_of_one_type(
    project_of_runs: Any, site: Any, write_source: Any, again: Any
) -> None:
    run = project_of_runs
    path = crawl(site(shop), run.folder)
    write_source(hosts=("other.test",))
    write_source("second")

    with pytest.raises(CannotPrepare, match="no such page of source shop"):
        again(archive=str(path), foreign=True)
    with pytest.raises(CannotPrepare, match="name one source"):
        again("shop", "second", archive=str(path), foreign=True)
    with pytest.raises(CannotPrepare, match="--page-type"):
        again(archive=str(path), foreign=True, page_type="nothing")
