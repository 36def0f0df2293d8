"""Google's clients of Pub/Sub, and in plain words why they fail."""

import os

from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

from pipelines.streaming.pubsub_names import Kind, why_no_name

__all__ = ["publisher", "subscriber", "told"]

_EMULATOR = "PUBSUB_EMULATOR_HOST"


def publisher(topic: str) -> PublisherClient:
    """A client for this topic. Raises OSError: no such name, no credentials."""
    _check("topic", topic)
    try:
        return PublisherClient()
    except DefaultCredentialsError as error:
        raise OSError(_no_credentials(topic)) from error


def subscriber(subscription: str) -> SubscriberClient:
    """A client for this subscription. Raises OSError: no such name, no credentials."""
    _check("subscription", subscription)
    try:
        return SubscriberClient()
    except DefaultCredentialsError as error:
        raise OSError(_no_credentials(subscription)) from error


def _check(kind: Kind, name: str) -> None:
    if why := why_no_name(kind, name):
        raise OSError(why)


def _no_credentials(name: str) -> str:
    return (
        f"{name}: this machine has no credentials for Google Cloud: gcloud auth application-default login; "
        f"or set {_EMULATOR}=HOST:PORT for an emulator"
    )


def told(name: str, error: Exception) -> str:
    """What is wrong with a topic or a subscription, and what to do."""
    topic = "/topics/" in name
    if isinstance(error, exceptions.NotFound):
        made = f"create-topic {name}" if topic else f"create-topic TOPIC --subscription {name}"
        return f"there is no {'topic' if topic else 'subscription'} {name}; make it: scrapeline events {made}"
    if isinstance(error, exceptions.PermissionDenied):
        role = "publisher" if topic else "subscriber"
        return f"{name}: permission denied; who runs this needs roles/pubsub.{role} on it"
    if isinstance(error, exceptions.ServiceUnavailable) and (emulator := os.environ.get(_EMULATOR)):
        return f"{name}: nothing answers at {emulator} ({_EMULATOR}); is the emulator running there?"
    return f"{name}: {error}"
