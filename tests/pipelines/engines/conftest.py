"""A topic and its subscription, on Google's emulator."""

from tests.pipelines.streaming.conftest import pubsub, pubsub_emulator

__all__ = ["pubsub", "pubsub_emulator"]
