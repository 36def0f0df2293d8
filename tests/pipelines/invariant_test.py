"""A messy site: every request and every item is accounted for, whatever happens to them; and a loss is noticed."""

import functools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import apache_beam as beam
import pytest

from pipelines import graph

SITEMAP = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</urlset>"
SOURCE: dict[str, Any] = {
    "source": "messy",
    "table": "messy.items",
    "key": ["sku"],
    "seeds": {
        "urls": ["http://a.test/list/${params.n}"],
        "params": {"n": "1..6"},
        "sitemap": {"url": "http://a.test/sitemap.xml"},
    },
    "politeness": {"delay_secs": 0, "concurrency": 4, "robots": {"ignore": True, "because": "a test"}},
    "pages": {
        "list": {
            "fetch": {"timeout_secs": 0.5, "retries": 1},
            "next": {"css": "a.next::attr(href)", "max_pages": 3},
            "items": {"css": "b"},
            "fields": {
                "sku": {"css": "::attr(id)", "required": True},
                "count": {"css": "::attr(n)", "type": "integer"},
            },
            "follow": {"to": "detail", "url": {"css": "::attr(at)"}, "carry": "item"},
        },
        "detail": {
            "fetch": {"timeout_secs": 0.5, "retries": 0},
            "fields": {"text": {"css": "p"}},
            "if_failed": "emit",
        },
    },
    "status": {"410": "drop"},
    "checks": {"max_dead": 1.0},
}


LISTING = "".join(f"<b id='{n}' n='{n}' at='http://{'ab'[n % 2]}.test/detail/{n}'>x</b>" for n in range(14))


def messy(answer: Any) -> Callable[[str], Any]:
    """By number: well, 404, 410, 500, too slow, redirects; on several hosts, one of which nobody may ask."""

    def page(wanted: str) -> Any:
        host, _, path = wanted.partition("/")
        kind, _, name = path.partition("/")
        if path == "sitemap.xml":
            return answer(
                SITEMAP.format("".join(f"<url><loc>http://a.test/list/{n}</loc></url>" for n in range(5, 12))),
                headers={"Content-Type": "application/xml"},
            )
        number = sum(map(int, name.partition("?")[0].split("-")))
        if kind == "list":
            return listing(host, name, number)
        return [
            answer(f"<p>detail {name}</p>"),
            answer(status=500),
            answer(status=410),
            answer(secs=2),
            answer(status=302, headers={"Location": f"http://{host}/detail/{number * 7}"}),
            answer("<p></p>"),
            answer(status=404),
        ][number % 7]

    def listing(host: str, name: str, number: int) -> Any:
        hosts = ("a.test", "b.test", "c.test", "10.0.0.1")
        cards = "".join(
            f"<b id='{'' if n % 5 == 4 else number * 3 + n}' n='{'x' if n % 7 == 6 else n}' "
            f"at='{'' if n % 3 == 2 else f'http://{hosts[n % 4]}/detail/{number}-{n}'}'>x</b>"
            for n in range(12)
        )
        onward = f"<a class=next href='/list/{number + 1}-0'>" if number % 2 else ""
        return [
            cards + onward,
            cards + onward,
            answer(status=500),
            answer(cards, secs=2 if name == "3" else 0),
            answer(status=302, headers={"Location": f"/list/{number}"}) if name == "4" else cards,
            cards,
            "<h1>nothing</h1>",
        ][number % 7]

    return page


