"""The command `scrapeline`: its commands by name, each loaded only when it is called."""

import importlib
import io
import sys
from typing import Any

import click

from pipelines.leaving import leave_in_order
from schemas.version import __version__

__all__ = ["LazyGroup", "cli", "main"]

COMMANDS = {
    "new": ("pipelines.commands.new_source:new", "Propose a source file from a page, ready to run."),
    "try": (
        "pipelines.commands.try_page:try_page",
        "Read one page: every field, where it came from, what was refused.",
    ),
    "test": ("pipelines.commands.golden:test", "Read the saved test pages again and compare, offline."),
    "run": ("pipelines.commands.run:run", "Run sources: pages to rows, dead letters, archive."),
    "report": ("pipelines.commands.report:report", "Write one HTML page about what runs have written."),
    "reparse": ("pipelines.commands.reparse:reparse", "Parse archived pages again, offline, and say what changes."),
    "dead-letters": ("pipelines.commands.dead_letters:dead_letters", "List, show and replay what failed."),
    "forget": ("pipelines.commands.forget:forget", "Remove a person's rows, dead letters and archived pages."),
    "retention": ("pipelines.commands.retention:retention", "Remove files that are older than sources say."),
    "sources": ("pipelines.commands.sources:sources", "List, show, check source files; how sources are."),
    "schedule": ("pipelines.commands.schedule:schedule", "Run sources when their schedules say so: a local clock."),
    "events": (
        "pipelines.commands.events:events",
        "Publish, show and describe the events that `run --streaming` takes.",
    ),
    "schema": ("pipelines.commands.schema:schema", "Tables in BigQuery as the sources want them: ddl, diff, apply."),
    "doctor": ("pipelines.commands.doctor:doctor", "Check that this machine and this folder are ready to run."),
}
EPILOG = """\b
A first source, in four steps:
  scrapeline new https://shop.example/lamps    writes ./sources/shop.yaml
  scrapeline try shop                          one page: fields, rows, refusals
  scrapeline try shop --save                   keeps that page as a test case
  scrapeline run shop --limit 5                rows in ./out/rows

\b
Exit codes: 0 all went well; 1 something failed; 2 a mistake in the
command line or in a source file.
"""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for.

    Args:
      lazy: command -> ("module:attribute", the line that help lists it with).
    """

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is not a command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            raise click.exceptions.NoSuchCommand(name, possibilities=self.list_commands(ctx), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.lazy.items()])


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, "--version", "-V", prog_name="scrapeline")
def cli() -> None:
    """Scrapeline: one YAML file a site; its pages become rows, and whatever fails says why."""


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that has no such character gets its number
            stream.reconfigure(errors="backslashreplace")
    try:
        cli.main(prog_name="scrapeline")
    except SystemExit as end:
        leave_in_order(end.code if isinstance(end.code, int) else int(end.code is not None))
