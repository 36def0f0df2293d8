"""What `sources status | enable | disable | due` and `run` say, over logs of a few lines."""

import json

import pytest

from pipelines.commands import source_decisions
from pipelines.places import Places
from pipelines.source_health.book import local_file
from pipelines.source_health.leaving_out import left_out
from pipelines.source_health.sqlite_book import SqliteBook
from schemas.decision import Decision

HOUR = 3600.0
CLOCK = {"cron": "0 * * * *"}


def states(desk, *words):
    return {one["source"]: one["state"] for one in json.loads(desk.say("sources", "status", "--json", *words).stdout)}


def test_status_tells_each_state_apart(desk):
    for name in ("fresh", "well", "once", "down", "tried", "off"):
        desk.source(name)
    desk.ran("well", "success", 1)
    desk.ran("once", "failed", 1)
    desk.ran("down", "failed", 3, 2, 1)
    desk.ran("tried", "failed", 9, 8, 7)
    desk.say("sources", "disable", "off", "--because", "the contract ends", "--by", "ana")

    assert states(desk) == {
        "fresh": "new", "well": "ok", "once": "failing", "down": "backoff", "tried": "probe", "off": "disabled",
    }  # fmt: skip
    assert states(desk, "down", desk.at(0.99)) == {"down": "backoff"}
    assert states(desk, "down", desk.at(1.01)) == {"down": "probe"}


def test_status_as_a_table(desk):
    desk.source("down", schedule=CLOCK)
    desk.ran("down", "failed", 3, 2, 1, dead_by_reason='{"blocked": 4}')
    desk.ran("down", "success", 20)

    result = desk.say("sources", "status")

    heading, line = result.stdout.splitlines()
    assert heading.split("  ")[0] == "name"
    assert line.split()[:2] == ["down", "backoff"]
    assert line.split()[6:9] == ["1", "3", "blocked"]
    assert "no rows (nothing was found)" in line
    assert line.rstrip().endswith("off")
    assert result.exit_code == 1, "it is not available"


def test_enabling_ends_backoff_and_disabling_and_says_who(desk):
    desk.source("down")
    desk.ran("down", "failed", 5, 4, 3, 2, 1)
    desk.say("sources", "disable", "down", "--because", "they asked us", "--by", "ana")

    assert (
        desk.say("sources", "enable", "down", "--by", "bo", "--because", "mended").stdout == "down: enabled (by bo)\n"
    )

    [found] = json.loads(desk.say("sources", "status", "--json").stdout)
    assert (found["enabled"], found["auto_disabled"], found["consecutive_failures"]) == (True, False, 0)
    assert (found["backoff_level"], found["backoff_until"], found["state"]) == (0, None, "new")
    assert found["decision"].items() >= {"action": "enable", "by": "bo", "because": "mended"}.items()


def test_a_schedule_is_turned_on_only_after_a_whole_run_was_well(desk):
    for name, more in (("shop", CLOCK), ("off", CLOCK | {"enabled": False}), ("on", CLOCK | {"enabled": True})):
        desk.source(name, schedule=more)
    desk.source("none")
    desk.ran("shop", "success", 2, limited_to="limit 5")

    refused = desk.say("sources", "enable", "shop", "off", "none", "--schedule")
    assert refused.exit_code == 1
    assert "shop: it has never run whole; first: scrapeline run shop" in refused.stderr
    assert "off: off.yaml says `schedule.enabled: false`" in refused.stderr
    assert "none: none.yaml has no `schedule`" in refused.stderr

    desk.ran("shop", "success", 1, condition="degraded")
    assert "its last whole run was not well" in desk.say("sources", "enable", "shop", "--schedule").stderr
    desk.ran("shop", "success", 0.5)
    assert desk.say("sources", "enable", "shop", "--schedule", "--by", "ana").exit_code == 0

    found = {one["source"]: one for one in json.loads(desk.say("sources", "status", "--json").stdout)}
    assert {name: one["scheduled"] for name, one in found.items()} == {
        "shop": True, "off": False, "on": False, "none": False,
    }  # fmt: skip
    assert found["shop"]["schedule_decision"]["by"] == "ana"
    assert found["shop"]["next_run"]
    assert "nobody has turned it on" in found["on"]["schedule_off_because"]

    assert desk.say("sources", "disable", "shop", "--schedule", "--because", "enough").exit_code == 0
    [shop] = json.loads(desk.say("sources", "status", "--json", "shop").stdout)
    assert (shop["enabled"], shop["scheduled"]) == (True, False)


