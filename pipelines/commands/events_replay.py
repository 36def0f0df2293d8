"""`scrapeline events replay`: events that became dead letters are published again."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.letter_options import opened, where_is
from pipelines.commands.options import Failed, files_option, output_option, sources_option
from pipelines.commands.pubsub_options import SUBSCRIPTION, TOPIC

if TYPE_CHECKING:
    from pipelines.stores.store import Store
    from pipelines.streaming.sending_again import DeadEvent, Send

__all__ = ["replay"]

EPILOG = """\b
Examples:
  scrapeline events replay --spool events                       what is in the table of ./out: nothing is sent
  scrapeline events replay --spool events --reason unknown_source --yes
  scrapeline events replay --dead-letter-subscription projects/P/subscriptions/dlq --topic projects/P/topics/T --yes
  scrapeline events replay --stage publish --topic projects/P/topics/done --yes     completion events

\b
An event goes as it came, with its bytes, attributes and id; what has ended is not done again. Of a topic's messages
those that say why they are there (dead-letter-...) lose that, and each is acknowledged when it is published again.
One of several sources goes again for the one that a letter in the table is of. What is as old as it was when it became
`expired` will be so again. Letters of events in the table stay open; those of --stage publish are recovered.
Exit codes: 0 done, or nothing to send; 1 a topic, subscription or table refuses; 2 a mistake in the command line.
"""


@click.command(epilog=EPILOG, short_help="Publish events again that became dead letters.")
@click.option(
    "--dead-letter-subscription",
    type=SUBSCRIPTION,
    default="",
    metavar="NAME",
    help="Take them from here; default: the table.",
)
@click.option(
    "--stage", type=click.Choice(["event", "publish"]), default="event", show_default=True, help="Of letters."
)
@click.option("--reason", "reasons", multiple=True, metavar="REASON", help="Only these; may be repeated.")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only letters of these sources; of the table.")
@click.option("--limit", type=click.IntRange(min=1), help="The most events.")
@click.option("--topic", type=TOPIC, default="", metavar="NAME", help="Where to: projects/P/topics/T.")
@click.option("--spool", type=click.Path(file_okay=False, path_type=Path), help="Where to: a spool folder.")
@click.option("--yes", is_flag=True, help="Send them; without it they are only shown.")
@output_option
@files_option
@sources_option
def replay(
    dead_letter_subscription: str,
    stage: str,
    reasons: tuple[str, ...],
    sources: tuple[str, ...],
    limit: int | None,
    topic: str,
    spool: Path | None,
    yes: bool,
    output: str,
    files: str,
    sources_dir: Path | None,
) -> None:
    """Publish events again that became dead letters, from their table or their topic."""
    if bool(spool) == bool(topic):
        raise click.UsageError("one of --spool DIR and --topic projects/P/topics/T is needed")
    if dead_letter_subscription and (sources or stage != "event"):
        raise click.UsageError("--source and --stage choose letters of the table, not of a subscription")
    from pipelines.streaming.inbox import InboxLost
    from pipelines.streaming.sending_again import to_spool, to_topic

    send = (to_topic(topic) if topic else to_spool(spool or Path())) if yes else None
    try:
        if dead_letter_subscription:
            _from_topic(dead_letter_subscription, reasons, limit, send)
        else:
            with opened(where_is(output, files, sources_dir)) as store:
                _from_table(store, stage, reasons, sources, limit, send)
    except (InboxLost, OSError) as error:
        raise Failed(str(error)) from None


def _from_topic(subscription: str, reasons: tuple[str, ...], limit: int | None, send: "Send | None") -> None:
    from pipelines.streaming.sending_again import dead_messages

    with dead_messages(subscription, reasons, limit) as messages, _counted(send) as counts:
        for dead in messages:
            counts[dead.reason] += 1
            _show(dead)
            if send is not None:
                send(dead.data, dead.attributes, dead.name)
                messages.acknowledge(dead)


def _from_table(
    store: "Store",
    stage: str,
    reasons: tuple[str, ...],
    sources: tuple[str, ...],
    limit: int | None,
    send: "Send | None",
) -> None:
    from pipelines.streaming.sending_again import dead_events, mark_told

    sent: list[DeadEvent] = []
    with _counted(send) as counts:
        try:
            for dead in dead_events(store, stage, reasons, sources, limit):
                counts[dead.reason] += 1
                _show(dead)
                if send is not None:
                    send(dead.data, dead.attributes, dead.name)
                    sent.append(dead)
        finally:
            if sent and stage == "publish":
                mark_told(store, sent, time.time())


def _show(dead: "DeadEvent") -> None:
    click.echo(f"{dead.name}  {dead.reason}  {dead.source}  {dead.why}".rstrip())


@contextlib.contextmanager
def _counted(send: "Send | None") -> Iterator[Counter[str]]:
    """Says at the end how many of what."""
    counts: Counter[str] = Counter()
    yield counts
    told = ", ".join(f"{count} {reason}" for reason, count in counts.most_common()) or "no event"
    click.echo(f"Sent again: {told}." if send else f"Would be sent again: {told}. Nothing was sent: add --yes")
