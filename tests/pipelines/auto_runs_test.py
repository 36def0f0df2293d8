"""Whole runs with `fetch.mode: auto`: which way the pages came, what is told of it, what the next run makes of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.pipelines.loopback_site import Answer
from tests.pipelines.whole_runs import Project

pytestmark = pytest.mark.timeout(300)

RUN_SECS = 150
WALL = "<html><head><title>Access denied</title></head><body><h1>Access denied</h1></body></html>"


def plain(path: str, more: str = "") -> str:
    return f"<html><body><h1>Lamps</h1><b id='{path}'>Lamp</b>{more}</body></html>"


def scripted(path: str) -> str:
    return (
        "<html><body><h1>Lamps</h1><main></main><script>"
        f"document.querySelector('main').innerHTML = \"<b id='{path}'>Lamp</b>\""
        "</script></body></html>"
    )


def answer(path: str) -> Answer | str:
    """Every fourth page of `mixed` is made by a script, and all of `shells`; one item of `vain` lacks its key for good;
    `walls` has an error and a block page."""
    host, _, number = path.partition(".test/p/")
    if host == "mixed":
        return plain(path) if int(number) % 4 else scripted(path)
    if host == "vain":
        return plain(path, "<b>no key</b>" if number == "1" else "")
    if host == "walls":
        return WALL if number == "1" else Answer("gone", 404)
    return scripted(path)


def fetched(execution: dict[str, Any]) -> dict[str, Any]:
    """How the pages of its only page type came."""
    return dict(json.loads(execution["fetch_modes"])[""])


def test_pages_come_over_http_as_long_as_that_is_enough_and_the_next_run_begins_as_this_one_ended(
    site: Callable[..., Any], write_source: Callable[..., None], project_of_runs: Project
):
    shop = site(answer)
    for name, pages in (("mixed", 12), ("shells", 14), ("vain", 2), ("walls", 2)):
        write_source(name, pages, [f"{name}.test"], fetch={"mode": "auto"}, checks={"max_dead": 0.5})

    assert project_of_runs.run(*shop.resolve, secs=RUN_SECS) == 1, project_of_runs.everything_said()
    ended = {one["source"]: one for one in project_of_runs.records("executions")}

    mixed = ended["mixed"]
    assert (mixed["rows"], mixed["pages"], mixed["pages_rendered"]) == (12, 12, 3)
    assert mixed["browser_secs"] > 0
    assert fetched(mixed) == {
        "mode": "http", "http": 9, "browser": 3, "http_in_vain": 3, "browser_in_vain": 0, "enough": 9, "won": 3,
    }  # fmt: skip
    asked = {path: count for path, count in shop.pages.items() if path.startswith("mixed")}
    assert sorted(asked.values()) == [1] * 9 + [2] * 3
    said = project_of_runs.said() + project_of_runs.errors()
    assert "mixed: auto: 9 of 12 pages were enough over HTTP, 3 came from the browser" in said.replace("\n", " ")

    vain = ended["vain"]
    assert (vain["rows"], vain["dead_letters"], vain["pages_rendered"]) == (2, 1, 0), "HTTP's page counts"
    assert (fetched(vain)["http"], fetched(vain)["browser_in_vain"]) == (2, 1)

    assert json.loads(ended["walls"]["dead_by_reason"]) == {"http_4xx": 1, "blocked": 1}
    assert {count for path, count in shop.pages.items() if path.startswith("walls")} == {1}, "no browser was asked"

    assert fetched(ended["shells"])["mode"] == "browser"
    shop.asked.clear()
    assert project_of_runs.run("shells", *shop.resolve, secs=RUN_SECS) == 0, project_of_runs.everything_said()

    assert sorted(shop.pages.values()) == [1] * 13 + [2], "only the first page is tried over HTTP"
    again = max(
        (one for one in project_of_runs.records("executions") if one["source"] == "shells"),
        key=lambda one: one["started_at"],
    )
    assert (again["rows"], fetched(again)["browser"], fetched(again)["http_in_vain"]) == (14, 14, 1)
