"""Scrapers that ran elsewhere: an event tells of raw output; rows, executions and completion events follow."""

import gzip
import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest

from pipelines.streaming.crash_notes import CrashNotes
from pipelines.streaming.event_marks import run_id_of
from pipelines.streaming.pubsub import PubSubInbox, PubSubOutbox
from pipelines.streaming.topics import listen
from schemas.events.event import Event
from schemas.events.reading import parse_event
from transforms import filesystem

GAMES = """
source: SOURCE
table: nba_raw.TABLE
key: [game_id]
raw: {scrapers: [SCRAPER], within: FOLDER}
items: {jmes: "[]"}
fields:
  game_id: {jmes: id, type: integer, required: true}
  game_date: {jmes: date, type: date, required: true}
  home_team: {jmes: home_team.full_name}
"""


def source(scraper: str, within: object) -> str:
    name = scraper.replace("-", "_")
    said = GAMES.replace("SOURCE", name).replace("TABLE", name).replace("SCRAPER", scraper)
    return said.replace("FOLDER", str(within))


def games(count: int, first: int = 0) -> bytes:
    records = [
        {"id": number, "date": "2026-11-22", "home_team": {"full_name": f"Team {number}"}}
        for number in range(first, first + count)
    ]
    return b"".join(json.dumps(one).encode() + b"\n" for one in records)


@pytest.fixture
def raw(streaming: Any) -> Any:
    """(streaming, writes a raw file and gives its path), with a source for `bdl-games`."""
    folder = streaming.run.folder / "raw"
    folder.mkdir()
    streaming.run.write("bdl_games.yaml", source("bdl-games", f"[{folder}, gs://bkt-x]"))

    def write(name: str, data: bytes) -> Path:
        path: Path = folder / name
        path.write_bytes(data)
        return path

    return streaming, write


def ends(streaming: Any) -> dict[str, dict[str, Any]]:
    """Event id -> what was told of it."""
    return {one["event_id"]: one for one in streaming.told()}


def test_an_event_becomes_rows_an_execution_and_a_completion_event(raw: Any, items: Any) -> None:
    streaming, write = raw
    path = write("games.ndjson", games(3))
    event = streaming.tell("bdl-games", path, record_count=3, triggered_at="2026-11-22T05:00:00Z", execution_id="x1")
    stop = streaming.serve(items)
    streaming.wait_for(1)
    stop()

    rows = streaming.run.records("rows")
    assert [(row["game_id"], row["home_team"], str(row["game_date"])) for row in rows] == [
        (number, f"Team {number}", "2026-11-22") for number in range(3)
    ]
    assert {(row["source"], str(row["scraped_at"])[:16], row["archive_file"]) for row in rows} == {
        ("bdl_games", "2026-11-22 05:00", str(path))
    }
    [execution] = streaming.run.records("executions")
    assert (execution["status"], execution["condition"], execution["holds"]) == ("success", "", True)
    assert execution["run_id"] == f"event-{event.key}"
    told = ends(streaming)[event.event_id]
    wanted = {"scraper_name": "bdl_games", "status": "success", "record_count": 3, "error": None}
    assert told == told | wanted | {"execution_id": execution["execution_id"]}


def test_what_the_scraper_says_of_itself_counts(raw: Any, items: Any) -> None:
    streaming, write = raw
    path = write("games.ndjson", games(3))
    failed = streaming.tell("bdl-games", status="failed", error="HTTP 503 from the league")
    nothing = streaming.tell("bdl-games", status="no_data", record_count=0)
    gone = streaming.tell("bdl-games", path.with_name("gone.json"))
    wrong = streaming.tell("bdl-games", path, record_count=5)
    stop = streaming.serve(items)
    streaming.wait_for(4)
    stop()

    told = ends(streaming)
    assert told[failed.event_id]["status"] == "failed"
    assert told[failed.event_id]["error"] == "scraper bdl-games failed: HTTP 503 from the league"
    assert (told[nothing.event_id]["status"], told[nothing.event_id]["reasons"]) == ("no_data", [])
    assert (told[gone.event_id]["status"], told[gone.event_id]["dead_by_reason"]) == ("failed", {"unreadable": 1})
    assert (told[wrong.event_id]["status"], told[wrong.event_id]["condition"]) == ("success", "partial")
    assert told[wrong.event_id]["reasons"] == ["record_count: the event says 5, read were 3 records with 3 items"]
    [letter] = streaming.run.records("dead_letters")
    assert (letter["reason"], letter["source"]) == ("unreadable", "bdl_games")
    assert str(path.with_name("gone.json")) in letter["message"]


def test_a_source_of_raw_output_is_not_fetched(raw: Any, items: Any, write_source: Any) -> None:
    streaming, _ = raw
    streaming.put("bdl_games")
    stop = streaming.serve(items)
    streaming.wait_for(0, 1)
    stop()
    [letter] = streaming.run.records("dead_letters")
    assert "it takes raw output, told of by events `scraper.complete`" in letter["message"]
    write_source("shop", pages=1)
    assert streaming.run.scrape(f"--resolve={items.resolve[1]}") == 0
    assert [one["source"] for one in streaming.run.records("executions")] == ["shop"]