def test_what_is_due_and_may_run_is_one_name_a_line(desk):
    for name in ("shop", "down", "idle"):
        desk.source(name, schedule=CLOCK)
        desk.ran(name, "success", 100)
    at = desk.now - 10 * HOUR
    SqliteBook(local_file(Places("out"))).add([Decision(name, "schedule", at, "ana") for name in ("shop", "down")])

    assert desk.say("sources", "due", desk.at(-11)).stdout == ""
    assert desk.say("sources", "due").stdout.split() == ["down", "shop"]
    assert [one["source"] for one in json.loads(desk.say("sources", "due", "--json").stdout)] == ["down", "shop"]

    desk.ran("shop", "success", -0.1)
    desk.ran("down", "failed", 1.3, 1.2, 1.1)
    result = desk.say("sources", "due")
    assert result.stdout == ""
    assert "down: due since" in result.stderr
    assert "left out: in backoff until" in result.stderr


def test_a_run_of_all_leaves_out_what_is_in_backoff_and_says_until_when(desk):
    desk.source("down")
    desk.ran("down", "failed", 3, 2, 1)

    for words in (["run"], ["run", "down", "--scheduled"]):
        result = desk.say(*words)

        assert result.exit_code == 0
        assert "down: left out: in backoff until" in result.stderr
        assert "(level 1 of 5, 3 failures in a row, empty: no rows (nothing was found))" in result.stderr
        assert "to try it now: scrapeline run down" in result.stderr
    assert len(list((desk.folder / "out" / "executions").iterdir())) == 3


def test_one_run_tries_a_source_whose_backoff_is_over(desk):
    desk.source("down")
    desk.ran("down", "failed", 9, 8, 7)
    where = Places("out")

    assert left_out(where, ["down"], desk.now) == {}
    assert "another run is trying it" in left_out(where, None, desk.now)["down"]
    desk.ran("down", "success", 0)
    assert left_out(where, None, desk.now) == {}


def test_a_log_that_cannot_be_read_leaves_nothing_out(desk, caplog):
    desk.ran("down", "failed", 3, 2, 1)
    (desk.folder / "out" / "executions" / "x.parquet").write_text("no parquet")

    assert left_out(Places("out"), None, desk.now) == {}
    assert "cannot be told" in caplog.text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["status", "shpo"], "did you mean `shop`"),
        (["enable", "shpo"], "did you mean `shop`"),
        (["enable"], "Missing argument 'NAME...'"),
        (["disable", "shop"], "Missing option '--because'"),
        (["statsu"], "Did you mean"),
        (["due", "--at", "noon"], "'noon' is no day or moment"),
    ],
)
def test_mistakes_are_answered(desk, words, said):
    desk.source("shop")

    result = desk.say("sources", *words)

    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("name", ["status", "enable", "disable", "due"])
def test_each_teaches_with_examples_and_exit_codes(desk, name):
    said = desk.say("sources", name, "--help").stdout

    assert f"scrapeline sources {name}" in said
    assert "Examples:" in said
    assert "Exit codes:" in said


def test_decisions_about_sources_of_a_bucket_are_refused(desk, monkeypatch):
    desk.source("shop")
    read = source_decisions.read_sources
    monkeypatch.setattr(source_decisions, "read_sources", lambda *words: (read(*words)[0], Places("gs://b/out"), {}))

    result = desk.say("sources", "disable", "shop", "--because", "x")

    assert result.exit_code == 1
    assert "decisions cannot be kept in gs://b/out" in result.stderr
