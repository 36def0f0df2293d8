"""What several commands share: which folder of sources, which hosts are mapped, how mistakes are said."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from scrapers.source_files.load import LoadedSource, SourceSet

__all__ = [
    "Failed",
    "SourceMistakes",
    "files_option",
    "find_sources",
    "holds_sources",
    "load_named",
    "load_one",
    "output_option",
    "resolve_option",
    "sources_option",
]

Command = Callable[..., Any]


class SourceMistakes(click.ClickException):
    """Source files (or what was asked of them) cannot be used as they are."""

    exit_code = 2


class Failed(click.ClickException):
    """What was asked for was understood, and did not work."""

    exit_code = 1


def sources_option(command: Command) -> Command:
    """Adds `--sources DIR` as argument `sources_dir: Path | None`; see `find_sources`."""
    return click.option(
        "--sources",
        "sources_dir",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="SCRAPELINE_SOURCES",
        show_envvar=True,
        help="Folder of source files; default: ./sources, else this folder if it holds some.",
    )(command)


def resolve_option(command: Command) -> Command:
    """Adds `--resolve HOST:PORT:ADDR` as argument `resolve: tuple[str, ...]`."""
    return click.option(
        "--resolve",
        multiple=True,
        metavar="HOST:PORT:ADDR[:PORT]",
        callback=_check_resolve,
        help="As in curl: connect to ADDR for HOST:PORT, and let it be private. May be repeated; HOST may be *.",
    )(command)


def output_option(command: Command) -> Command:
    """Adds `--output` as argument `output: str`, empty when it is not given; see `pipelines.source_outputs`."""
    return click.option(
        "--output",
        default="",
        help="A folder, local or of any filesystem Beam writes to, or bigquery:PROJECT[.DATASET]; default: what the "
        "sources say (`output`), else out.",
    )(command)


def files_option(command: Command) -> Command:
    """Adds `--files` as argument `files: str`, empty when it is not given."""
    return click.option(
        "--files",
        default="",
        metavar="FOLDER",
        help="Beside bigquery:...: folder of archive and plans; default: what sources say (`output_files`), else out.",
    )(command)


def _check_resolve(_ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for entry in given:
        host, _, rest = entry.partition(":")
        port, _, address = rest.partition(":")
        if not host or not port.isdecimal() or not address:
            raise click.BadParameter(f"{entry!r} is not HOST:PORT:ADDR, e.g. shop.example:80:127.0.0.1:8080")
    return given


def find_sources(given: Path | None) -> Path:
    """The folder of sources: the one given, else ./sources, else this folder if it holds source files; says which."""
    if given is not None:
        if not given.is_dir():
            raise SourceMistakes(f"--sources: there is no folder {given}")
        return given
    for folder in (Path("sources"), Path()):
        if folder.is_dir() and holds_sources(folder):
            click.echo(f"sources: {folder.resolve() if folder == Path() else folder}", err=True)
            return folder
    raise SourceMistakes(
        f"no source files in ./sources nor in {os.getcwd()}; "
        "name a folder with --sources DIR (or SCRAPELINE_SOURCES), or make a first source: scrapeline new URL"
    )


def holds_sources(folder: Path) -> bool:
    """Whether a file there names itself as a source; of the current folder only the files at its top are looked at."""
    pattern = "*.y*ml" if folder == Path() else "**/*.y*ml"
    return any(_looks_like_source(path) for path in folder.glob(pattern))


def _looks_like_source(path: Path) -> bool:
    """A source file has a line `source: NAME`; other YAML (compose files, workflows) does not."""
    return any(line.startswith("source:") for line in path.read_text("utf-8", errors="replace").splitlines())


def load_named(folder: Path, names: Sequence[str] | None = None) -> "SourceSet":
    """The sources of those names (None or none: all); every mistake of every file becomes one SourceMistakes."""
    from scrapers.source_files.load import SourceFileErrors, load_sources

    try:
        return load_sources(folder, list(names) if names else None)
    except SourceFileErrors as errors:
        count = len(errors.mistakes)
        raise SourceMistakes(f"{count} mistake{'s' * (count != 1)} in source files\n{errors}") from None


def load_one(folder: Path, name: str) -> "LoadedSource":
    """The source of that name; a name that does not exist is a mistake that lists the nearest."""
    return load_named(folder, [name])[name]
