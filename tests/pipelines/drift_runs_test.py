"""A site that changes from run to run: what fell is named, and since when; what is mended is well again."""

import datetime
import json
import re
from collections import Counter
from typing import Any

import pytest

FIELDS = {
    "sku": {"css": "::attr(id)", "required": True},
    "price": {"css": "i", "type": "integer"},
    "note": {"css": "u"},
}
ITEMS = 5


class Shop:
    """Pages of five items whose price stands in `tag`; `left`: items that a page still has."""

    def __init__(self) -> None:
        self.tag, self.left, self.rebuilt = "i", ITEMS, False

    def page(self, wanted: str) -> str:
        items = [f"<b id='{wanted}-{n}' class=card><{self.tag}>{n}</{self.tag}><u>x</u></b>" for n in range(self.left)]
        body = "".join(items)
        return f"<main><section class=grid>{body}</section></main>" if self.rebuilt else f"<div>{body}</div>"


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def scrape(project_of_runs: Any, site: Any, shop: Shop, write_source: Any) -> Any:
    """Runs the shop's source once more (with these flags, and this in the source) and gives its execution."""
    opened = site(shop.page)

    def run(name: str, *flags: str, **source: Any) -> dict[str, Any]:
        write_source(**{"pages": 8, "fields": FIELDS, **source})
        named = [] if f"--resume={name}" in flags else [f"--run_id={name}"]
        project_of_runs.scrape("=".join(opened.resolve), *named, *flags)
        [execution] = [one for one in project_of_runs.records("executions") if one["run_id"] == name]
        return {**execution, **{key: json.loads(execution[key]) for key in ("drift", "page_types", "hosts", "fields")}}

    return run


def test_a_field_that_is_gone_is_named_with_since_when_until_it_is_mended(
    scrape: Any, shop: Shop, project_of_runs: Any
) -> None:
    first = scrape("first")
    assert (first["status"], first["condition"], first["drift"]) == ("success", "", [])

    shop.tag = "s"
    second = scrape("second")

    assert (second["status"], second["condition"]) == ("success", "degraded")
    [price] = [entry for entry in second["drift"] if entry["what"] == "field"]
    assert (price["name"], price["was"], price["now"], price["runs"]) == ("price", 1.0, 0.0, 1)
    assert price["since"]["execution_id"] == second["execution_id"]
    assert second["reasons"][0] == (
        "price is in 0.0% of the items; it was in at least 100.0% in the run before; new in this run"
    )
    assert "compare_since" in second["reasons"][-1]
    for side, execution in (("before", first), ("after", second)):
        assert price[side]["execution_id"] == execution["execution_id"]
        assert (project_of_runs.output / "archive" / price[side]["file"]).is_file()
    assert price["before"]["url"] == price["after"]["url"]

    third = scrape("third")

    [still] = [entry for entry in third["drift"] if entry["what"] == "field"]
    assert still["since"] == price["since"]
    assert f"(execution {second['execution_id']})" in still["sentence"]
    assert still["before"]["execution_id"] == first["execution_id"]

    mended = scrape("mended", fields={**FIELDS, "price": {"css": "s", "type": "integer"}})

    assert (mended["condition"], [entry for entry in mended["drift"] if entry["degrades"]]) == ("", [])


def test_a_run_that_is_resumed_is_compared_with_those_before_it_not_with_itself(scrape: Any, shop: Shop) -> None:
    scrape("first")
    shop.tag = "s"
    second = scrape("second")
    scrape("third")

    again = scrape("second", "--resume=second")

    assert (again["attempt"], again["pages_from_archive"], again["condition"]) == (2, 8, "degraded")
    assert again["drift"][0]["since"] == second["drift"][0]["since"]
    assert again["drift"][0]["runs"] == 1
    assert again["page_types"][""]["skeleton"] == second["page_types"][""]["skeleton"]
    assert again["hosts"] == {}


def test_a_required_field_that_is_gone_is_named_although_no_row_lacks_it(scrape: Any, shop: Shop) -> None:
    required = {**FIELDS, "price": {"css": "i", "type": "integer", "required": True}}
    scrape("first", fields=required)

    shop.tag = "s"
    second = scrape("second", fields=required)

    assert (second["status"], second["condition"], second["rows"]) == ("failed", "degraded", 0)
    assert {(entry["what"], entry["name"]) for entry in second["drift"] if entry["degrades"]} >= {
        ("field", "price"), ("rows", ""),
    }  # fmt: skip
    assert second["fields"]["price"] == {"rows": 0, "present": 0, "refused": 40}


