"""`scrapeline run --streaming --runner=...`: the streaming graph on an engine, watched from here."""

from pathlib import Path
from typing import Any

import click

from pipelines import exit_status
from pipelines.commands.options import SourceMistakes

__all__ = ["stream_on_engine"]

_SUBMITTED_ONLY = "DataflowRunner"


def stream_on_engine(runner: str, flags: dict[str, Any], words: tuple[str, ...]) -> int:
    """Starts the job and watches it; on Dataflow it only submits it. Returns the exit status.

    Args:
      flags: of `pipelines.engines.stream`; empty ones are left out.
      words: options of Beam, as given.
    """
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
    stop_file = f"{where.folder}/.scrapeline/streaming/stop"
    return supervise([*said, *words], stop_file, lambda text: click.echo(text, err=True))


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
