"""`scrapeline events`: publish events, listen to them, see what they must say."""

import datetime
import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from pipelines.commands.events_replay import replay
from pipelines.commands.options import Failed, SourceMistakes
from pipelines.commands.pubsub_options import SUBSCRIPTION, TOPIC
from schemas.events.event import Event, Malformed
from schemas.events.kinds import KINDS, schema_of
from schemas.events.messages import attributes_of, data_of, structured
from schemas.events.reading import parse_event

__all__ = ["events"]

ORIGIN = "/scrapeline/events/publish"
EPILOG = """\b
Examples:
  scrapeline events publish scrape.requested shop books --spool events
  scrapeline events publish scrape.requested shop --param category=lamps --deadline 10m --spool events
  scrapeline events publish scrape.requested shop --topic projects/P/topics/scrape-requests
  scrapeline events publish scraper.complete --topic projects/P/topics/T --data \\
      '{"scraper_name": "bdl-games", "status": "success", "record_count": 11, "gcs_path": "gs://bucket/games.json"}'
  scrapeline events publish scraper.complete --spool events --data \\
      '{"scraper_name": "bdl-games", "status": "failed", "error": "HTTP 503"}'
  scrapeline events listen --spool events                  what has ended: the files of events/outbox
  scrapeline events listen --subscription projects/P/subscriptions/S    takes the events that it shows
  scrapeline events replay --spool events                  events that became dead letters, again
  scrapeline events schema scrape.requested                JSON Schema
  scrapeline events create-topic projects/P/topics/T --subscription projects/P/subscriptions/S

\b
PUBSUB_EMULATOR_HOST=HOST:PORT leads to an emulator.
Exit codes: 0 done; 1 the topic, subscription or folder refuses; 2 a mistake in the command line or in the event.
"""
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@click.group(epilog=EPILOG)
def events() -> None:
    """Publish events, listen to them, see what they must say."""


events.add_command(replay)


@events.command(epilog=EPILOG)
@click.argument("kind", type=click.Choice(sorted(KINDS)), metavar="KIND")
@click.argument("sources", nargs=-1)
@click.option("--spool", type=click.Path(file_okay=False, path_type=Path), help="A spool folder; made if missing.")
@click.option("--topic", type=TOPIC, default="", help="projects/P/topics/T.")
@click.option("--data", default="", help="The event's data as JSON, or @FILE; sources and options are added to it.")
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="Of scrape.requested; again: further values.")
@click.option("--url", multiple=True, help="Of scrape.requested: a page instead of the seeds; may be repeated.")
@click.option("--limit", type=click.IntRange(min=1), help="Of scrape.requested: the most pages of each source.")
@click.option("--reason", default="", help="Of scrape.requested: why, for people.")
@click.option("--deadline", default="", metavar="10m|MOMENT", help="Of scrape.requested: too late after it.")
@click.option("--id", "event_id", default="", help="The event's id; default: a new one. The same again is a duplicate.")
def publish(
    kind: str,
    sources: tuple[str, ...],
    spool: Path | None,
    topic: str,
    data: str,
    param: tuple[str, ...],
    url: tuple[str, ...],
    limit: int | None,
    reason: str,
    deadline: str,
    event_id: str,
) -> None:
    """Publish one event: KIND is scrape.requested or scraper.complete (or, to try a listener, execution.complete)."""
    if bool(spool) == bool(topic):
        raise click.UsageError("one of --spool DIR and --topic projects/P/topics/T is needed")
    said = _data(data)
    given = {"sources": list(sources), "urls": list(url), "limit": limit, "reason": reason}
    said |= {name: value for name, value in given.items() if value}
    said |= {"params": _params(param)} if param else {}
    said |= {"deadline": _deadline(deadline)} if deadline else {}
    event = Event(kind, event_id or secrets.token_hex(12), ORIGIN, time.time(), said)
    checked = parse_event(data_of(event), attributes_of(event))
    if isinstance(checked, Malformed):
        raise SourceMistakes(f"{kind}: {checked}")
    click.echo(_send(event, spool, topic))


