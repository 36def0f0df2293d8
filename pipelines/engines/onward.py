"""Publishes requests for other hosts to the topic that feeds the job's own subscription."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSlow
from typing import Any

from google.api_core import exceptions
from google.auth import exceptions as auth
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

from pipelines.engines.job import StreamJob
from pipelines.once_a_process import once_a_process
from pipelines.streaming.subscription import CALL_SECS, told
from schemas.dead_letter import DeadLetter
from schemas.events.continued import TooLarge, continued, cut_to_size
from schemas.events.messages import attributes_of, data_of
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
        self._client = PublisherClient()
        self._topic, self._pauses_secs, self._clock = topic, pauses_secs, clock

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

    def _publish(self, specs: list[RequestSpec]) -> list[Scraped]:
        """Publishes; what fails is tried again, all of it together."""
        for pause_secs in (*self._pauses_secs, None):
            failed = self._attempt(specs)
            if not failed or pause_secs is None:
                break
            specs = [spec for spec, _ in failed]
            time.sleep(pause_secs)
        for _, error in failed[:1]:
            _LOG.warning("%d batches of requests did not leave: %s", len(failed), told(self._topic, error))
        attempts = 1 + len(self._pauses_secs)
        return [letter for spec, error in failed for letter in self._letters(spec, error, attempts)]

    def _attempt(self, specs: Sequence[RequestSpec]) -> list[tuple[RequestSpec, Exception]]:
        """Publishes each once, at the same time; gives those that failed."""
        begun = [(spec, self._begin(spec)) for spec in specs]
        return [(spec, error) for spec, future in begun if (error := _error_of(future)) is not None]

    def _begin(self, spec: RequestSpec) -> "Future[str] | Exception":
        event = continued(spec, self._clock())
        options: dict[str, Any] = {"timeout": CALL_SECS, "retry": None}
        try:
            future: Future[str] = self._client.publish(self._topic, data_of(event), **options, **attributes_of(event))
        except (exceptions.GoogleAPICallError, auth.GoogleAuthError) as error:
            return error
        return future

    def _letters(self, spec: RequestSpec, error: Exception, attempts: int) -> list[Scraped]:
        """The spec ends, and each of its requests with a letter that holds what it carries."""
        said = told(self._topic, error)[:2000] if isinstance(error, exceptions.GoogleAPICallError) else str(error)
        ids = tuple(request.request_id for request in spec.requests)
        ended = Scraped(Outcome(spec.execution_id, spec.source, spec.spec_id, "pages", spawned=ids, is_spec=True))
        return [ended, *(_letter(request, said, error, attempts, self._clock()) for request in spec.requests)]


def _error_of(future: "Future[str] | Exception") -> Exception | None:
    if isinstance(future, Exception):
        return future
    try:
        future.result(timeout=2 * CALL_SECS)
    except (exceptions.GoogleAPICallError, auth.GoogleAuthError, TooSlow) as error:
        return error
    return None


def _went_as(spec: RequestSpec, parts: Sequence[RequestSpec]) -> Scraped:
    """The end of a spec that goes on as several."""
    ids = tuple(part.spec_id for part in parts)
    return Scraped(Outcome(spec.execution_id, spec.source, spec.spec_id, "pages", spawned=ids, is_spec=True))


def _letter(request: Request, said: str, error: Exception, attempts: int, now: float) -> Scraped:
    reason = Dead.NOT_PUBLISHED
    outcome = Outcome(
        request.execution_id, request.source, request.request_id, "dead", str(reason), page_type=request.page_type
    )
    letter = DeadLetter("scrape", reason, request, said or type(error).__name__, type(error).__name__, url=request.url)
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
        found = SubscriberClient().get_subscription(subscription=subscription, timeout=30)
    except (exceptions.GoogleAPICallError, auth.GoogleAuthError) as error:
        raise OSError(told(subscription, error)) from error
    if found.topic == _DELETED:
        raise OSError(f"{subscription}: its topic was deleted; make both anew: scrapeline events create-topic --help")
    return str(found.topic)
