"""Topics and subscriptions, made on request; and a look at what comes to one."""

import time
from collections.abc import Callable, Iterator

from google.api_core import exceptions

from pipelines.streaming.inbox import InboxLost
from pipelines.streaming.pubsub_clients import publisher, subscriber, told
from pipelines.streaming.subscription import LEASE_SECS, PULL_SECS

__all__ = ["listen", "make_subscription", "make_topic"]

RETAIN_SECS = 7 * 86_400
CALL_SECS = 30.0
_PAUSE_SECS = 0.2


def make_topic(topic: str) -> bool:
    """Makes a topic; False: it was there. Raises OSError."""
    return _make(topic, lambda: publisher(topic).create_topic(request={"name": topic}, timeout=CALL_SECS, retry=None))


def make_subscription(subscription: str, topic: str) -> bool:
    """Makes a subscription that takes all of a topic's events; False: it was there. Raises OSError."""
    request = {
        "name": subscription,
        "topic": topic,
        "ack_deadline_seconds": LEASE_SECS,
        "message_retention_duration": {"seconds": RETAIN_SECS},
        "expiration_policy": {},  # never, however long nobody listens
    }
    return _make(
        subscription,
        lambda: subscriber(subscription).create_subscription(request=request, timeout=CALL_SECS, retry=None),
    )


def _make(name: str, make: Callable[[], object]) -> bool:
    try:
        make()
    except exceptions.AlreadyExists:
        return False
    except exceptions.GoogleAPICallError as error:
        raise OSError(told(name, error)) from error
    return True


def listen(subscription: str) -> Iterator[tuple[bytes, dict[str, str], str]]:
    """(data, attributes, message id) of what comes, for ever; each is acknowledged once the next is asked for.

    Raises:
      InboxLost, OSError
    """
    client = subscriber(subscription)
    while True:
        try:
            answer = client.pull(
                request={"subscription": subscription, "max_messages": 1}, timeout=PULL_SECS, retry=None
            )
        except exceptions.DeadlineExceeded:
            continue
        except exceptions.GoogleAPICallError as error:
            raise InboxLost(told(subscription, error)) from error
        for received in answer.received_messages:
            yield received.message.data, dict(received.message.attributes), received.message.message_id
            client.acknowledge(request={"subscription": subscription, "ack_ids": [received.ack_id]})
        if not answer.received_messages:
            time.sleep(_PAUSE_SECS)
