"""What carries events: a spool folder or Pub/Sub, as the command line says."""

import argparse
from pathlib import Path

from pipelines.streaming.crash_notes import CrashNotes
from pipelines.streaming.inbox import Inbox, LetterBox, Outbox
from pipelines.streaming.spool import Spool, SpoolOutbox

__all__ = ["add_carrier_flags", "open_inbox", "open_letter_box", "open_outbox"]


def add_carrier_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags that `open_inbox` and `open_outbox` read."""
    carrier = parser.add_mutually_exclusive_group(required=True)
    carrier.add_argument("--spool", default="")
    carrier.add_argument("--subscription", default="")
    parser.add_argument("--topic", default="")
    parser.add_argument("--dead_letter_topic", default="")
    parser.add_argument("--lease_secs", type=int, default=30)


def open_inbox(options: argparse.Namespace, state: Path) -> Inbox:
    """Where events come from.

    Args:
      state: a folder of this machine that stays from one start to the next.

    Raises:
      OSError, InboxLost
    """
    if options.spool:
        return Spool(Path(options.spool))
    from pipelines.streaming.pubsub import PubSubInbox  # Google's client takes its time to import

    return PubSubInbox(options.subscription, CrashNotes(state / "pubsub"), options.lease_secs)


def open_outbox(options: argparse.Namespace) -> Outbox | None:
    """Where completion events go to; None for nowhere."""
    if options.spool and not options.topic:
        return SpoolOutbox(Path(options.spool))
    if not options.topic:
        return None
    from pipelines.streaming.pubsub import PubSubOutbox

    return PubSubOutbox(options.topic)


def open_letter_box(options: argparse.Namespace) -> LetterBox | None:
    """Where events go that became dead letters, beside the table; None for nowhere."""
    if not options.dead_letter_topic:
        return None
    from pipelines.streaming.pubsub import PubSubOutbox

    return PubSubOutbox(options.dead_letter_topic)
