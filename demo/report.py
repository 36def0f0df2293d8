"""What the demo says at its end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo.expected import EXPECTED
from demo.findings import letters_of

__all__ = ["print_next_commands", "print_skipped", "print_verdict"]

PYTHON = ".venv/bin/python"
console = Console(soft_wrap=True, highlight=False)


def print_skipped(sources: Sequence[str], missing: str) -> None:
    """Which sources are left out on a machine without a browser, and how to get one."""
    console.print(f"[yellow]Skipped: {', '.join(sources)}.[/yellow] They need a browser, and {missing}\n")


def print_verdict(output: Path, executions: dict[str, dict[str, Any]], wrong: list[str], took_secs: float) -> None:
    """Whether the demo went as intended, and the failures of the sources that are meant to fail."""
    console.print()
    if wrong:
        console.print(f"[red]The demo did NOT go as intended[/red] ({took_secs:.0f} s):")
        for text in sorted(wrong):
            console.print(f"  {text}", markup=False)
        return
    rows = sum(execution["rows"] for execution in executions.values())
    console.print(f"[green]The demo went as intended[/green]: {rows} rows in {took_secs:.0f} s.")
    failing = [name for name in executions if EXPECTED[name].status == "failed"]
    console.print(f"Meant to fail: {' and '.join(sorted(failing))}. Each of their letters says why.\n")
    letters = Table("reason", "page", "what happened", box=None, pad_edge=False)
    found = [letter for name in failing for letter in letters_of(output, executions[name])]
    for letter in sorted(found, key=lambda letter: (str(letter["reason"]), str(letter["url"]))):
        letters.add_row(letter["reason"], letter["url"].removeprefix("http://"), Text(_short(letter["message"])))
    Console().print(letters)


def _short(message: str, most: int = 90) -> str:
    line = " ".join(message.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def print_next_commands(sources: Path, output: Path) -> None:
    """What to try next, each line as it can be pasted."""
    show = "{python} -c \"import pyarrow.parquet as pq; print(pq.read_table('{folder}').slice(0, 3).to_pylist())\""
    console.print("\nWhat you may want to try now:\n")
    for why, command in {
        "the report, opened in your browser": f".venv/bin/scrapeline report {output} --sources {sources} --open",
        "the rows (any Parquet reader will do)": show.format(python=PYTHON, folder=output / "rows" / "shop.products"),
        "the dead letters": show.format(python=PYTHON, folder=output / "dead_letters"),
        "the source files, made to be read": f"less {sources}/shop.yaml {sources}/gallery.yaml",
        "all sources, and whether their files are right": f".venv/bin/scrapeline sources check --sources {sources}",
        "one page that failed, field by field": (
            f".venv/bin/scrapeline try broken http://www.broken.example/every-field-wrong --sources {sources}"
            f" --output {output}"
        ),
        "a source file for a site of your own": ".venv/bin/scrapeline new https://YOUR-SITE/some/listing",
        "the demo site, kept up to play with": f"{PYTHON} -m demo serve",
    }.items():
        console.print(f"  [bold]# {why}[/bold]")
        console.print(f"  {command}", markup=False)
