"""A site on loopback, and whole runs of sources against it."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines.places import Places
from pipelines.reparse import Order, Reparsed, reparse
from scrapers.fetching import fetcher
from tests.pipelines.cut_wire import WIRE
from tests.pipelines.loopback_site import Answer, Site
from tests.pipelines.whole_runs import Project

START_SECS = 60  # of a run with worker processes on a busy machine


def eventually(holds: Callable[[], Any], secs: float = START_SECS) -> None:
    """Waits until something is so."""
    end = time.monotonic() + secs
    while not holds():
        assert time.monotonic() < end, f"not so within {secs} s"
        time.sleep(0.05)


@pytest.fixture
def wait_until() -> Callable[..., None]:
    return eventually


@pytest.fixture
def site() -> Iterator[Callable[..., Site]]:
    """Opens a site."""
    opened: list[Site] = []

    def open_site(answer: Callable[[str], Answer | str]) -> Site:
        opened.append(Site(answer))
        return opened[-1]

    yield open_site
    for one in opened:
        one.close()


@pytest.fixture
def answer() -> type[Answer]:
    return Answer


@pytest.fixture
def project_of_runs(tmp_path: Path, project: Path) -> Iterator[Project]:
    """A folder for sources and runs."""
    made = Project(tmp_path, project)
    yield made
    made.end()


@pytest.fixture
def write_source(project_of_runs: Project) -> Callable[..., None]:
    """Writes a source without a delay whose pages are `http://HOST/p/N`; more keys come as JSON values."""

    def write(name: str = "shop", pages: int = 10, hosts: Sequence[str] = ("shop.test",), **more: Any) -> None:
        source = {
            "source": name,
            "table": f"{name}.items",
            "key": ["sku"],
            "seeds": {"urls": [f"http://{host}/p/${{params.n}}" for host in hosts], "params": {"n": f"1..{pages}"}},
            "politeness": {"delay_secs": 0, "concurrency": 4},
            "items": {"css": "b"},
            "fields": {"sku": {"css": "::attr(id)", "required": True}, "title": {"css": "::text"}},
            **more,
        }
        lines = [f"{key}: {json.dumps(value)}\n" for key, value in source.items() if value is not None]
        project_of_runs.write(f"{name}.yaml", "".join(lines))

    return write


@pytest.fixture
def again(project_of_runs: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Reparsed]]:
    """Parses the project's archive again with the network forbidden."""
    run = project_of_runs

    def no_fetcher(*_arguments: Any, **_named: Any) -> None:
        raise AssertionError("a re-parse has no fetcher")

    def parse_again(*names: str, **more: Any) -> Reparsed:
        monkeypatch.setattr(fetcher.Fetcher, "__init__", no_fetcher)
        WIRE.cut = True
        archive, output = f"{run.output}/archive", str(run.output)
        given = {"archive": archive, "output": Places(output), **more}
        return reparse(Order(run.sources, names or ("shop",), **given))

    yield parse_again
    WIRE.cut = False
