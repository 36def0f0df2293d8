"""What goes into the small graph, and what has come out."""

from pathlib import Path

from google.cloud import pubsub_v1

PROJECT = "projects/small"


class SmallStream:
    """A topic and a subscription, and the folder that the graph writes into.

    Attributes:
      flags: of `tests.engines.small_graph`, but for Beam's own.
      stop_file: ends the source when it is there.
    """

    def __init__(self, folder: Path) -> None:
        """PUBSUB_EMULATOR_HOST says where."""
        self.stop_file, self.written = folder / "stop", folder / "written"
        self.written.mkdir()
        self._topic, subscription = f"{PROJECT}/topics/{folder.name}", f"{PROJECT}/subscriptions/{folder.name}"
        self._publisher = pubsub_v1.PublisherClient()
        self._publisher.create_topic(name=self._topic)
        with pubsub_v1.SubscriberClient() as subscriber:
            subscriber.create_subscription(
                request={"name": subscription, "topic": self._topic, "ack_deadline_seconds": 10}
            )
        self.flags = [
            f"--subscription={subscription}",
            f"--written={self.written}",
            f"--stop_file={self.stop_file}",
        ]

    def publish(self, start: int, count: int) -> None:
        """Messages START, START + 1, ..."""
        for number in range(start, start + count):
            self._publisher.publish(self._topic, str(number).encode()).result(30)

    def came(self) -> set[int]:
        """The messages that were written."""
        return {int(line.split()[0]) for line in self._lines()}

    def _lines(self) -> list[str]:
        return [line for path in self.written.iterdir() for line in path.read_text().splitlines() if " " in line]
