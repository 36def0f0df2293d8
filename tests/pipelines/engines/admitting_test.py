"""What becomes of an event: executions to begin, letters, or nothing yet."""

import dataclasses
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines.engines.admitting import EventAdmitter
from pipelines.engines.closing import begun_already, layout_of, note_begun
from pipelines.engines.planning import Planning
from pipelines.places import Places
from pipelines.plans import plan_run
from pipelines.source_health.book import open_book
from pipelines.source_health.leaving_out import Availability
from pipelines.streaming.crash_notes import CrashNotes
from pipelines.streaming.event_letters import EventLetters
from pipelines.streaming.event_run import run_id_of
from pipelines.streaming.routes import Routes
from schemas.decision import Decision
from schemas.events.arrival import Arrived, Asked
from schemas.events.continued import continued
from schemas.events.event import Event
from schemas.events.messages import attributes_of, data_of
from schemas.events.reading import Limits
from schemas.request import Request, RequestSpec
from scrapers.source_files.load import LoadedSource, load_sources
from tests.pipelines.whole_runs import Project
from transforms import filesystem
from transforms.streaming.admit import Admission

RAW = "source: games\ntable: games.items\nkey: [sku]\nraw: {scrapers: [bdl-games]}\nfields: {sku: {jmes: sku}}\n"


@dataclasses.dataclass
class Sources:
    """What is known of a folder."""

    sources: Mapping[str, LoadedSource]
    routes: Routes
    broken: Mapping[str, str] = dataclasses.field(default_factory=lambda: {"torn": "line 3: no such key"})
    digest: str = "d"
    git_commit: str = "c"


class Letters:
    """A topic of letters."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Mapping[str, str]]] = []

    def send(self, data: bytes, attributes: Mapping[str, str]) -> None:
        self.sent.append((data, attributes))


class Desk:
    """An admitter of a project's sources, and what came of it."""

    def __init__(self, run: Project) -> None:
        self.run, self.box = run, Letters()
        self.later: list[str] = []
        self.where = Places(str(run.output))
        loaded = load_sources(run.sources)
        self.known = Sources(loaded, Routes(loaded))
        self.notes = CrashNotes(run.folder / "notes")

    def admitter(self, notes: CrashNotes | None = None, **limits: Any) -> EventAdmitter:
        return EventAdmitter(
            self.known,
            self.where,
            Planning(self.known, self.where, Availability(self.where), 600.0),
            limits=Limits(**limits),
            letters=EventLetters(self.where, "jsonl", str),
            letter_box=self.box,
            notes=notes or self.notes,
            put_off=self._put_off,
        )

    def _put_off(self, handle: str, secs: int) -> bool:
        self.later.append(handle)
        return bool(handle)

    def admit(self, event: Event, **more: Any) -> Admission:
        return self.admitter(**more).admit(came(event))

    def letters(self) -> list[tuple[str, str]]:
        return sorted((one["reason"], one["source"] or "") for one in self.run.records("dead_letters"))


def came(event: Event, handle: str = "h1") -> Arrived:
    return Arrived(data_of(event), attributes_of(event), f"m-{event.event_id}", event.time, handle)


def requested(*sources: str, event_id: str = "1", **data: Any) -> Event:
    return Event("scrape.requested", event_id, "/test", time.time(), {"sources": list(sources), **data})


@pytest.fixture
def desk(project_of_runs: Project, write_source: Any) -> Desk:
    write_source("shop", pages=3, hosts=("a.test", "b.test"), politeness={"delay_secs": 0})
    write_source("books", pages=2)
    project_of_runs.write("games.yaml", RAW)
    return Desk(project_of_runs)


def asked_of(admission: Admission) -> dict[str, Asked]:
    found = {}
    for execution_id, asked in admission.asked:
        assert asked.plan is not None
        assert asked.plan.execution_id == execution_id
        found[asked.plan.source] = asked
    return found


def test_each_source_is_an_execution_under_the_id_that_the_loop_gives_it(desk: Desk) -> None:
    event = requested("shop", "books")

    admission = desk.admit(event)

    asked = asked_of(admission)
    chosen = [desk.known.sources[name] for name in ("shop", "books")]
    plans = plan_run(chosen, run_id=run_id_of(event), started_at=0.0, params={})
    assert [execution_id for execution_id, _ in admission.asked] == [plan.execution_id for plan in plans]
    assert admission.receipt is not None
    assert admission.receipt.executions == tuple(plan.execution_id for plan in plans)
    assert (admission.receipt.handle, admission.event_key) == ("h1", event.key)
    assert {key for key, _ in asked["shop"].specs} == {("a.test", 0), ("b.test", 0)}
    plan = asked["shop"].plan
    assert plan is not None
    assert {spec.deadline_at for _, spec in asked["shop"].specs} == {plan.deadline_at}
    assert abs(plan.deadline_at - time.time() - 600) < 300
    assert (plan.event_id, plan.sources_digest) == ("1", "d")