def test_fewer_rows_than_before_degrade_but_not_those_of_a_limited_run(scrape: Any, shop: Shop) -> None:
    scrape("first")

    limited = scrape("limited", "--limit=3")
    shop.left = 2
    fewer = scrape("fewer")

    assert (limited["condition"], limited["drift"], limited["limited_to"]) == ("partial", [], "limit 3")
    assert fewer["condition"] == "degraded"
    assert {entry["what"]: (entry["was"], entry["now"]) for entry in fewer["drift"]} == {
        "rows": (40, 16), "page_rows": (5.0, 2.0),
    }  # fmt: skip


def test_a_rebuilt_page_that_loses_nothing_is_a_remark(scrape: Any, shop: Shop) -> None:
    scrape("first")

    shop.rebuilt = True
    second, third = scrape("second"), scrape("third")

    assert (second["status"], second["condition"]) == ("success", "")
    [entry] = second["drift"]
    assert (entry["what"], entry["degrades"]) == ("skeleton", False)
    assert "gone: body>div, div>b" in entry["sentence"]
    assert "section>b" in entry["sentence"]
    assert third["drift"] == []


def test_what_is_right_can_be_said_to_be(scrape: Any, shop: Shop, wait_until: Any) -> None:
    scrape("first")
    shop.tag = "s"
    advice = scrape("second")["reasons"][-1]
    [(key, since)] = re.findall(r"`checks: {(\w+): (\S+)}`", advice)

    wait_until(lambda: datetime.datetime.now(datetime.UTC) > datetime.datetime.fromisoformat(since))

    third = scrape("third", checks={key: since})
    shop.left = 0
    fourth = scrape("fourth", checks={key: since})

    assert (third["condition"], third["drift"]) == ("", [])
    assert fourth["condition"] == "degraded"


def test_checks_that_fail_degrade_and_say_since_when(scrape: Any, shop: Shop) -> None:
    checks = {"min_rows": 50, "coverage": {"price": 0.9}}
    first = scrape("first", checks=checks)
    second = scrape("second", checks=checks)

    assert (first["status"], first["condition"]) == ("failed", "degraded")
    [rows] = second["drift"]
    assert (rows["what"], rows["by"], rows["was"], rows["now"]) == ("rows", "checks", 50, 40)
    assert rows["since"]["execution_id"] == first["execution_id"]
    assert "check min_rows: 40 rows, at least 50 wanted" in first["reasons"]
    [reason] = [reason for reason in second["reasons"] if reason.startswith("check min_rows")]
    assert reason.endswith(f"(execution {first['execution_id']})")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_is_recorded_adds_up_over_processes_and_attempts(
    project_of_runs: Any, site: Any, shop: Shop, write_source: Any, workers: str
) -> None:
    hosts = [f"shop{number}.test" for number in range(4)]
    write_source(pages=6, hosts=hosts, fields=FIELDS)
    opened = site(shop.page)

    assert project_of_runs.run("shop", "--workers", workers, *opened.resolve) == 0, project_of_runs.everything_said()

    execution = project_of_runs.execution()
    [(name, pages)] = json.loads(execution["page_types"]).items()
    assert (name, pages["pages"], pages["items"], pages["rows"]) == ("", 24, 120, 120)
    assert {"b.card", "div>b", "b>i"} <= set(pages["skeleton"])
    asked = json.loads(execution["hosts"])
    assert {host: one["requests"] for host, one in asked.items()} == Counter(one.split("/")[0] for one in opened.asked)
    assert sum(one["robots"] for one in asked.values()) == len(opened.asked) - 24
    assert all(one["concurrency"] * one["slots"] == 4 >= one["most_at_once"] >= 1 for one in asked.values())

    again = project_of_runs.run("--resume", execution["execution_id"], "--workers", workers, *opened.resolve)

    assert again == 0, project_of_runs.everything_said()
    resumed = project_of_runs.execution()
    assert json.loads(resumed["page_types"])[""]["pages"] == 24
    assert json.loads(resumed["page_types"])[""]["skeleton"] == pages["skeleton"]
    assert (json.loads(resumed["hosts"]), json.loads(resumed["drift"])) == ({}, [])
