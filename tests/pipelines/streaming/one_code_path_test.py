"""Batch and streaming differ in how requests come in and where rows go, nowhere else."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.conftest import eventually
from tests.pipelines.loopback_site import Answer, Site
from tests.pipelines.streaming.conftest import PubSub
from tests.pipelines.streaming.kills.carriers import PubSubCarrier
from tests.pipelines.whole_runs import Project

LISTING = """source: shop
table: shop.products
key: [sku]
seeds: {urls: ["http://shop.test/list/1", "http://shop.test/gone"]}
politeness: {delay_secs: 0, concurrency: 4}
pages:
  list:
    items: {css: article}
    next: {css: "a.next::attr(href)", max_pages: 5}
    fields: {sku: {css: "::attr(id)", type: string, required: true}}
    follow: {to: detail, url: {css: "a.detail::attr(href)"}, carry: item}
  detail:
    fields: {price: {css: b, type: numeric, min: 0, required: true}}
"""
API = """source: prices
table: shop.prices
key: [sku]
seeds: {urls: ["http://api.test/prices/${params.page}"], params: {page: 1..3}}
politeness: {delay_secs: 0, concurrency: 2}
items: {jmes: "data[]"}
fields: {sku: {jmes: sku, type: string, required: true}, amount: {jmes: amount, type: integer, required: true}}
"""


def answer(wanted: str) -> Answer | str:
    """Listings whose details stand on another host (one of them with a price that no table takes), and JSON."""
    host, _, path = wanted.partition("/")
    if host == "api.test":
        number = path.rpartition("/")[2]
        return Answer(f'{{"data": [{{"sku": "a{number}", "amount": {number}}}, {{"sku": "bad"}}]}}', headers=JSON)
    if host == "details.test":
        return f"<b>{-1 if path.endswith('3-1') else 5}</b>"
    if path == "gone":
        return Answer("gone", 404)
    page = int(path.rpartition("/")[2])
    items = [
        f"<article id=s{page}-{n}><a class=detail href='http://details.test/d/{page}-{n}'>x</a></article>"
        for n in (1, 2)
    ]
    return "".join(items) + (f"<a class=next href=/list/{page + 1}>n</a>" if page < 4 else "")


JSON = {"Content-Type": "application/json"}
_OF_A_RUN = ("execution_id", "row_id", "request_id", "scraped_at", "archive_file", "archive_offset", "archive_digest")


def outcome(project: Project) -> dict[str, Any]:
    """What a way of running came to, but for what is each run's own."""
    rows = [{name: value for name, value in row.items() if name not in _OF_A_RUN} for row in project.records("rows")]
    letters = Counter(
        (one["source"], one["stage"], one["reason"], one["url"]) for one in project.records("dead_letters")
    )
    executions = {
        one["source"]: [one[name] for name in ("status", "holds", "requests", "pages", "items", "rows", "dead_letters")]
        for one in project.records("executions")
    }
    return {"rows": sorted(map(str, rows)), "letters": letters, "executions": executions}


@pytest.mark.engines
@pytest.mark.usefixtures("prism")
def test_the_same_sources_give_the_same_tables_in_batch_in_the_loop_and_on_an_engine(
    tmp_path: Path, project: Path, site: Callable[..., Site], pubsub: PubSub
) -> None:
    at = site(answer)
    found = {}
    for way, words in (("batch", ()), ("loop", ()), ("engine", ("--runner=PrismRunner",))):
        (tmp_path / way).mkdir()
        one = Project(tmp_path / way, project)
        one.write("shop.yaml", LISTING)
        one.write("prices.yaml", API)
        try:
            run_it(one, at, pubsub, way, words)
        finally:
            one.end()
        found[way] = outcome(one)
    assert found["batch"]["executions"]["shop"][-2:] == [7, 2]
    assert found["batch"]["executions"]["prices"][-2:] == [3, 3]
    assert found["loop"] == found["batch"]
    assert found["engine"] == found["batch"]


def run_it(one: Project, at: Site, pubsub: PubSub, way: str, words: tuple[str, ...]) -> None:
    """Runs both sources; streaming, by an event that names both."""
    if way == "batch":
        assert one.run(*at.resolve) == 1  # both have letters
        return
    carrier = PubSubCarrier(pubsub)
    already = set(carrier.told())
    process = one.start(*one.run_words("--streaming", *carrier.words, *words, *at.resolve))
    one_request = ["events", "publish", "scrape.requested", "shop", "prices", "--topic", pubsub.topic]
    assert Project.start(one, *one_request, module="pipelines").wait(60) == 0
    eventually(lambda: process.poll() is not None or len(carrier.told().keys() - already) == 2)
    process.terminate()
    assert process.wait(100) == 0, one.everything_said()
    assert carrier.left() == []
