"""Requests for other hosts leave, or end as letters."""

from typing import Any

import pytest
from google.cloud.pubsub_v1 import SubscriberClient

from pipelines.engines.onward import OnwardTopic, topic_of
from schemas.events.continued import spec_of
from schemas.events.event import Event
from schemas.events.reading import parse_event
from schemas.outcome import Scraped
from schemas.request import Request, RequestSpec
from schemas.tally import Tally, unaccounted
from tests.pipelines.conftest import eventually

pytestmark = [pytest.mark.timeout(180), pytest.mark.filterwarnings("ignore:The return_immediately flag")]


def spec(*numbers: int, **carried: Any) -> RequestSpec:
    requests = (Request("shop", f"http://b.test/{number}", "e1", item=carried or None) for number in numbers)
    return RequestSpec("shop", "e1", tuple(requests), deadline_at=9.0)


def told(scraped: list[Scraped], announced: list[RequestSpec]) -> tuple[int, int]:
    """Whether all that was announced has ended, by what the stage says."""
    tally = Tally()
    tally.know(one.spec_id for one in announced)
    for one in scraped:
        tally.end(one.outcome)
    return unaccounted(tally)


def published(subscription: str, count: int) -> list[RequestSpec]:
    client, found = SubscriberClient(), dict[str, RequestSpec]()

    def enough() -> bool:
        answer = client.pull(subscription=subscription, max_messages=100, return_immediately=True)
        for one in answer.received_messages:
            event = parse_event(one.message.data, dict(one.message.attributes))
            assert isinstance(event, Event), event
            assert len(one.message.data) < 256_000
            found[event.key] = spec_of(event)
        return len(found) >= count

    eventually(enough)
    return list(found.values())


def test_specs_are_published_as_they_are(pubsub: Any) -> None:
    specs = [spec(1, 2), spec(3, sku="A")]

    assert OnwardTopic(pubsub.topic).send(specs) == []

    assert sorted(published(pubsub.subscription, 2), key=lambda one: one.spec_id) == sorted(
        specs, key=lambda one: one.spec_id
    )


def test_a_spec_too_large_for_an_event_goes_as_several(pubsub: Any) -> None:
    large = spec(*range(40), text="x" * 10_000)

    said = OnwardTopic(pubsub.topic).send([large])

    [end] = said
    parts = published(pubsub.subscription, len(end.outcome.spawned))
    assert {part.spec_id for part in parts} == set(end.outcome.spawned)
    assert sorted(one.url for part in parts for one in part.requests) == sorted(one.url for one in large.requests)
    assert (end.outcome.request_id, end.letter) == (large.spec_id, None)


def test_what_cannot_be_published_ends_with_letters_that_hold_what_it_carries(pubsub: Any) -> None:
    specs = [spec(1, 2, sku="A"), spec(3)]

    said = OnwardTopic(f"{pubsub.topic}-gone", pauses_secs=(0.01,), clock=lambda: 7.0).send(specs)

    letters = [one.letter for one in said if one.letter is not None]
    assert {(one.reason.value, one.stage, one.attempts, one.failed_at) for one in letters} == {
        ("not_published", "scrape", 2, 7.0)
    }
    assert sorted((one.request.url, str(one.item)) for one in letters) == [
        ("http://b.test/1", "{'sku': 'A'}"),
        ("http://b.test/2", "{'sku': 'A'}"),
        ("http://b.test/3", "None"),
    ]
    assert all("there is no topic" in one.message for one in letters)
    assert told(said, specs) == (0, 0)


def test_a_request_larger_than_an_event_is_a_letter_and_the_others_leave(pubsub: Any) -> None:
    huge, small = spec(1, text="x" * 300_000), spec(2)

    said = OnwardTopic(pubsub.topic).send([huge, small])

    assert [one.letter.reason.value for one in said if one.letter is not None] == ["not_published"]
    assert told(said, [huge]) == (0, 0)
    assert published(pubsub.subscription, 1) == [small]


def test_the_topic_that_feeds_a_subscription_is_found(pubsub: Any) -> None:
    assert topic_of(pubsub.subscription) == pubsub.topic
    with pytest.raises(OSError, match=r"there is no subscription .*-gone; make it"):
        topic_of(f"{pubsub.subscription}-gone")