def _data(text: str) -> dict[str, Any]:
    try:
        read = json.loads(Path(text[1:]).read_text("utf-8") if text.startswith("@") else text or "{}")
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="--data") from None
    if not isinstance(read, dict):
        raise click.BadParameter("a JSON object was expected", param_hint="--data")
    return read


def _params(given: tuple[str, ...]) -> dict[str, Any]:
    params: dict[str, list[str]] = {}
    for entry in given:
        name, equals, value = entry.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{entry!r} is not NAME=VALUE", param_hint="--param")
        params.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in params.items()}


def _deadline(text: str) -> str:
    if text[:-1].isdecimal() and text[-1] in _UNITS:
        when = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])
        return when.isoformat(timespec="seconds")
    return text


def _send(event: Event, spool: Path | None, topic: str) -> str:
    try:
        if spool is not None:
            from pipelines.streaming.spool import put_event

            return str(put_event(spool, event))
        from pipelines.streaming.pubsub import PubSubOutbox  # Google's client takes its time to import

        PubSubOutbox(topic).publish(event)
    except OSError as error:
        raise Failed(str(error)) from None
    return event.event_id


@events.command(epilog=EPILOG)
@click.option("--spool", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A spool folder.")
@click.option(
    "--subscription", type=SUBSCRIPTION, default="", help="projects/P/subscriptions/S; what is shown is acknowledged."
)
@click.option("--count", type=click.IntRange(min=1), help="End after so many; default: never, or the spool's end.")
def listen(spool: Path | None, subscription: str, count: int | None) -> None:
    """Show events, one JSON document a line: of a spool folder its outbox, of a subscription what comes."""
    if bool(spool) == bool(subscription):
        raise click.UsageError("one of --spool DIR and --subscription projects/P/subscriptions/S is needed")
    from pipelines.streaming.inbox import InboxLost

    try:
        for number, line in enumerate(_of_spool(spool) if spool else _of_subscription(subscription), 1):
            click.echo(line)
            if number == count:
                return
    except (InboxLost, OSError) as error:
        raise Failed(str(error)) from None


def _of_spool(spool: Path) -> Iterator[str]:
    for path in sorted((spool / "outbox").glob("*.json"), key=lambda one: one.stat().st_mtime):
        yield json.dumps(json.loads(path.read_text("utf-8")), ensure_ascii=False)


def _of_subscription(subscription: str) -> Iterator[str]:
    from pipelines.streaming.topics import listen as listened  # Google's client takes its time to import

    for data, attributes, message_id in listened(subscription):
        event = parse_event(data, attributes, message_id=message_id)
        if isinstance(event, Malformed):
            yield json.dumps(
                {"malformed": str(event), "attributes": attributes, "data": data.decode("utf-8", "replace")}
            )
        else:
            yield json.dumps(json.loads(structured(event)), ensure_ascii=False)


@events.command(epilog=EPILOG)
@click.argument("kind", type=click.Choice(sorted(KINDS)), metavar="KIND")
def schema(kind: str) -> None:
    """Print the JSON Schema of a kind of event."""
    click.echo(json.dumps(schema_of(kind), indent=2))


@events.command("create-topic", epilog=EPILOG)
@click.argument("topic", type=TOPIC)
@click.option(
    "--subscription", type=SUBSCRIPTION, multiple=True, help="A subscription of it to make, too; may be repeated."
)
def create_topic(topic: str, subscription: tuple[str, ...]) -> None:
    """Make a topic of Pub/Sub and its subscriptions; those that are there stay as they are."""
    from pipelines.streaming.topics import make_subscription, make_topic

    try:
        click.echo(f"{topic}: {'made' if make_topic(topic) else 'was there'}")
        for name in subscription:
            click.echo(f"{name}: {'made' if make_subscription(name, topic) else 'was there'}")
    except OSError as error:
        raise Failed(str(error)) from None
