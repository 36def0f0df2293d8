"""Requests travel as an event, and come back as they were."""

import dataclasses
from typing import Any

import pytest

from schemas.events.continued import MOST_BYTES, TooLarge, continued, cut_to_size, spec_of
from schemas.events.event import Event, Malformed
from schemas.events.messages import attributes_of, data_of
from schemas.events.reading import Limits, parse_event
from schemas.request import Request, RequestSpec

NOW = 1_800_000_000.0


def request(number: int, **more: object) -> Request:
    return Request("shop", f"https://other.test/{number}", "e1", "detail", depth=2, **more)  # type: ignore[arg-type]


def sent(spec: RequestSpec) -> Event:
    event = continued(spec, NOW)
    got = parse_event(data_of(event), attributes_of(event), limits=Limits(clock=lambda: NOW))
    assert isinstance(got, Event), got
    return got


def test_a_spec_comes_back_as_it_was() -> None:
    carried = request(1, item={"sku": "A", "price": "1.20"}, headers=(("x-key", "${secret.shop}"),), body=b"\xff")
    spec = RequestSpec("shop", "e1", (carried, request(2)), limit=3, deadline_at=NOW + 60)

    got = spec_of(sent(spec))

    assert got == spec
    assert got.spec_id == spec.spec_id
    assert [one.request_id for one in got.requests] == [one.request_id for one in spec.requests]


def test_the_same_requests_are_the_same_event() -> None:
    spec = RequestSpec("shop", "e1", (request(1),))
    later = dataclasses.replace(spec, deadline_at=NOW)

    assert continued(spec, NOW).key == continued(later, NOW + 9).key
    assert continued(spec, NOW).key != continued(dataclasses.replace(spec, requests=(request(2),)), NOW).key


def test_what_is_too_large_for_one_event_is_several() -> None:
    spec = RequestSpec("shop", "e1", tuple(request(n, item={"text": "x" * 9_000}) for n in range(100)))

    parts = cut_to_size(spec)

    assert len(parts) > 1
    assert all(len(data_of(continued(part, NOW))) <= MOST_BYTES for part in parts)
    assert tuple(one for part in parts for one in part.requests) == spec.requests


def test_a_request_that_no_event_can_take_is_said() -> None:
    with pytest.raises(TooLarge, match=r"https://other\.test/1 with what it carries"):
        cut_to_size(RequestSpec("shop", "e1", (request(1, item={"text": "x" * 300_000}),)))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"execution_id": "../../elsewhere"}, "data.execution_id"),
        ({"requests": [{"source": "shop", "url": "https://x.test/", "execution_id": "e1"}]}, "data.requests[0]"),
        (
            {"requests": [{"source": "shop", "url": "https://x.test/", "execution_id": "e1", "request_id": "no id"}]},
            "data.requests[0].request_id",
        ),
    ],
)
def test_ids_that_nobody_of_ours_makes_are_refused(change: dict[str, Any], where: str) -> None:
    event = continued(RequestSpec("shop", "e1", (request(1),)), NOW)
    event = dataclasses.replace(event, data={**event.data, **change})

    got = parse_event(data_of(event), attributes_of(event), limits=Limits(clock=lambda: NOW))

    assert isinstance(got, Malformed)
    assert got.where == where


@pytest.mark.parametrize("change", [{"source": "other"}, {"execution_id": "e2"}])
def test_requests_of_another_execution_are_refused(change: dict[str, str]) -> None:
    event = continued(RequestSpec("shop", "e1", (request(1),)), NOW)
    event = dataclasses.replace(event, data={**event.data, **change})

    with pytest.raises(ValueError, match="is of source shop, execution e1"):
        spec_of(event)
