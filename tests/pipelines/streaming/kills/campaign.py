"""Events over some hosts, the site that they lead to, and what must be true when all have ended, whatever happened.

Event number i asks for the page `http://hostM.test/p/i`. The page has two items: its own, and one that all pages of its
host have, so that `_latest` has something to collapse. One page in 23 is gone: its event is a letter and no row.
"""

import dataclasses
import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from schemas.events.event import Event
from tests.pipelines.loopback_site import Answer
from tests.pipelines.streaming.kills.carriers import Carrier
from tests.pipelines.whole_runs import Project

__all__ = ["Campaign", "Latest", "latest"]

GONE_EVERY, GONE_AT = 23, 7
PAGE_SECS = 0.05
SCRIPT = """<script>setTimeout(() => {{ for (const id of {ids}) {{ const b = document.createElement('b')
b.id = id; b.textContent = 'x'; document.body.append(b) }} }}, 20)</script>"""
Latest = dict[str, tuple[str, str]]


@dataclasses.dataclass(frozen=True, slots=True)
class Campaign:
    """So many events over so many hosts.

    Attributes:
      mode: of the sources: `http` or `browser`.
    """

    events: int
    hosts: int
    mode: str = "http"

    def write_sources(self, project: Project, **more: Any) -> None:
        """A source for each host; more of its keys as JSON values."""
        for host in range(self.hosts):
            source = {
                "source": f"s{host}",
                "table": f"s{host}.items",
                "key": ["sku"],
                "seeds": {"urls": [f"http://host{host}.test/p/0"]},
                "politeness": {"delay_secs": 0, "concurrency": 4},
                "fetch": {"mode": self.mode, "retries": 3, **({"ready": {"css": "b"}} if self.mode != "http" else {})},
                "items": {"css": "b"},
                "fields": {"sku": {"css": "::attr(id)", "required": True}, "title": {"css": "::text"}},
                **more,
            }
            project.write(f"s{host}.yaml", "".join(f"{key}: {json.dumps(value)}\n" for key, value in source.items()))

    def answer(self, wanted: str) -> Answer:
        """What the site says, of `host/path`."""
        host, _, number = wanted.partition("/p/")
        if number.isdigit() and self.is_gone(int(number)):
            return Answer("gone", 410, secs=PAGE_SECS)
        ids = [f"{host}-shared", wanted]
        items = "".join(f"<b id='{one}'>x</b>" for one in ids)
        return Answer(items if self.mode == "http" else SCRIPT.format(ids=json.dumps(ids)), secs=PAGE_SECS)

    @staticmethod
    def is_gone(number: int) -> bool:
        """Whether this event's page is gone."""
        return number % GONE_EVERY == GONE_AT

    def make_events(self) -> list[Event]:
        """The same ids at each call; sent now."""
        now = time.time()
        return [
            Event("scrape.requested", f"event-{number}", "/kills", now + number / 1e4, self._data(number))
            for number in range(self.events)
        ]

    def _data(self, number: int) -> dict[str, Any]:
        host = number % self.hosts
        return {"sources": [f"s{host}"], "urls": [f"http://host{host}.test/p/{number}"]}

    def check(self, project: Project, carrier: Carrier, quiet: Latest, *, rows_once: bool = True) -> None:
        """Every event is rows or exactly one letter, each execution is closed and told once, `_latest` is as it was.

        What is of other events and sources is left out.
        """
        events = {event.event_id for event in self.make_events()}
        runs_of_events = {f"event-{event.key}" for event in self.make_events()}
        executions = [one for one in project.records("executions") if one["run_id"] in runs_of_events]
        own = {one["execution_id"] for one in executions}
        rows, letters = (
            [one for one in project.records(kind) if one["execution_id"] in own] for kind in ("rows", "dead_letters")
        )
        said = project.everything_said()
        runs = {one["execution_id"]: one["run_id"] for one in executions}
        assert set(runs.values()) == runs_of_events, said
        assert len(executions) == len(runs), said
        assert all(one["holds"] for one in executions), said
        self._check_outcomes({run: execution for execution, run in runs.items()}, rows, letters, said)
        if rows_once:
            assert max(Counter((row["execution_id"], row["row_id"]) for row in rows).values()) == 1, said
        told = {name: said for name, said in carrier.told().items() if said[0]["event_id"] in events}
        assert told.keys() == runs.keys(), said
        assert all(all(one == first for one in more) for first, *more in told.values()), told
        assert latest(rows) == quiet, said
        assert carrier.left() == [], said

    def _check_outcomes(
        self, execution_of: dict[str, str], rows: list[dict[str, Any]], letters: list[dict[str, Any]], said: str
    ) -> None:
        skus, dead = defaultdict(set), defaultdict(list)
        for row in rows:
            skus[row["execution_id"]].add(row["sku"])
        for letter in letters:
            dead[letter["execution_id"]].append(letter["reason"])
        for number, event in enumerate(self.make_events()):
            execution, host = execution_of[f"event-{event.key}"], f"host{number % self.hosts}.test"
            outcome = skus.pop(execution, set()), dead.pop(execution, [])
            if self.is_gone(number):
                assert outcome == (set(), ["http_4xx"]), (number, said)
            else:
                assert outcome == ({f"{host}-shared", f"{host}/p/{number}"}, []), (number, said)
        assert (skus, dead) == ({}, {}), said


def latest(rows: Sequence[dict[str, Any]]) -> Latest:
    """Row key -> row id and url of its newest row, as the view `_latest` gives it; what all pages have says no url."""
    newest: dict[str, dict[str, Any]] = {}
    for row in rows:
        key = row["row_key"]
        if key not in newest or row["scraped_at"] >= newest[key]["scraped_at"]:
            newest[key] = row
    return {key: (row["row_id"], "" if row["sku"].endswith("-shared") else row["url"]) for key, row in newest.items()}
