"""A page that kills its worker process ends as a letter after the second time, and everything else is there."""

import json
from collections.abc import Callable
from typing import Any

import pytest

PAGES = 40
pytestmark = pytest.mark.timeout(480)
FATAL = """
import os, signal
from scrapers.extraction.scraper import Scraper

class Shop(Scraper):
    def parse(self, page):
        print("{'a': 'line that is no execution'}")
        if page.url in DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().parse(page)

"""


@pytest.fixture
def quick_site(site: Callable[..., Any]) -> Any:
    return site(lambda wanted: f"<b id='{wanted}'>x</b>")


@pytest.mark.parametrize(
    ("workers", "deadly"),
    [
        ("1", ["http://a.test/p/1", "http://a.test/p/2"]),
        ("2", ["http://b.test/p/7"]),
    ],
)
def test_only_the_page_that_kills_is_given_up(
    project_of_runs: Any, quick_site: Any, write_source: Any, workers: str, deadly: list[str]
) -> None:
    run, hosts = project_of_runs, ("a.test", "b.test")
    write_source(pages=PAGES, hosts=hosts)
    run.write("shop.py", f"DEADLY = {deadly!r}\n{FATAL}")

    assert run.run("shop", "--workers", workers, *quick_site.resolve, secs=400) == 0, run.everything_said()

    letters = run.records("dead_letters")
    assert sorted(letter["url"] for letter in letters) == deadly
    assert {(letter["reason"], letter["message"]) for letter in letters} == {
        ("poison", "killed its worker process twice")
    }
    skus = [row["sku"] for row in run.records("rows")]
    assert len(skus) == len(set(skus)) == PAGES * len(hosts) - len(deadly)
    execution = run.execution()
    assert (execution["holds"], execution["rows"]) == (True, len(skus)), execution
    assert json.loads(execution["dead_by_reason"]) == {"poison": len(deadly)}
    assert run.processes() == []
    assert list((run.output / ".scrapeline" / "runs").glob("*/notes")) == []


def test_a_scraper_that_dies_before_its_first_page_ends_the_run_soon(
    project_of_runs: Any, quick_site: Any, write_source: Any
) -> None:
    run = project_of_runs
    write_source(pages=10)
    run.write(
        "shop.py", f"DEADLY = ()\n{FATAL}\nimport sys\nif 'apache_beam' in sys.modules: os.kill(os.getpid(), 9)\n"
    )

    assert run.run("shop", "--workers", "1", *quick_site.resolve) == 1

    assert "killed by signal 9, 2 times" in run.errors()
    assert run.processes() == []
    assert run.records("rows") == run.records("executions") == []