def test_events_by_pubsub_point_to_objects_of_a_bucket(
    raw: Any, items: Any, pubsub: Any, bigquery_emulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    streaming, _ = raw
    for name, value in bigquery_emulator.environment.items():
        monkeypatch.setenv(name, value)
    path = f"gs://{bigquery_emulator.bucket}/raw/bdl-games/2026-11-22.ndjson.gz"
    with filesystem.create(path) as file:
        file.write(gzip.compress(games(700)))
    outbox = PubSubOutbox(pubsub.topic)
    for event_id, where in (("one", path), ("two", f"gs://{bigquery_emulator.bucket}/raw/gone.json")):
        said = {"scraper_name": "bdl-games", "status": "success", "record_count": 700, "gcs_output_path": where}
        outbox.publish(Event("scraper.complete", event_id, "/test", time.time(), said))
    inbox = PubSubInbox(pubsub.subscription, CrashNotes(streaming.run.folder / "notes"))
    stop = streaming.serve(items, inbox=inbox, outbox=PubSubOutbox(pubsub.done_topic))
    told = {}
    for data, attributes, _ in itertools.islice(listen(pubsub.done), 2):
        event = parse_event(data, attributes)
        assert isinstance(event, Event)
        told[event.data["event_id"]] = event.data
    stop()
    assert (told["one"]["status"], told["one"]["record_count"]) == ("success", 700)
    assert (told["two"]["status"], told["two"]["dead_by_reason"]) == ("failed", {"unreadable": 1})
    assert len(streaming.run.records("rows")) == 700


def test_twenty_one_scrapers_are_twenty_one_routes_of_one_process(raw: Any, items: Any) -> None:
    streaming, write = raw
    names = ["bdl-games", *(f"scraper-{number}" for number in range(20))]
    for name in names[1:]:
        streaming.run.write(f"{name}.yaml", source(name, streaming.run.folder / "raw"))
    events = {}
    for number, name in enumerate(names * 2):
        event = streaming.tell(name, write(f"{number}.ndjson", games(2, 10 * number)), record_count=2)
        events[event.event_id] = name.replace("-", "_")
    stop = streaming.serve(items)
    streaming.wait_for(42)
    stop()

    assert {key: one["scraper_name"] for key, one in ends(streaming).items()} == events
    assert {one["status"] for one in streaming.told()} == {"success"}
    assert len(streaming.run.records("executions")) == 42
    assert len(list((streaming.run.output / "rows").iterdir())) == 21
    assert len(streaming.run.records("rows")) == 84


def test_an_event_that_comes_again_does_nothing_twice(raw: Any, items: Any) -> None:
    streaming, write = raw
    path = write("games.ndjson", games(3))
    streaming.tell("bdl-games", path, event_id="one")
    stop = streaming.serve(items)
    streaming.wait_for(1)
    told = [(path, path.stat().st_mtime_ns) for path in (streaming.spool / "outbox").iterdir()]
    streaming.tell("bdl-games", path, event_id="one")
    streaming.tell("bdl-games", path, event_id="two")
    streaming.wait_for(3)
    stop()
    assert len(streaming.run.records("rows")) == 6
    assert len(streaming.run.records("executions")) == len(streaming.told()) == 2
    assert [(path, path.stat().st_mtime_ns) for path, _ in told] == told


def test_what_goes_to_no_source_is_a_letter_that_names_the_nearest(raw: Any, items: Any) -> None:
    streaming, write = raw
    streaming.run.write("own.yaml", source("own", "/data/raw"))
    path = write("games.ndjson", games(1))
    streaming.tell("bdl-gmes", path)
    streaming.tell("bdl-games")
    streaming.tell("own", path)
    stop = streaming.serve(items)
    streaming.wait_for(0, 3)
    stop()
    letters = {one["reason"]: one["message"] for one in streaming.run.records("dead_letters")}
    assert letters["unknown_source"].endswith("bdl-gmes, did you mean bdl-games?")
    assert letters["malformed_event"] == "data.gcs_path: status success, and it does not say where the raw output is"
    assert "is in none of the folders that source own takes files of" in letters["address_refused"]


def test_an_event_that_breaks_a_group_does_not_take_the_others_with_it(
    raw: Any, items: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing can be made where one event has its place: that is its group's, and its own when it is alone."""
    streaming, write = raw
    events = [streaming.tell("bdl-games", write(f"{number}.ndjson", games(2, 10 * number))) for number in range(4)]
    run = streaming.run.output / ".scrapeline" / "runs" / run_id_of(events[0])
    run.mkdir(parents=True)
    for attempt in (1, 2, 3):
        (run / f"attempt-{attempt}").write_text("in the way")
    stop = streaming.serve(items, longest_pause_secs=0.1)
    streaming.wait_for(4)
    stop()
    assert "4 events broke off together, they are tried one by one" in caplog.text
    assert caplog.text.count("tried again in") == 2
    assert {one["status"] for one in streaming.told()} == {"success"}
    assert len(streaming.told()) == len(streaming.run.records("executions")) == 4
    rows = [row["game_id"] for row in streaming.run.records("rows")]
    assert sorted(rows) == [0, 1, 10, 11, 20, 21, 30, 31]
