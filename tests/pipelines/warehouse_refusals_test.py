"""Runs into a BigQuery that refuses: a row, for a while, or altogether; on a fake that is strict."""

import json
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
from google.cloud import bigquery

from pipelines.broken_run import explain
from tests.bigquery_servers.strict_server import PROJECT, StrictBigQuery
from tests.pipelines.loopback_site import Answer, Site
from tests.pipelines.whole_runs import Project
from transforms.bigquery import jobs
from transforms.bigquery.connection import connect

OUTPUT = f"bigquery:{PROJECT}.dev"
ALL = [f"A{number}" for number in range(1, 7)]


def page(wanted: str) -> Answer | str:
    """Product 5 has no title."""
    number = int(wanted.rpartition("/")[2])
    return f'<b id="A{number}">{"" if number == 5 else f"Thing {number}"}</b>'


@pytest.fixture
def shop(site: Callable[..., Site], write_source: Callable[..., None]) -> Site:
    write_source(pages=6, checks={"max_dead": 0.5})
    return site(page)


@pytest.fixture
def run(project_of_runs: Project, shop: Site, strict_bigquery: StrictBigQuery) -> Callable[..., int]:
    """A whole run in this process, with flags of `pipelines.scrape`."""
    return lambda *flags: project_of_runs.scrape(
        f"--output={OUTPUT}", f"--files={project_of_runs.output}", *shop.resolve, *flags
    )


def when_fetched(shop: Site, number: int, what: Callable[[], None]) -> None:
    """Something happens while the run is going on."""

    def answer(wanted: str) -> Answer | str:
        if wanted.endswith(f"/{number}"):
            what()
        return page(wanted)

    shop.answer = answer


def skus(strict: StrictBigQuery) -> list[str]:
    return sorted(row["sku"] for row in strict.rows("dev.shop_items"))


def made_stricter(client: bigquery.Client) -> None:
    """Somebody has another table in the place of ours: its titles may not be null."""
    name = f"{PROJECT}.dev.shop_items"
    fields = [field.to_api_repr() for field in client.get_table(name).schema]
    for field in fields:
        field["mode"] = "REQUIRED" if field["name"] == "title" else field["mode"]
    client.delete_table(name)
    client.create_table(bigquery.Table(name, [bigquery.SchemaField.from_api_repr(field) for field in fields]))


def test_a_row_that_its_table_refuses_is_accounted_for(
    run: Callable[..., int], shop: Site, strict_bigquery: StrictBigQuery, capsys: pytest.CaptureFixture[str]
) -> None:
    when_fetched(shop, 6, lambda: made_stricter(connect(PROJECT)))

    assert run() == 0

    assert skus(strict_bigquery) == [sku for sku in ALL if sku != "A5"]
    [letter] = strict_bigquery.rows("dev.dead_letters")
    assert (letter["reason"], json.loads(letter["item"])["sku"]) == ("refused_by_table", "A5")
    [execution] = strict_bigquery.rows("dev.executions")
    assert (execution["holds"], execution["rows"], execution["dead_letters"]) == (True, 5, 1)
    assert json.loads(execution["dead_by_reason"]) == {"refused_by_table": 1}
    [said] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert "title" in said["letter_examples"][0]["message"]


def test_a_quota_that_stays_used_up_breaks_the_run_off_and_nothing_is_fetched_again(
    run: Callable[..., int], shop: Site, strict_bigquery: StrictBigQuery, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "Quota exceeded: imports per table"
    when_fetched(shop, 1, lambda: strict_bigquery.fail_next_job("quotaExceeded", words))
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "PATIENCE_SECS", 0.0)
        with pytest.raises(Exception, match="imports") as broken:
            run("--run_id=night")
    status, sentence = explain(broken.value, OUTPUT)
    assert status == 74
    assert sentence.startswith(f"cannot write to {OUTPUT}: BigQuery: ")
    assert words in sentence
    asked = shop.pages

    assert run("--resume=night") == 0

    assert skus(strict_bigquery) == ALL
    assert [row["rows"] for row in strict_bigquery.rows("dev.executions")] == [6]
    assert shop.pages == asked


def test_a_command_that_may_not_write_says_what_it_needs_and_how_to_go_on(
    project_of_runs: Project, shop: Site, strict_bigquery: StrictBigQuery
) -> None:
    project = project_of_runs
    words = ["--sources", str(project.sources), "--output", OUTPUT, "--files", str(project.output), *shop.resolve]
    refusal = {"status": 403, "reason": "accessDenied", "message": "Access Denied: no jobs.create"}
    when_fetched(shop, 1, lambda: strict_bigquery.fail_next("jobs.insert", **refusal))

    assert project.start("run", "shop", *words).wait(120) == 1
    said = project.errors()
    [run_id] = os.listdir(project.output / ".scrapeline" / "runs")
    assert "BigQuery Job User" in said
    assert f"scrapeline run --resume {run_id}" in said

    assert project.start("run", "--resume", run_id, *words).wait(120) == 0
    assert skus(strict_bigquery) == ALL
    assert set(shop.pages.values()) == {1}


def test_a_run_killed_before_its_execution_row_is_there_goes_on_and_doubles_nothing(
    project_of_runs: Project, shop: Site, strict_bigquery: StrictBigQuery, wait_until: Callable[..., None]
) -> None:
    project, killed = project_of_runs, threading.Event()
    words = ["--sources", str(project.sources), "--output", OUTPUT, "--files", str(project.output), *shop.resolve]

    def order() -> None:
        strict_bigquery.fail_next("jobs.insert", status=200)  # the load of its rows
        strict_bigquery.fail_next("jobs.insert", cut="before", until=killed)

    when_fetched(shop, 1, order)
    project.start("run", "shop", *words)
    wait_until(lambda: shop.pages and not strict_bigquery.faults_left)
    for process in project.processes():
        os.kill(process, signal.SIGKILL)
    killed.set()
    assert skus(strict_bigquery) == ALL
    assert strict_bigquery.rows("dev.executions") == []
    [run_id] = os.listdir(project.output / ".scrapeline" / "runs")

    assert project.start("run", "--resume", run_id, *words).wait(120) == 0, project.everything_said()

    assert skus(strict_bigquery) == ALL
    assert [(row["attempt"], row["rows"]) for row in strict_bigquery.rows("dev.executions")] == [(2, 6)]
    assert set(shop.pages.values()) == {1}


def test_without_a_right_or_an_answer_nothing_is_fetched(
    project_of_runs: Project, shop: Site, strict_bigquery: StrictBigQuery, run: Callable[..., int]
) -> None:
    strict_bigquery.fail_next("datasets.get", status=403, reason="accessDenied", message="Access Denied: Dataset")

    with pytest.raises(ValueError, match=r"BigQuery Data Editor"):
        run()
    assert shop.asked == []


@pytest.fixture(autouse=True)
def nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)


def test_doctor_tells_whether_the_warehouse_can_be_reached(
    project_of_runs: Project, shop: Site, strict_bigquery: StrictBigQuery
) -> None:
    strict_bigquery.answer_queries(any_answer)

    project_of_runs.start("doctor", "--json", "--output", OUTPUT, "--sources", str(project_of_runs.sources)).wait(60)

    findings: dict[str, Any] = {one["name"]: one for one in json.loads(project_of_runs.said())}
    assert findings["warehouse"]["state"] == "ok"
    assert "dataset on the first run" in findings["warehouse"]["message"]


def any_answer(*_: object) -> Any:
    from tests.bigquery_servers.strict_queries import Answer as Rows

    return Rows()
