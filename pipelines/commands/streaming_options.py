"""`scrapeline run --streaming`: its options, beside those of a run that ends."""

import functools
import sys
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
_CARRIERS = {"--spool": "spool", "--subscription": "subscription", "--topic": "topic"}
_OWN = (*_CARRIERS.values(), "slots", "max_event_age", "keep_days", "dead_letter_topic")
_OPTIONS = (
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


def streaming_options(command: Command) -> Command:
    """Adds `--streaming` and what goes with it; with it, the command does not run but events are worked on."""

    @functools.wraps(command)
    def run_or_stream(*, streaming: bool, **given: Any) -> None:
        own = {name: given.pop(name) for name in _OWN}
        if streaming:
            sys.exit(_stream(own, given))
        if named := [option for option, name in _CARRIERS.items() if own[name]]:
            raise click.UsageError(f"{named[0]} goes with --streaming")
        command(**given)

    for option in reversed(_OPTIONS):
        run_or_stream = option(run_or_stream)
    return run_or_stream


def _stream(own: dict[str, Any], given: dict[str, Any]) -> int:
    """Works on events; the exit status.

    Args:
      own: the options that only streaming has.
    """
    if is_local(runner := runner_of(given["words"])):
        return _stream_here(own, given)
    if not own["subscription"]:
        raise click.UsageError(f"{runner} takes events from --subscription projects/P/subscriptions/S")
    return _stream_on_engine(runner, own, given)


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


def _stream_on_engine(runner: str, own: dict[str, Any], given: dict[str, Any]) -> int:
    from pipelines.commands.streaming_engine import stream_on_engine

    _check_options(given)
    flags = {name: own[name] for name in ("subscription", "topic", "dead_letter_topic")}
    flags |= {"max_event_age_secs": own["max_event_age"]}
    flags |= {"sources": str(find_sources(given["sources_dir"])), "output": given["output"], "files": given["files"]}
    flags |= {name: given[name] for name in ("bigquery_method", "browser_tabs", "resolve")}
    return stream_on_engine(runner, {**flags, "format": given["file_format"]}, given["words"])


def _stream_here(own: dict[str, Any], given: dict[str, Any]) -> int:
    from pipelines.streaming.supervisor import supervise

    _check_words(given["words"])
    if bool(own["spool"]) == bool(own["subscription"]):
        raise click.UsageError("--streaming wants one of --spool DIR and --subscription projects/P/subscriptions/S")
    _check_options(given)
    flags = [*_own_flags(own), "--sources", str(find_sources(given["sources_dir"])), "--output", given["output"]]
    flags += ["--files", given["files"]]
    flags += ["--format", given["file_format"]] if given["file_format"] != "parquet" else []
    flags += ["--bigquery_method", given["bigquery_method"]] if given["bigquery_method"] != "load" else []
    flags += ["--browser_tabs", str(given["browser_tabs"])] if given["browser_tabs"] else []
    flags += [word for entry in given["resolve"] for word in ("--resolve", entry)]
    place = f"the folder {own['spool']}" if own["spool"] else own["subscription"]
    click.echo(f"events come from {place}; a line for each execution that has ended; Ctrl-C drains", err=True)
    return supervise(flags, lambda text: click.echo(text, err=True))


def _own_flags(own: dict[str, Any]) -> list[str]:
    flags = [word for option, name in _CARRIERS.items() if own[name] for word in (option, own[name])]
    flags += ["--dead_letter_topic", own["dead_letter_topic"]] if own["dead_letter_topic"] else []
    flags += ["--slots", str(own["slots"]), "--max_event_age_secs", str(own["max_event_age"])]
    return [*flags, "--keep_days", str(own["keep_days"])]
