"""Publishes requests for other hosts to the topic that feeds the job's own subscription."""

import logging
import time
from collections.abc import Callable, Sequence

from google.api_core import exceptions
from google.auth import exceptions as auth

from pipelines.engines.job import StreamJob
from pipelines.once_a_process import once_a_process
from pipelines.streaming.pubsub import PubSubOutbox
from pipelines.streaming.pubsub_clients import subscriber, told
from schemas.dead_letter import DeadLetter
from schemas.events.continued import TooLarge, continued, cut_to_size
from schemas.outcome import Outcome, Scraped
from schemas.reasons import Dead
from schemas.request import Request, RequestSpec

__all__ = ["PAUSES_SECS", "OnwardTopic", "onward", "topic_of"]

_LOG = logging.getLogger(__name__)
PAUSES_SECS = (0.5, 1.0, 2.0, 4.0)
"""Between attempts to publish. The bundle waits for it, and all requests of it become letters after the last."""
_DELETED = "_deleted-topic_"


class OnwardTopic:
    """Sends specs as `scrape.continued`; any thread may call.

    Args:
      topic: projects/P/topics/T.
      clock: Unix seconds.
    """

    def __init__(
        self, topic: str, *, pauses_secs: Sequence[float] = PAUSES_SECS, clock: Callable[[], float] = time.time
    ) -> None:
        self._outbox = PubSubOutbox(topic)
        self._pauses_secs, self._clock = pauses_secs, clock

    def send(self, specs: Sequence[RequestSpec]) -> list[Scraped]:
        """Publishes all, and waits for it.

        Returns:
          The ends of specs that were cut to fit into events, and letters of requests that could not be published.
        """
        told_of: list[Scraped] = []
        ready: list[RequestSpec] = []
        for spec in specs:
            try:
                parts = cut_to_size(spec)
            except TooLarge as error:
                told_of += self._letters(spec, error, 1)
                continue
            told_of += [_went_as(spec, parts)] if len(parts) > 1 else []
            ready += parts
        return told_of + self._publish(ready)

    def _publish(self, specs: Sequence[RequestSpec]) -> list[Scraped]:
        """Publishes; what fails is tried again, all of it together."""
        by_key = {event.key: (event, spec) for spec in specs for event in (continued(spec, self._clock()),)}
        events = [event for event, _ in by_key.values()]
        for pause_secs in (*self._pauses_secs, None):
            failed = self._outbox.publish_all(events)
            if not failed or pause_secs is None:
                break
            events = [event for event, _ in failed]
            time.sleep(pause_secs)
        if failed:
            _LOG.warning("%d batches of requests for other hosts did not leave: %s", len(failed), failed[0][1])
        attempts = 1 + len(self._pauses_secs)
        return [letter for event, error in failed for letter in self._letters(by_key[event.key][1], error, attempts)]

    def _letters(self, spec: RequestSpec, error: Exception, attempts: int) -> list[Scraped]:
        """The spec ends, and each of its requests with a letter that holds what it carries."""
        ids = tuple(request.request_id for request in spec.requests)
        ended = Scraped(Outcome(spec.execution_id, spec.source, spec.spec_id, "pages", spawned=ids, is_spec=True))
        return [ended, *(_letter(request, error, attempts, self._clock()) for request in spec.requests)]


def _went_as(spec: RequestSpec, parts: Sequence[RequestSpec]) -> Scraped:
    """The end of a spec that goes on as several."""
    ids = tuple(part.spec_id for part in parts)
    return Scraped(Outcome(spec.execution_id, spec.source, spec.spec_id, "pages", spawned=ids, is_spec=True))


def _letter(request: Request, error: Exception, attempts: int, now: float) -> Scraped:
    reason = Dead.NOT_PUBLISHED
    outcome = Outcome(
        request.execution_id, request.source, request.request_id, "dead", str(reason), page_type=request.page_type
    )
    letter = DeadLetter.of_error("scrape", reason, request, error)
    letter.item = dict(request.item) if request.item is not None else None
    letter.attempts, letter.failed_at = attempts, now
    return Scraped(outcome, letter=letter)


@once_a_process
def onward(job: StreamJob) -> OnwardTopic:
    """The publisher of this process."""
    return OnwardTopic(job.onward_topic)


def topic_of(subscription: str) -> str:
    """The topic that feeds a subscription. Raises OSError, with what to do."""
    try:
        found = subscriber(subscription).get_subscription(subscription=subscription, timeout=30)
    except (exceptions.GoogleAPICallError, auth.GoogleAuthError) as error:
        raise OSError(told(subscription, error)) from error
    if found.topic == _DELETED:
        raise OSError(f"{subscription}: its topic was deleted; make both anew: scrapeline events create-topic --help")
    return str(found.topic)
