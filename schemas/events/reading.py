"""Bytes to an event, or to the reason why not."""

import dataclasses
import datetime
import difflib
import json
import math
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from schemas.events.event import Event, Malformed
from schemas.events.kinds import KINDS, VERSION, kind_of_type, problems
from schemas.events.messages import SPEC_VERSION, STRUCTURED
from schemas.ids import canonical_json, content_id
from schemas.reasons import Dead

__all__ = ["Limits", "deadline_of", "expired", "expires_at", "parse_event", "unknown_source"]


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What an event may be.

    Attributes:
      max_bytes: of data and attributes.
      max_age_secs: since it was sent.
      max_ahead_secs: how far clocks may disagree: an event may be from the future by so much.
      kinds: that are taken here.
      clock: Unix seconds.
    """

    max_bytes: int = 1_000_000
    max_age_secs: float = 7 * 86_400.0
    max_ahead_secs: float = 300.0
    kinds: Collection[str] = tuple(KINDS)
    clock: Callable[[], float] = time.time


class _Wrong(ValueError):
    """What is wrong, and where."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(why)
        self.where = where


def parse_event(
    data: bytes,
    attributes: Mapping[str, str],
    *,
    message_id: str = "",
    sent_at: float | None = None,
    limits: Limits | None = None,
    may_be_late: bool = False,
) -> Event | Malformed:
    """Reads an event in binary or structured mode, or a bare one as scrapers send them.

    Args:
      message_id: the transport's own id; identifies a bare request, which says the same every week.
      sent_at: Unix seconds, from the transport, for an event that says no time; None for now.
      limits: None for the defaults.
      may_be_late: whether one that has `expired`, or is from the future, is given all the same.
    """
    limits = limits or Limits()
    message_id = message_id.encode("utf-8", "backslashreplace").decode()  # a file's name may be no text
    try:
        context, said = _opened(data, attributes, limits)
        event = _event(context, said, data, message_id, limits.clock() if sent_at is None else sent_at)
    except _Wrong as wrong:
        fallback = content_id("bytes", data, dict(attributes), message_id)
        return Malformed(Dead.MALFORMED_EVENT, str(wrong), wrong.where, fallback)
    if event.kind not in limits.kinds:
        there = ", ".join(sorted(limits.kinds))
        return Malformed(Dead.MALFORMED_EVENT, f"{event.kind} is not taken here, only {there}", "type", event.key)
    return event if may_be_late else expired(event, limits) or event


def deadline_of(event: Event) -> float:
    """Unix seconds after which nobody wants the event's work; 0 for never."""
    said = event.data.get("deadline")
    return _moment(said, "data.deadline") if said else 0.0


def expired(event: Event, limits: Limits) -> Malformed | None:
    """Why nobody wants the event's work to begin any more, or not yet; None when it is in time."""
    now = limits.clock()
    if event.time > now + limits.max_ahead_secs:
        said = f"it is from the future, by {event.time - now:.0f} s"
        return Malformed(Dead.MALFORMED_EVENT, said, "time", event.key)
    if now - event.time > limits.max_age_secs:
        said = f"{now - event.time:.0f} s old, {limits.max_age_secs:.0f} s at most"
        return Malformed(Dead.EXPIRED, said, "time", event.key, _first_source(event))
    if 0 < deadline_of(event) < now:
        said = f"its deadline {event.data['deadline']} has passed"
        return Malformed(Dead.EXPIRED, said, "data.deadline", event.key, _first_source(event))
    return None


def expires_at(event: Event, limits: Limits) -> float:
    """Unix seconds after which the event has `expired`."""
    return min(deadline_of(event) or math.inf, event.time + limits.max_age_secs)


def unknown_source(event: Event, name: str, known: Collection[str]) -> Malformed:
    """What is said of an event that names a source that there is not."""
    near = difflib.get_close_matches(name, known, 1)
    hint = f", did you mean {near[0]}?" if near else f"; there is {', '.join(sorted(known)[:10]) or 'none'}"
    return Malformed(Dead.UNKNOWN_SOURCE, f"no source is called {name}{hint}", "data.sources", event.key, name)


