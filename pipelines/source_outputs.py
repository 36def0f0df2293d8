"""Where a run writes to: as the command line says, else as its sources say (`output`, `output_files`), else `out`."""

import re
from collections.abc import Sequence
from pathlib import Path

from pipelines.places import DEFAULT_FOLDER, Places, WrongPlace, places
from schemas.warehouse import PREFIX

__all__ = ["places_of_run"]

_SAYS = re.compile(rb"^output(?:_files)?\s*:", re.MULTILINE)


def places_of_run(output: str, files: str, folder: Path, names: Sequence[str] | None) -> Places:
    """Where the run of some sources writes to.

    Args:
      output, files: as on the command line; empty for not given.
      folder: of source files.
      names: of sources; None for all.

    Raises:
      WrongPlace: also when the sources disagree, or have mistakes, and the command line does not decide.
    """
    if output and (files or not output.startswith(PREFIX)):
        return places(output, files)
    said_output, said_files = _said(folder, names, asks_output=not output)
    output = output or said_output or DEFAULT_FOLDER
    return places(output, files or (said_files if output.startswith(PREFIX) else ""))


def _said(folder: Path, names: Sequence[str] | None, *, asks_output: bool) -> tuple[str, str]:
    """What the sources say of `output` and `output_files`; empty for nothing. Most say neither: then none is loaded."""
    if not any(_SAYS.search(path.read_bytes()) for path in folder.glob("**/*.y*ml")):
        return "", ""
    from scrapers.source_files.load import SourceFileErrors, load_sources  # most runs are started without it

    try:
        sources = {name: loaded.source for name, loaded in load_sources(folder, names).items()}
    except SourceFileErrors as errors:
        raise WrongPlace(str(errors)) from None
    outputs = {name: source.output or "" for name, source in sources.items()} if asks_output else {}
    return _one("output", outputs), _one(
        "output_files", {name: source.output_files or "" for name, source in sources.items()}
    )


def _one(key: str, said: dict[str, str]) -> str:
    """What all say."""
    if len(set(said.values())) > 1:
        texts = "; ".join(f"{name}: {text or 'nothing'}" for name, text in list(said.items())[:5])
        option = key.removeprefix("output_")
        raise WrongPlace(f"the sources say different things as `{key}` ({texts}): run them apart, or say --{option}")
    return next(iter(said.values()), "")
