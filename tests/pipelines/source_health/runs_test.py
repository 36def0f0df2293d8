"""A run of all sources goes without those in backoff; one that is asked for by name runs, and its success ends that."""

import json

import pytest

pytestmark = pytest.mark.timeout(240)


def test_sources_in_backoff_run_only_when_they_are_named(project_of_runs, site, write_source, answer):
    run = project_of_runs
    up = {"shop.test"}
    shop = site(lambda wanted: f"<b id='{wanted}'>x</b>" if wanted.split("/")[0] in up else answer(status=404))
    write_source("shop", pages=2)
    write_source("down", pages=2, hosts=["down.test"])
    for _ in range(3):
        assert run.scrape("--source=down", *shop.resolve) == 1

    assert run.run(*shop.resolve) == 0, run.everything_said()
    assert "down: left out: in backoff until" in run.errors()
    assert sources_of(run) == ["down"] * 3 + ["shop"]

    up.add("down.test")
    assert run.run("down", "--scheduled", *shop.resolve) == 0
    assert "No source is left to run." in run.errors()
    assert run.run("down", *shop.resolve) == 0, run.everything_said()

    assert sources_of(run) == ["down"] * 4 + ["shop"]
    assert run.start("sources", "status", *run.run_words()[1:], "--json").wait(60) == 0
    assert {one["source"]: one["state"] for one in json.loads(run.said())} == {"down": "ok", "shop": "ok"}


def sources_of(run):
    return sorted(one["source"] for one in run.records("executions"))
