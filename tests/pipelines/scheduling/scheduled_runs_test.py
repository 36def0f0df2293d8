"""Real runs: a site that fails and heals, and a clock that is stopped."""

import json
import signal
import threading
import time

import pytest
from click.testing import CliRunner

from pipelines.cli import cli
from pipelines.places import Places
from pipelines.scheduling.due import Due
from pipelines.scheduling.scheduled_runs import ScheduledRuns
from pipelines.source_health.book import local_file
from pipelines.source_health.sqlite_book import SqliteBook
from schemas.decision import Decision

EACH_MINUTE = {"cron": "* * * * *"}
HOUR = 3600.0
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def out(project_of_runs):
    return Places(str(project_of_runs.output))


def turn_on(out, *names, at):
    """As `sources enable --schedule` does, at another moment."""
    SqliteBook(local_file(out)).add([Decision(name, "schedule", at, "ana") for name in names])


def state(project, at):
    """What `sources status` says of the shop at a moment."""
    words = ["--sources", str(project.sources), "--output", str(project.output), "--json"]
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    return json.loads(CliRunner().invoke(cli, ["sources", "status", *words, "--at", moment]).stdout)[0]


def test_a_site_that_fails_and_heals(project_of_runs, site, write_source, answer, out):
    run = project_of_runs
    shop = site(lambda wanted: answer("gone", status=404))
    write_source(pages=2, schedule=EACH_MINUTE)
    for _ in range(3):
        run.scrape(*shop.resolve)
    ended = max(one["ended_at"].timestamp() for one in run.records("executions"))

    assert state(run, ended)["state"] == "backoff"
    assert state(run, ended)["failure_class"] == "broken"
    assert state(run, ended + 2 * HOUR + 1)["state"] == "probe"

    said = []
    turn_on(out, "shop", at=ended - 600)
    later = (ended + HOUR) // 60 * 60 + 10  # and five seconds on it is the same minute
    runs = ScheduledRuns(run.sources, out, [], said.append, now=lambda: later)
    assert runs.due(later) == []
    assert "left out: in backoff until" in said[0]
    assert runs.due(later + 5) == []
    assert len(said) == 1, "a moment that was left out is over"
    [one] = runs.due(ended + 2 * HOUR + 1)
    assert one.source == "shop"

    shop.answer = lambda wanted: f"<b id='{wanted}'>x</b>"
    run.scrape(*shop.resolve)

    assert state(run, time.time())["state"] == "ok"
    assert state(run, time.time())["backoff_level"] == 0


def test_once_runs_what_is_due_as_a_run_of_its_own(project_of_runs, site, write_source, out):
    run = project_of_runs
    shop = site(lambda wanted: f"<b id='{wanted}'>x</b>")
    write_source(pages=2, schedule=EACH_MINUTE)
    write_source("other", pages=2, schedule=EACH_MINUTE)
    turn_on(out, "shop", at=time.time() - 600)

    words = ["schedule", "--once", "--sources", str(run.sources), "--output", str(run.output)]
    assert run.start(*words, *shop.resolve).wait(200) == 0, run.everything_said()

    assert {one["source"] for one in run.records("executions")} == {"shop"}
    assert "shop: started for " in run.errors()
    assert "shop: ended" in run.errors()
    [log, *_] = (run.output / ".scrapeline" / "scheduled").iterdir()
    assert "success" in log.read_text()
    assert len(SqliteBook(local_file(out)).last_ticks()) == 1


def test_sigterm_waits_for_what_runs(project_of_runs, site, write_source, wait_until, out):
    run = project_of_runs
    asked, goes_on = threading.Event(), threading.Event()

    def page(wanted):
        asked.set()
        goes_on.wait(60)
        return f"<b id='{wanted}'>x</b>"

    shop = site(page)
    write_source(pages=2, schedule=EACH_MINUTE)
    turn_on(out, "shop", at=time.time() - 600)
    words = ["schedule", "--sources", str(run.sources), "--output", str(run.output)]
    clock = run.start(*words, *shop.resolve)
    assert asked.wait(100), run.everything_said()

    clock.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping: waiting for shop" in run.errors())
    assert clock.poll() is None
    goes_on.set()

    assert clock.wait(100) == 0
    assert [one["status"] for one in run.records("executions")] == ["success"]
    wait_until(lambda: run.processes() == [])


def test_source_files_with_mistakes_start_nothing_until_they_are_mended(project_of_runs, write_source, out):
    said = []
    now = time.time()
    write_source(schedule=EACH_MINUTE)
    turn_on(out, "shop", at=now - 600)
    project_of_runs.write("bad.yaml", "source: bad\nfilds: {}\n")
    runs = ScheduledRuns(project_of_runs.sources, out, [], said.append)

    assert runs.due(now) == []
    assert "bad.yaml" in said[0]

    (project_of_runs.sources / "bad.yaml").unlink()
    assert runs.due(now) == [Due("shop", now // 60 * 60)]


def test_the_log_is_read_only_when_a_moment_has_come(project_of_runs, write_source, out):
    now = time.time() // 60 * 60 + 1
    write_source(schedule=EACH_MINUTE)
    runs = ScheduledRuns(project_of_runs.sources, out, [], print)
    assert runs.due(now) == []
    log = project_of_runs.output / "executions"
    log.mkdir(parents=True)
    (log / "x.parquet").write_text("cannot be read")

    said = []
    runs.say = said.append
    assert runs.due(now + 58) == []
    assert said == []
    assert runs.due(now + 60) == []
    assert "cannot be read" in said[0]


def test_nothing_is_started_that_cannot_be_noted(project_of_runs, write_source, out):
    """It would be started again each minute."""
    now = time.time()
    write_source(schedule=EACH_MINUTE)
    turn_on(out, "shop", at=now - 600)
    said = []
    runs = ScheduledRuns(project_of_runs.sources, out, [], said.append)
    [one] = runs.due(now)

    local_file(out).write_bytes(b"no database, and so long that it cannot be taken for an empty one" * 100)
    for rest in local_file(out).parent.glob("sources.sqlite-*"):
        rest.unlink()

    assert not runs.claim(one)
    assert runs.due(now) == []
    assert ["shop: not started" in said[0], "nothing is started while" in said[1]] == [True, True]
