"""What is taken as an event, and what is said of what is not."""

import json
from typing import Any

import jsonschema
import pytest

from schemas.events.event import Event, Malformed, original_text
from schemas.events.kinds import KINDS, schema_of
from schemas.events.messages import attributes_of, data_of, structured
from schemas.events.reading import Limits, parse_event, unknown_source
from schemas.reasons import Dead

NOW = 1_800_000_000.0
LIMITS = Limits(clock=lambda: NOW)


def event(**data: Any) -> Event:
    return Event("scrape.requested", "1", "/desk", NOW - 5, {"sources": ["shop"], **data})


def read(data: bytes, attributes: dict[str, str] | None = None, **options: Any) -> Event | Malformed:
    return parse_event(data, attributes or {}, limits=LIMITS, **options)


def good(data: object, attributes: dict[str, str] | None = None, **options: Any) -> Event:
    got = read(json.dumps(data).encode(), attributes, **options)
    assert isinstance(got, Event), got
    return got


def bad(data: object, attributes: dict[str, str] | None = None, **options: Any) -> Malformed:
    got = read(data if isinstance(data, bytes) else json.dumps(data).encode(), attributes, **options)
    assert isinstance(got, Malformed), got
    return got


def test_both_modes_give_the_event_that_was_sent() -> None:
    sent = event(params={"n": [1, 2]}, reason="to see")

    assert read(data_of(sent), attributes_of(sent)) == sent
    assert read(structured(sent)) == sent
    assert read(structured(sent), {"content-type": "application/cloudevents+json; charset=utf-8"}) == sent
    assert attributes_of(sent)["ce-type"] == "scrape.requested.v1"


def test_one_source_is_a_list_of_one() -> None:
    assert good({"source": "shop"}, message_id="7").data == {"sources": ["shop"]}


def test_a_bare_request_is_told_apart_by_its_transport_since_a_schedule_says_the_same_every_week() -> None:
    first, again = good({"source": "shop"}, message_id="7"), good({"source": "shop"}, message_id="8")
    assert first.key != again.key
    assert first.key == good({"source": "shop"}, message_id="7").key


def test_a_completion_as_scrapers_send_it_today_is_one_event_however_often_it_is_published() -> None:
    said = {"scraper_name": "bdl-games", "status": "success", "record_count": 3, "gcs_output_path": "gs://b/x.json"}
    first = good(said, message_id="7")
    assert first.kind == "scraper.complete"
    assert first.data["gcs_path"] == "gs://b/x.json"
    assert "gcs_output_path" not in first.data
    assert first.key == good(said, message_id="8").key


def test_ids_are_unique_within_their_origin() -> None:
    assert event().key != Event("scrape.requested", "1", "/other", NOW, {"sources": ["shop"]}).key


@pytest.mark.parametrize(
    ("data", "where", "why"),
    [
        (b"\xff", "data", "no JSON"),
        (b"[" * 100_000, "data", "no JSON"),
        (b'{"source": "\\ud800"}', "data", "no JSON"),
        (b'{"scraper_name": "x", "status": "success", "record_count": 1' + b"0" * 30 + b"}", "data", "64-bit"),
        (b'{"scraper_name": "x", "status": "success", "x": ' + b"[" * 300 + b"]" * 300 + b"}", "data", "Recursion"),
        ({}, "type", "says no type"),
        ({"sources": []}, "data.sources", "non-empty"),
        ({"source": "a", "sources": ["b"]}, "data", "`source` or `sources` is needed, and not both"),
        ({"source": "a", "soruce": "b"}, "data", "soruce"),
        ({"source": "a", "limit": 0}, "data.limit", "minimum"),
        ({"source": "a", "deadline": "tomorrow"}, "data.deadline", "no moment"),
        ({"source": "a", "deadline": "2026-11-22T02:00:00"}, "data.deadline", "no time zone"),
        ({"sources": ["a", "b"], "urls": ["http://x/"]}, "data.urls", "name one"),
        ({"scraper_name": "x", "status": "done"}, "data.status", "is not one of"),
    ],
)
def test_what_is_wrong_and_where(data: object, where: str, why: str) -> None:
    found = bad(data)
    assert found.reason is Dead.MALFORMED_EVENT
    assert (found.where, why in found.why) == (where, True), found


@pytest.mark.parametrize(
    ("change", "where", "why"),
    [
        ({"ce-type": "scrape.requestd"}, "type", "did you mean scrape.requested?"),
        ({"ce-type": "scrape.requested.v9"}, "type", "version 9"),
        ({"ce-specversion": "0.3"}, "specversion", "1.0 was expected"),
        ({"ce-time": "2027-13-01T00:00:00Z"}, "time", "no moment"),
        ({"ce-time": "2030-01-01T00:00:00Z"}, "time", "from the future"),
    ],
)
def test_what_is_wrong_with_the_envelope(change: dict[str, str], where: str, why: str) -> None:
    found = bad(data_of(event()), attributes_of(event()) | change)
    assert (found.where, why in found.why) == (where, True), found


def test_a_file_whose_name_is_no_text_is_told_apart_all_the_same() -> None:
    assert bad(b"[", message_id="\udcff").key != bad(b"[", message_id="\udcfe").key
    assert good({"source": "a"}, message_id="\udcff").key


def test_too_old_too_late_and_too_large() -> None:
    old = Event("scrape.requested", "1", "/desk", NOW - 8 * 86_400, {"sources": ["shop"]})
    assert bad(data_of(old), attributes_of(old)).reason is Dead.EXPIRED
    late = bad(data_of(event(deadline="2027-01-01T00:00:00Z")), attributes_of(event()))
    assert (late.reason, late.source) == (Dead.EXPIRED, "shop")
    assert "1000000 at most" in bad(b"[" + b" " * 1_000_000 + b"]").why


def test_clocks_may_disagree_a_little() -> None:
    ahead = Event("scrape.requested", "1", "/desk", NOW + 60, {"sources": ["shop"]})
    assert read(data_of(ahead), attributes_of(ahead)) == ahead


def test_a_kind_that_is_not_taken_here() -> None:
    limits = Limits(kinds=("scrape.requested",), clock=lambda: NOW)
    said = json.dumps({"scraper_name": "x", "status": "success"}).encode()
    got = parse_event(said, {}, limits=limits)
    assert isinstance(got, Malformed)
    assert "scraper.complete is not taken here" in got.why


def test_the_nearest_source_is_named() -> None:
    found = unknown_source(event(), "shpo", ["shop", "books"])
    assert (found.reason, found.source) == (Dead.UNKNOWN_SOURCE, "shpo")
    assert "did you mean shop?" in str(found)


def test_the_original_is_kept_whatever_it_is() -> None:
    assert json.loads(original_text(b"\xff", {"a": "b"})) == {"attributes": {"a": "b"}, "data_base64": "/w=="}
    kept = json.loads(original_text(b"x" * 2_000_000, {}))
    assert (len(kept["data"]), kept["cut_off_from_bytes"]) == (1_000_000, 2_000_000)


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_are_schemas_and_describe_themselves(kind: str) -> None:
    schema = schema_of(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == f"{kind}.v1"
    assert schema["description"]
