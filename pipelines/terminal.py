"""What goes to the screen: coloured for people at a terminal, plain everywhere else."""

import decimal
import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from schemas.ids import decimal_text

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["open_console", "plain_json", "print_json", "print_table"]

_PLAIN_WIDTH = 4000  # characters: what is piped into a file or a program is never folded


def open_console(*, stderr: bool = False) -> "Console":
    """A console on the current stdout or stderr. No colour under NO_COLOR (no-color.org) or away from a terminal."""
    from rich.console import Console  # 0.1 s that `--help` does not need

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("FORCE_COLOR") else _PLAIN_WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=width is not None, markup=True, emoji=False)


def print_json(value: Any) -> None:
    """One indented JSON document; what JSON does not know is written as text."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def plain_json(value: Any) -> str:
    """One line of JSON, by the same rules."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, decimal.Decimal):  # a number where that is exact, as in a run's own JSON
        number = int(value) if value == value.to_integral_value() else float(value)
        return number if decimal.Decimal(repr(number)) == value else decimal_text(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def print_table(console: "Console", headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table without lines: cells that are too wide fold on a terminal, and never elsewhere."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    console.print(table, soft_wrap=False)