def check_books(run: Any) -> dict[str, Any]:
    """The invariant, from what was written alone."""
    [execution] = run.records("executions")
    letters = run.records("dead_letters")
    dead, dropped = json.loads(execution["dead_by_reason"]), json.loads(execution["dropped_by_reason"])
    assert execution["holds"], execution["reasons"]
    assert Counter(letter["reason"] for letter in letters) == dead
    assert execution["rows"] == len(run.records("rows"))
    assert len({row["row_key"] for row in run.records("rows")}) == execution["rows"]
    of_items = dead.get("invalid_item", 0)
    dropped_items = execution["duplicates"] + dropped.get("filtered", 0)
    assert execution["items"] == execution["rows"] + of_items + dropped_items
    requests_dropped = sum(dropped.values()) - dropped_items
    assert execution["requests"] == execution["pages"] + (len(letters) - of_items) + requests_dropped
    return execution


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"limits": {"max_pages": 9}},
        {"limits": {"max_depth": 1}},
        {"pages": {**SOURCE["pages"], "detail": {"fields": {"text": {"css": "p", "required": True}}}}},
    ],
    ids=["all of it", "max_pages", "max_depth", "carried items die with their requests"],
)
def test_everything_is_accounted_for(project_of_runs: Any, site: Any, answer: Any, changes: dict[str, Any]) -> None:
    run, messy_site = project_of_runs, site(messy(answer))
    write(run, {**SOURCE, **changes})

    run.scrape(f"--resolve={messy_site.resolve[1]}")

    execution = check_books(run)
    assert execution["items"] > (10 if "limits" in changes else 40)  # a limit takes what comes first
    assert changes or execution["duplicates"] > 0
    assert execution["status"] == "success"
    assert len(json.loads(execution["dead_by_reason"])) > (1 if "limits" in changes else 4)


def test_a_carried_item_is_in_a_row_or_in_the_letter_of_its_request(
    project_of_runs: Any, site: Any, answer: Any
) -> None:
    """Or its request was dropped, and that is counted."""
    run = project_of_runs
    dead_site = site(lambda wanted: LISTING if "/list/" in wanted else messy(answer)(wanted))
    pages = {
        **SOURCE["pages"],
        "detail": {"fetch": SOURCE["pages"]["detail"]["fetch"], "fields": {"text": {"css": "p"}}},
    }
    write(run, {**SOURCE, "pages": pages, "seeds": {"urls": ["http://a.test/list/0"]}})

    run.scrape(f"--resolve={dead_site.resolve[1]}")

    execution = check_books(run)
    rows = {row["sku"] for row in run.records("rows")}
    carried = {json.loads(letter["item"])["sku"] for letter in run.records("dead_letters")}
    assert len(rows) + len(carried) + execution["dropped"] == 14
    assert rows.isdisjoint(carried)
    assert (len(rows) > 3, len(carried) > 4, execution["dropped"]) == (True, True, 2)


def test_a_limit_from_the_command_line_leaves_the_books_in_order(project_of_runs: Any, site: Any, answer: Any) -> None:
    run, messy_site = project_of_runs, site(messy(answer))
    write(run, SOURCE)

    run.scrape(f"--resolve={messy_site.resolve[1]}", "--limit=8")

    execution = check_books(run)
    assert execution["condition"] == "partial"
    assert 0 < execution["pages"] <= 8


def write(run: Any, source: dict[str, Any]) -> None:
    run.write("messy.yaml", "".join(f"{key}: {json.dumps(value)}\n" for key, value in source.items()))


def lose(place: str, element: Any, *, counter: Counter[str]) -> Iterator[Any]:
    counter[place] += 1
    if counter[place] != 3:
        yield element


class Leaky(beam.PTransform[Any, Any]):
    """Stands before a stage and loses the third element of what it is given."""

    def __init__(self, stage: Any, counter: Counter[str]) -> None:
        super().__init__()
        self._stage, self._counter = stage, counter

    def expand(self, elements: Any) -> Any:
        return elements | "Lose" >> beam.FlatMap(functools.partial(lose, "", counter=self._counter)) | self._stage


@pytest.mark.parametrize("stage", ["ArchivePages", "ValidateItems"])
def test_a_stage_that_loses_something_fails_the_run(
    project_of_runs: Any, site: Any, answer: Any, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    run, messy_site = project_of_runs, site(messy(answer))
    write(run, SOURCE)
    whole, counter = getattr(graph, stage), Counter[str]()
    monkeypatch.setattr(graph, stage, lambda *arguments: Leaky(whole(*arguments), counter))

    assert run.scrape(f"--resolve={messy_site.resolve[1]}") == 1

    execution = run.execution()
    assert (execution["status"], execution["holds"]) == ("failed", False)
    assert any(reason.startswith("LOST: ") for reason in execution["reasons"])