def test_urls_and_deadline_of_the_event_count(desk: Desk) -> None:
    event = requested("shop", urls=["http://a.test/x", "http://c.test/y"], deadline="2999-01-01T00:00:00Z")

    [asked] = asked_of(desk.admit(event)).values()

    assert asked.plan is not None
    assert asked.plan.limited_to == "urls"
    assert {key[0]: [one.url for one in spec.requests] for key, spec in asked.specs} == {
        "a.test": ["http://a.test/x"],
        "c.test": ["http://c.test/y"],
    }
    assert {spec.deadline_at for _, spec in asked.specs} == {32_472_144_000.0}


def test_some_of_an_events_sources_are_letters_and_the_others_run(desk: Desk) -> None:
    event = requested("shop", "shpo", "torn")

    admission = desk.admit(event)

    assert list(asked_of(admission)) == ["shop"]
    assert desk.letters() == [("unknown_source", "shpo"), ("unknown_source", "torn")]
    assert [data for data, _ in desk.box.sent] == [data_of(event)] * 2
    assert {attributes["dead-letter-reason"] for _, attributes in desk.box.sent} == {"unknown_source"}


def other(kind: str, **data: Any) -> Event:
    return Event(kind, "2", "/test", time.time(), data)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (requested("shop", params={"nope": 1}), "malformed_event"),
        (requested("shop", limit=0), "malformed_event"),
        (requested("shop", deadline="2020-01-01T00:00:00Z"), "expired"),
        (other("scraper.complete", scraper_name="x", status="success"), "unknown_source"),
        (other("scrape.continued", execution_id="e", source="shop", requests=[{}]), "malformed_event"),
        (other("execution.complete"), "malformed_event"),
    ],
)
def test_what_nobody_can_do_is_a_letter_and_done_with(desk: Desk, event: Event, reason: str) -> None:
    admission = desk.admit(event)

    assert admission.receipt is not None
    assert (list(admission.asked), admission.receipt.executions) == ([], ())
    assert [one for one, _ in desk.letters()] == [reason]
    [(data, _)] = desk.box.sent
    assert data == data_of(event)


def test_an_event_that_comes_again_asks_only_for_what_has_not_ended(desk: Desk) -> None:
    event = requested("shop", "books")
    first = desk.admit(event)
    ended, open_ = (execution_id for execution_id, _ in first.asked)
    filesystem.write_whole(f"{layout_of(desk.where.folder, ended).run}/told", b"")

    again = desk.admit(event)

    assert again.receipt is not None
    assert [execution_id for execution_id, _ in again.asked] == [open_] == list(again.receipt.executions)


def test_what_had_begun_in_time_is_no_letter_when_it_comes_again_late(desk: Desk) -> None:
    event = requested("shop", deadline="2020-01-01T00:00:00Z")
    [plan] = plan_run([desk.known.sources["shop"]], run_id=run_id_of(event), started_at=0.0, params={})
    filesystem.write_whole(f"{layout_of(desk.where.folder, plan.execution_id).run}/begun", b"")

    assert list(asked_of(desk.admit(event))) == ["shop"]
    assert desk.letters() == []


def test_an_event_that_was_admitted_in_time_is_no_letter_when_it_comes_again_after_its_deadline(
    desk: Desk,
) -> None:
    """Nothing of it need be written by then: its pages are slow. A letter would have it acknowledged before its end."""
    event = requested("shop", deadline="2999-01-01T00:00:00Z")
    first = desk.admit(event)

    again = desk.admit(event, clock=lambda: 32_472_144_000.0 + 60)

    assert again.receipt == first.receipt
    assert [execution_id for execution_id, _ in again.asked] == [execution_id for execution_id, _ in first.asked]
    assert desk.letters() == []


def test_that_an_event_was_admitted_in_time_is_known_in_a_bucket(bucket: str) -> None:
    assert not begun_already(bucket, "e1")
    for _ in range(2):
        note_begun(bucket, "e1")

    assert begun_already(bucket, "e1")
    assert not begun_already(bucket, "e2")


def test_of_an_event_that_stays_in_time_nothing_is_noted(desk: Desk) -> None:
    desk.admit(requested("shop"))

    assert not (desk.run.output / ".scrapeline" / "runs").exists()