def _opened(data: bytes, attributes: Mapping[str, str], limits: Limits) -> tuple[dict[str, Any], object]:
    """(context attributes, data) in either mode."""
    size = len(data) + sum(len(name) + len(value) for name, value in attributes.items())
    if size > limits.max_bytes:
        raise _Wrong("", f"{size} bytes, {limits.max_bytes} at most")
    try:
        said = json.loads(data.decode("utf-8"))
        canonical_json(said)  # what has no identity can be neither told apart nor kept
    except (UnicodeDecodeError, ValueError, TypeError, RecursionError) as error:
        raise _Wrong("data", f"no JSON: {error}") from None
    context = {name.removeprefix("ce-"): value for name, value in attributes.items() if name.startswith("ce-")}
    content_type = attributes.get("content-type", "")
    if content_type.startswith(STRUCTURED) or (not context and isinstance(said, dict) and "specversion" in said):
        if not isinstance(said, dict):
            raise _Wrong("", "a structured event is a JSON object")
        return {name: value for name, value in said.items() if name != "data"}, said.get("data")
    return context, said


def _event(context: Mapping[str, Any], said: object, data: bytes, message_id: str, sent_at: float) -> Event:
    for name in ("id", "source", "type", "time", "specversion"):
        if not isinstance(context.get(name, ""), str):
            raise _Wrong(name, "a text was expected")
    if context.get("specversion", SPEC_VERSION) != SPEC_VERSION:
        raise _Wrong("specversion", f"{context['specversion']!r}; {SPEC_VERSION} was expected")
    kind, version = kind_of_type(context["type"]) if context.get("type") else (_bare_kind(said), VERSION)
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, 1)
        raise _Wrong("type", f"no event is called {kind!r}" + (f", did you mean {near[0]}?" if near else ""))
    if version != VERSION:
        raise _Wrong("type", f"version {version} of {kind}; known is {VERSION}")
    if found := next(problems(kind, said), None):
        raise _Wrong(found.where, found.why)
    assert isinstance(said, dict)
    known = _normal(kind, said)
    event_id = context.get("id") or _made_id(kind, said, message_id)
    when = _moment(context["time"], "time") if context.get("time") else sent_at
    return Event(kind, event_id, context.get("source", ""), when, known, version)


def _bare_kind(said: object) -> str:
    """The kind of an event without an envelope: scrapers that are there already send such."""
    if isinstance(said, dict) and "scraper_name" in said:
        return "scraper.complete"
    if isinstance(said, dict) and ("source" in said or "sources" in said):
        return "scrape.requested"
    raise _Wrong("type", "it says no type (ce-type), and its data does not show one")


def _made_id(kind: str, said: Mapping[str, Any], message_id: str) -> str:
    """A request of a schedule says the same each time: only its transport tells two of them apart."""
    return content_id("made", kind, said, message_id if kind == "scrape.requested" else "")


def _normal(kind: str, said: dict[str, Any]) -> dict[str, Any]:
    """The data with one name for each thing."""
    said = dict(said)
    if kind == "scrape.requested":
        said["sources"] = said.pop("sources", None) or [said.pop("source")]
        if len(said["sources"]) > 1 and said.get("urls"):
            raise _Wrong("data.urls", f"{len(said['sources'])} sources would all read these URLs; name one")
        if said.get("deadline"):
            _moment(said["deadline"], "data.deadline")
    elif kind == "scraper.complete":
        older = said.pop("gcs_output_path", None)
        said["gcs_path"] = said.get("gcs_path") or older
    return said


def _moment(text: object, where: str) -> float:
    """Unix seconds. Raises _Wrong."""
    try:
        when = datetime.datetime.fromisoformat(str(text))
    except ValueError:
        raise _Wrong(where, f"{text!r} is no moment, as 2026-11-22T02:00:00Z") from None
    if when.tzinfo is None:
        raise _Wrong(where, f"{text!r} has no time zone")
    return when.timestamp()


def _first_source(event: Event) -> str:
    data = event.data
    sources = data.get("sources") or [data.get("source") or data.get("scraper_name", "")]
    return str(sources[0])
