"""Requests that leave a host for another one, as events (`scrape.continued`) and back."""

import dataclasses
import json

from schemas.events.event import Event
from schemas.events.messages import data_of
from schemas.ids import content_id
from schemas.request import RequestSpec
from schemas.request_json import request_from_json, request_to_json

__all__ = ["KIND", "MOST_BYTES", "TooLarge", "continued", "cut_to_size", "spec_of"]

KIND = "scrape.continued"
ORIGIN = "scrapeline"
MOST_BYTES = 250_000
"""Of an event's data: with its attributes it stays under 256 KB."""


class TooLarge(ValueError):
    """A request, with all that it carries, is larger than an event may be."""


def continued(spec: RequestSpec, now: float) -> Event:
    """The event that takes a spec's requests on: its id is the same however often it is made.

    Args:
      spec: of requests, not of seeds.
      now: Unix seconds.
    """
    data = {
        "execution_id": spec.execution_id,
        "source": spec.source,
        "requests": [json.loads(request_to_json(request)) for request in spec.requests],
        "limit": spec.limit,
        "deadline_at": spec.deadline_at,
    }
    return Event(KIND, content_id(KIND, spec.spec_id, spec.limit), f"{ORIGIN}/{spec.source}", now, data)


def cut_to_size(spec: RequestSpec, most_bytes: int = MOST_BYTES) -> list[RequestSpec]:
    """The spec, or several of fewer requests each, whose events are no larger than that. Raises TooLarge."""
    if len(data_of(continued(spec, 0.0))) <= most_bytes:
        return [spec]
    if len(spec.requests) == 1 or spec.limit is not None:  # a limit is of all of them together
        raise TooLarge(f"{spec.requests[0].url} with what it carries is larger than {most_bytes} bytes")
    half = len(spec.requests) // 2
    parts = (spec.requests[:half], spec.requests[half:])
    return [one for part in parts for one in cut_to_size(dataclasses.replace(spec, requests=part), most_bytes)]


def spec_of(event: Event) -> RequestSpec:
    """The spec that such an event was made of.

    Raises:
      ValueError: its requests are none, or belong to another execution than it says.
    """
    data = event.data
    requests = tuple(request_from_json(json.dumps(one)) for one in data["requests"])
    belongs = data["source"], data["execution_id"]
    if strange := next((one for one in requests if (one.source, one.execution_id) != belongs), None):
        raise ValueError(f"{strange.url} is of source {strange.source}, execution {strange.execution_id}")
    return RequestSpec(
        *belongs,
        requests=requests,
        limit=data.get("limit"),
        deadline_at=data.get("deadline_at") or 0.0,
    )