def test_a_source_that_is_left_out_is_an_execution_that_fetches_nothing(desk: Desk) -> None:
    decided = Decision("shop", "disable", time.time(), "me")
    open_book(desk.where).add([decided])

    [asked] = asked_of(desk.admit(requested("shop"))).values()

    assert asked.specs == ()
    assert asked.plan is not None
    assert "disabled" in asked.plan.out_because
    assert asked.plan.out_requests == 6


def test_raw_output_goes_to_the_source_that_takes_it(desk: Desk) -> None:
    data = {"scraper_name": "bdl-games", "status": "success", "gcs_path": "gs://b/x.json", "record_count": 3}

    [asked] = asked_of(desk.admit(Event("scraper.complete", "1", "/x", time.time(), data))).values()

    assert asked.raw is not None
    assert (asked.raw.source, asked.raw.path, asked.raw.record_count) == ("games", "gs://b/x.json", 3)
    assert asked.specs == ()


def test_requests_that_left_for_another_host_come_back(desk: Desk) -> None:
    spec = RequestSpec("shop", "e1", (Request("shop", "http://www.c.test/x", "e1"),), deadline_at=5.0)

    admission = desk.admit(continued(spec, time.time()))

    assert admission.receipt is not None
    assert admission.receipt.executions == ("e1",)
    [(execution_id, asked)] = admission.asked
    assert (execution_id, asked.plan, asked.specs) == ("e1", None, ((("c.test", 0), spec),))


@pytest.mark.parametrize("name", ["gone", "torn"])
def test_requests_of_a_source_that_is_gone_meanwhile_end_where_all_requests_end(desk: Desk, name: str) -> None:
    """A letter of the event would leave them open, and with them their execution, until its deadline."""
    spec = RequestSpec(name, "e1", (Request(name, "http://www.c.test/x", "e1", "detail"),), deadline_at=5.0)

    admission = desk.admit(continued(spec, time.time()))

    assert admission.receipt is not None
    assert admission.receipt.executions == ("e1",)
    assert [(key, one.specs) for key, one in admission.asked] == [("e1", ((("c.test", 0), spec),))]
    assert desk.letters() == []


def test_an_event_is_put_off_while_its_letter_cannot_be_written(desk: Desk) -> None:
    desk.run.output.mkdir()
    blocked = desk.run.output / "dead_letters"
    blocked.write_text("no folder")

    admission = desk.admit(requested("shpo"))

    assert (admission.receipt, list(admission.asked), desk.later) == (None, [], ["h1"])
    assert desk.box.sent == []
    blocked.unlink()
    assert desk.admit(requested("shpo")).receipt is not None
    assert desk.letters() == [("unknown_source", "shpo")]


def test_where_the_engine_has_the_event_it_is_the_engine_that_tries_again(desk: Desk) -> None:
    desk.run.output.mkdir()
    (desk.run.output / "dead_letters").write_text("no folder")

    with pytest.raises(OSError, match="dead_letters"):
        desk.admitter().admit(dataclasses.replace(came(requested("shpo")), handle=""))


def test_an_event_over_which_processes_died_is_a_letter_unread(desk: Desk, tmp_path: Path) -> None:
    event = requested("shop")
    for _ in range(2):
        died = CrashNotes(desk.run.folder / "notes")
        died.begin(f"m-{event.event_id}", died.crashes(f"m-{event.event_id}"))
        died.close()  # as the kernel does it

    admission = desk.admit(event)

    assert list(admission.asked) == []
    assert [reason for reason, _ in desk.letters()] == ["poison"]
    assert json.loads(desk.run.records("dead_letters")[0]["event"])["data"] == data_of(event).decode()
    assert desk.admit(requested("shop", event_id="2")).asked


def test_what_nobody_expects_of_an_event_is_a_letter_after_two_tries(desk: Desk) -> None:
    desk.known.sources = {"shop": None}  # type: ignore[dict-item]  # whatever is wrong in our own code

    tries = [desk.admit(requested("shop")) for _ in range(2)]

    assert [one.receipt for one in tries] == [None, None]
    assert desk.letters() == []
    assert desk.admit(requested("shop")).receipt is not None
    assert [reason for reason, _ in desk.letters()] == ["poison"]


def test_requests_of_a_page_type_that_is_gone_meanwhile_are_a_letter(desk: Desk) -> None:
    spec = RequestSpec("shop", "e1", (Request("shop", "http://www.c.test/x", "e1", "renamed"),))

    admission = desk.admit(continued(spec, time.time()))

    assert (list(admission.asked), admission.receipt is not None) == ([], True)
    assert desk.letters() == [("malformed_event", "shop")]
    assert "no page type renamed" in desk.run.records("dead_letters")[0]["message"]
