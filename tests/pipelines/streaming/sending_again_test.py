"""Events that became letters go back, from the table and from the topic for dead letters."""

import json
import time
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import cli
from pipelines.streaming.pubsub import PubSubOutbox
from pipelines.streaming.topics import listen
from schemas.events.event import Event
from tests.pipelines.streaming.service_test import Refuses

pytestmark = pytest.mark.timeout(240)


def replay(*words: str) -> Result:
    result = CliRunner().invoke(cli, ["events", "replay", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_events_of_a_source_that_there_is_now_go_back_from_the_table(
    streaming: Any, items: Any, write_source: Any, wait_until: Any
) -> None:
    write_source("shop", pages=1)
    streaming.put("new")
    streaming.put("shop", "new")
    (streaming.spool / "new" / "broken.json").write_bytes(b"\xff{")
    stop = streaming.serve(items)
    streaming.wait_for(1, 2)
    stop()
    write_source("new", pages=1, hosts=("new.test",))
    words = ["--spool", str(streaming.spool), "--output", str(streaming.run.output)]

    shown = replay(*words)
    assert "Would be sent again: 2 unknown_source, 1 malformed_event. Nothing was sent" in shown.output
    assert streaming.names("new") == []
    sent = replay(*words, "--reason", "unknown_source", "--yes")
    assert (sent.exit_code, sent.output.splitlines()[-1]) == (0, "Sent again: 2 unknown_source.")
    stop = streaming.serve(items)
    streaming.wait_for(3, 2)
    assert streaming.skus() == ["new.test/p/1", "new.test/p/1", "shop.test/p/1"]

    assert replay(*words, "--reason", "unknown_source", "--yes").exit_code == 0
    assert replay(*words, "--reason", "malformed_event", "--yes").exit_code == 0
    streaming.wait_for(3, 3)
    wait_until(lambda: streaming.names("new") == streaming.names("claimed") == [])
    stop()
    assert streaming.skus() == ["new.test/p/1", "new.test/p/1", "shop.test/p/1"], "nothing was done again"


def test_a_completion_event_that_nobody_got_goes_back_once(streaming: Any, items: Any, write_source: Any) -> None:
    write_source("shop", pages=1)
    streaming.put("shop")
    stop = streaming.serve(items, outbox=Refuses())
    streaming.wait_for(1)
    stop()
    assert streaming.told() == []
    words = ["--stage", "publish", "--spool", str(streaming.spool), "--output", str(streaming.run.output), "--yes"]

    assert "Sent again: 1 not_published." in replay(*words).output
    assert "Sent again: no event." in replay(*words).output
    [told] = streaming.told()
    assert (told["scraper_name"], told["record_count"]) == ("shop", 1)
    listed = CliRunner().invoke(cli, ["dead-letters", "list", "--json", "--output", str(streaming.run.output)])
    assert json.loads(listed.output)["total"] == 0


def test_messages_go_back_as_they_came_and_are_acknowledged_only_then(pubsub: Any) -> None:
    dlq, again = PubSubOutbox(pubsub.topic), pubsub.done_topic
    event = Event("scrape.requested", "one", "/test", time.time(), {"sources": ["shop"]})
    why = {"dead-letter-reason": "unknown_source", "dead-letter-message": "no source is called shop"}
    dlq.send(b'{"sources": ["shop"]}', {"ce-id": "one", "ce-type": event.type, "mine": "too", **why})
    dlq.send(b"\xff{", {"dead-letter-reason": "malformed_event"})
    words = ["--dead-letter-subscription", pubsub.subscription, "--topic", again]

    assert "1 unknown_source" in replay(*words).output
    refused = replay("--dead-letter-subscription", pubsub.subscription, "--topic", "projects/p/topics/none", "--yes")
    assert refused.exit_code == 1
    assert "there is no topic" in refused.output
    sent = replay(*words, "--reason", "unknown_source", "--yes")
    assert sent.output.splitlines()[-1] == "Sent again: 1 unknown_source."
    data, attributes, _ = next(listen(pubsub.done))
    assert (data, attributes) == (b'{"sources": ["shop"]}', {"ce-id": "one", "ce-type": event.type, "mine": "too"})
    left = replay(*words)
    assert left.output.splitlines()[-1].startswith("Would be sent again: 1 malformed_event.")


def test_mistakes_in_the_command_line() -> None:
    assert replay().exit_code == 2
    assert replay("--topic", "t", "--spool", "s").exit_code == 2
    assert replay("--topic", "t", "--dead-letter-subscription", "s", "--stage", "publish").exit_code == 2
