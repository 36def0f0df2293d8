"""Sources whose code fails: letters or clear errors, and the other sources go on."""

import json
from collections import Counter
from typing import Any

import pytest

from pipelines.preparation import CannotPrepare

RAISES = """
from scrapers.extraction.scraper import Scraper

class Shop(Scraper):
    def parse(self, page):
        if page.url.endswith("/3"):
            raise ZeroDivisionError("three is too many")
        for item in super().parse(page):
            yield {**item, "title": f"{item['sku']} of Python"}
"""
HOOK = """
import os

def clean(item):
    if item["sku"].endswith("/2"):
        return None
    return {**item, "title": f"cleaned by {os.getpid()}"}
"""


@pytest.fixture
def plain_site(site: Any) -> Any:
    return site(lambda wanted: f"<b id='{wanted}'>x</b>")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_code_runs_in_worker_processes_and_what_it_raises_is_a_letter(
    project_of_runs: Any, plain_site: Any, write_source: Any, workers: str
) -> None:
    run = project_of_runs
    checks = {"max_dead": 1.0}
    write_source("shop", hosts=("a.test", "b.test"), pages=5, checks=checks)
    write_source("hooked", hosts=("c.test", "d.test"), pages=5, checks=checks, hooks={"item": "cleaning.clean"})
    run.write("shop.py", RAISES)
    run.write("cleaning.py", HOOK)

    assert run.run("shop", "hooked", "--workers", workers, *plain_site.resolve) == 0, run.everything_said()

    rows = {source: [row for row in run.records("rows") if row["source"] == source] for source in ("shop", "hooked")}
    assert (len(rows["shop"]), len(rows["hooked"])) == (8, 8)
    assert all(row["title"].endswith("of Python") for row in rows["shop"])
    assert all(row["title"].startswith("cleaned by") for row in rows["hooked"])
    letters = run.records("dead_letters")
    assert Counter(letter["reason"] for letter in letters) == {"parse_error": 2}
    assert "shop.py" in letters[0]["traceback"]
    assert "three is too many" in letters[0]["message"]
    dropped = {one["source"]: json.loads(one["dropped_by_reason"]) for one in run.records("executions")}
    assert dropped == {"shop": {}, "hooked": {"filtered": 2}}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0\n", "source bad: .*bad.py:1: .*ZeroDivisionError"),
        ("import no_such_module\n", "source bad: .*bad.py:1: .*no_such_module"),
    ],
)
def test_code_that_cannot_be_imported_is_said_before_anything_runs(
    project_of_runs: Any, plain_site: Any, write_source: Any, code: str, message: str
) -> None:
    run = project_of_runs
    write_source("good", pages=2)
    write_source("bad", pages=2)
    run.write("bad.py", code)

    with pytest.raises(CannotPrepare, match=message):
        run.scrape(f"--resolve={plain_site.resolve[1]}")
    assert not run.output.exists()

    assert run.scrape(f"--resolve={plain_site.resolve[1]}", "--source=good") == 0
    assert len(run.records("rows")) == 2


def test_a_broken_source_file_stops_only_those_who_name_it(
    project_of_runs: Any, plain_site: Any, write_source: Any
) -> None:
    run = project_of_runs
    write_source("good", pages=2)
    run.write("broken.yaml", "source: broken\nseeds: [\n")

    assert run.scrape(f"--resolve={plain_site.resolve[1]}", "--source=good") == 0
    assert run.run("broken") == 2
    assert "broken.yaml:" in run.errors()


def test_an_item_with_every_field_wrong_is_one_letter_that_names_them_all(
    project_of_runs: Any, site: Any, write_source: Any
) -> None:
    run = project_of_runs
    wrong_site = site(lambda wanted: "<b id='' n='many' when='soon'>x</b>")
    fields = {
        "sku": {"css": "::attr(id)", "required": True},
        "count": {"css": "::attr(n)", "type": "integer"},
        "day": {"css": "::attr(when)", "type": "date"},
        "kind": {"css": "::text", "enum": ["a", "b"]},
    }
    write_source(pages=1, fields=fields)

    assert run.scrape(f"--resolve={wrong_site.resolve[1]}") == 1

    [letter] = run.records("dead_letters")
    assert letter["reason"] == "invalid_item"
    assert {problem["field"] for problem in json.loads(letter["problems"])} == set(fields)
    assert json.loads(letter["item"])["count"] == "many"
    assert run.execution()["holds"]
