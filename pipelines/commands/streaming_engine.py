"""`scrapeline run --streaming --runner=...`: the streaming graph on an engine, watched from here."""

from pathlib import Path
from typing import Any

import click

from pipelines import exit_status
from pipelines.commands.options import SourceMistakes
from pipelines.engines.prism import PrismMissing, find_prism

__all__ = ["stream_on_engine"]

_SUBMITTED_ONLY = "DataflowRunner"


def stream_on_engine(runner: str, flags: dict[str, Any], words: tuple[str, ...]) -> int:
    """Starts the job and watches it; on Dataflow it only submits it. Returns the exit status.

    Who watches also removes what events left behind long ago; a job that was only submitted leaves it there.

    Args:
      flags: of `pipelines.engines.stream`; empty ones are left out.
      words: options of Beam, as given.
    """
    from pipelines.engines.pulse import BEGINS_IN_SECS
    from pipelines.engines.supervision import supervise
    from pipelines.places import WrongPlace
    from pipelines.source_outputs import places_of_run

    try:
        where = places_of_run(flags["output"], flags["files"], Path(flags["sources"]), None)
    except WrongPlace as error:
        raise SourceMistakes(str(error)) from None
    said = [f"--{name}={one}" for name, value in flags.items() for one in _each(value)]
    if runner == _SUBMITTED_ONLY:
        return _submit([*said, *words])
    _sweep(where.folder, flags["max_event_age_secs"])
    done = flags["topic"] or "nobody (--topic TOPIC)"
    said_of_it = f"{runner} takes events from {flags['subscription']}; what has ended is told to {done}"
    click.echo(f"{said_of_it}, and stands in {where.folder}; Ctrl-C drains", err=True)
    if runner == "PrismRunner" and not any(word.startswith("--prism_location") for word in words):
        _look_for_prism()
    stop_file = f"{where.folder}/.scrapeline/streaming/stop"
    return supervise([*said, *words], stop_file, lambda text: click.echo(text, err=True), begins_in_secs=BEGINS_IN_SECS)


def _sweep(output: str, max_age_secs: float) -> None:
    from pipelines.streaming.sweeping import DAY_SECS, Keep, Swept, start_sweeping
    from transforms import filesystem

    state = Path(output, ".scrapeline", "streaming") if filesystem.is_local(output) else None
    start_sweeping(Swept(output, state=state), Keep.for_events(max_age_secs, DAY_SECS))


def _look_for_prism() -> None:
    """Says it where Beam has to fetch the program, which without internet takes minutes to fail."""
    try:
        find_prism()
    except PrismMissing as missing:
        click.echo(f"{missing}; it tries to now", err=True)


def _each(value: Any) -> tuple[Any, ...]:
    if isinstance(value, tuple):
        return value
    return () if value in ("", None) else (value,)


def _submit(flags: list[str]) -> int:
    from pipelines.engines.stream import main

    status = main(flags)
    if status == exit_status.OK:
        click.echo("Submitted. Stop it there: gcloud dataflow jobs drain JOB", err=True)
    return status
