"""`scrapeline run --streaming`: its options, beside those of a run that ends."""

import functools
import sys
from pathlib import Path
from typing import Any

import click

from pipelines.commands.options import Command, find_sources
from pipelines.commands.pubsub_options import SUBSCRIPTION, TOPIC
from pipelines.runners import is_local, runner_of

__all__ = ["streaming_options"]

_OF_BATCH = {
    "limit": "--limit",
    "param": "--param",
    "urls": "--urls",
    "rows_file": "-o",
    "workers": "--workers",
    "dry_run": "--dry-run",
    "resume": "--resume",
    "scheduled": "--scheduled",
}


def streaming_options(command: Command) -> Command:
    """Adds `--streaming` and what goes with it; with it, the command does not run but events are worked on."""

    @functools.wraps(command)
    def run_or_stream(
        *,
        streaming: bool,
        spool: str,
        subscription: str,
        topic: str,
        slots: int,
        max_event_age: float,
        keep_days: float,
        dead_letter_topic: str,
        **given: Any,
    ) -> None:
        carrier = {"--spool": spool, "--subscription": subscription, "--topic": topic}
        if not streaming:
            if named := [option for option, value in carrier.items() if value]:
                raise click.UsageError(f"{named[0]} goes with --streaming")
            command(**given)
            return
        if not is_local(runner := runner_of(given["words"])):
            if not subscription:
                raise click.UsageError(f"{runner} takes events from --subscription projects/P/subscriptions/S")
            ends = {"topic": topic, "dead_letter_topic": dead_letter_topic, "max_event_age_secs": max_event_age}
            sys.exit(_stream_on_engine(runner, {"subscription": subscription, **ends}, given))
        _check_words(given["words"])
        if bool(spool) == bool(subscription):
            raise click.UsageError("--streaming wants one of --spool DIR and --subscription projects/P/subscriptions/S")
        flags = [word for option, value in carrier.items() if value for word in (option, value)]
        flags += ["--dead_letter_topic", dead_letter_topic] if dead_letter_topic else []
        flags += ["--slots", str(slots), "--max_event_age_secs", str(max_event_age)]
        flags += ["--keep_days", str(keep_days)]
        sys.exit(_stream(flags, given))

    options = (
        click.option("--streaming", is_flag=True, help="Work on events until stopped, instead of one run."),
        click.option("--spool", default="", metavar="DIR", help="With --streaming: take events from this folder."),
        click.option(
            "--subscription",
            type=SUBSCRIPTION,
            default="",
            metavar="NAME",
            help="With --streaming: take events from Pub/Sub: projects/P/subscriptions/S.",
        ),
        click.option(
            "--topic",
            type=TOPIC,
            default="",
            metavar="NAME",
            help="With --streaming: tell here what has ended: projects/P/topics/T.",
        ),
        click.option(
            "--dead-letter-topic",
            type=TOPIC,
            default="",
            metavar="NAME",
            help="With --streaming: also send refused events here.",
        ),
        click.option("--slots", type=click.IntRange(1, 64), default=8, show_default=True, help="Events at once."),
        click.option(
            "--max-event-age",
            type=click.FloatRange(min=1),
            default=7 * 86_400.0,
            metavar="SECONDS",
            help="Older events become dead letters `expired`; default: 7 days.",
        ),
        click.option(
            "--keep-days",
            type=click.FloatRange(min=0),
            default=7.0,
            show_default=True,
            help="Files in done, failed and outbox of the spool are removed then. Marks of ended events stay a day "
            "longer than the oldest event may be (and 8 days at least).",
        ),
    )
    for option in reversed(options):
        run_or_stream = option(run_or_stream)
    return run_or_stream


def _check_options(given: dict[str, Any]) -> None:
    if wrong := [option for name, option in _OF_BATCH.items() if given[name]]:
        raise click.UsageError(f"{wrong[0]} does not go with --streaming: events say what is to be run")


def _check_words(words: tuple[str, ...]) -> None:
    """Nothing but the name of a local runner may be left: the loop takes no options of Beam."""
    left = [word for word in words if "runner" not in word and not is_local(word)]
    if left and left[0].startswith("-"):
        raise click.UsageError(f"no such option with --streaming on this machine: {left[0]}")
    if left:
        raise click.UsageError(f"{left[0]} does not go with --streaming on this machine: events name sources")


def _stream_on_engine(runner: str, flags: dict[str, Any], given: dict[str, Any]) -> int:
    from pipelines.commands.streaming_engine import stream_on_engine

    _check_options(given)
    folder: Path = find_sources(given["sources_dir"])
    flags |= {"sources": str(folder), "output": given["output"], "files": given["files"]}
    flags |= {name: given[name] for name in ("bigquery_method", "browser_tabs", "resolve")}
    return stream_on_engine(runner, {**flags, "format": given["file_format"]}, given["words"])


def _stream(flags: list[str], given: dict[str, Any]) -> int:
    from pipelines.streaming.supervisor import supervise

    _check_options(given)
    folder: Path = find_sources(given["sources_dir"])
    flags += ["--sources", str(folder), "--output", given["output"], "--files", given["files"]]
    flags += ["--format", given["file_format"]] if given["file_format"] != "parquet" else []
    flags += ["--bigquery_method", given["bigquery_method"]] if given["bigquery_method"] != "load" else []
    flags += ["--browser_tabs", str(given["browser_tabs"])] if given["browser_tabs"] else []
    flags += [word for entry in given["resolve"] for word in ("--resolve", entry)]
    place = f"the folder {flags[1]}" if flags[0] == "--spool" else flags[1]
    click.echo(f"events come from {place}; a line for each execution that has ended; Ctrl-C drains", err=True)
    return supervise(flags, lambda text: click.echo(text, err=True))
