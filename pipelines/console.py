"""What a person sees while a run goes on, and at its end."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from pipelines.fetch_ways import auto_sentences
from pipelines.progress import Counts

__all__ = ["live_counters", "print_summary"]

PLAIN_INTERVAL_SECS = 5.0
EXAMPLE_CHARS = 300
COLOURS = {"success": "green", "no_data": "yellow", "failed": "red"}


@contextmanager
def live_counters(console: Console, sources: list[str]) -> Iterator[Callable[[Counts], None]]:
    """Gives the function that shows counters: a table that is redrawn on a terminal, a line now and then elsewhere."""
    started = time.monotonic()
    if not console.is_terminal:
        yield _plain(console, started)
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        yield lambda counters: live.update(_table(counters, sources, time.monotonic() - started))


def _plain(console: Console, started: float) -> Callable[[Counts], None]:
    last = [started]

    def show(counters: Counts) -> None:
        now = time.monotonic()
        if now - last[0] >= PLAIN_INTERVAL_SECS:
            last[0] = now
            console.print(_line(counters, now - started), markup=False)

    return show


def _line(counters: Counts, seconds: float) -> str:
    """How far the run is; which sources have letters, and why."""
    pages, rows, letters = (_sum(counters, what) for what in ("pages", "rows", "dead:"))
    rendered = _sum(counters, "rendered")
    of_them = f", {rendered} rendered" if rendered else ""
    line = f"{seconds:6.0f} s  {pages} pages ({pages / seconds:.1f}/s{of_them})  {rows} rows  {letters} dead letters"
    reasons = [
        f"{source}: {_letters(counters, source)}" for source in _sources(counters) if _sum(counters, "dead:", source)
    ]
    return f"{line} ({'; '.join(reasons)})" if reasons else line


def _sources(counters: Counts) -> list[str]:
    """Those that have done something, the busiest first."""
    return sorted({source for source, _ in counters}, key=lambda name: (-_sum(counters, "pages", name), name))


def _sum(counters: Counts, prefix: str, source: str | None = None) -> int:
    return sum(
        count for (of, what), count in counters.items() if what.startswith(prefix) and (source is None or of == source)
    )


def _table(counters: Counts, named: list[str], seconds: float) -> Table:
    table = Table(box=None, header_style="bold", title=f"{seconds:.0f} s", title_justify="left")
    renders = _sum(counters, "rendered") > 0
    for heading in ("source", "pages", *(["rendered"] if renders else []), "pages/s", "rows", "dead letters"):
        table.add_column(heading, justify="left" if heading in ("source", "dead letters") else "right")
    busy = _sources(counters)
    busy += [name for name in named if name not in busy]
    for name in busy[:20]:
        table.add_row(name, *_cells(counters, seconds, name))
    if len(busy) > 1:
        table.add_row(f"all {len(busy)}" if len(busy) > 20 else "all", *_cells(counters, seconds, None), style="bold")
    return table


def _cells(counters: Counts, seconds: float, source: str | None) -> list[str]:
    pages = _sum(counters, "pages", source)
    rate = pages / seconds if seconds else 0
    rendered = [str(_sum(counters, "rendered", source))] if _sum(counters, "rendered") else []
    return [str(pages), *rendered, f"{rate:.1f}", str(_sum(counters, "rows", source)), _letters(counters, source)]


def _letters(counters: Counts, source: str | None) -> str:
    letters: Counter[str] = Counter()
    for (of, what), count in counters.items():
        if what.startswith("dead:") and source in (None, of):
            letters[what.removeprefix("dead:")] += count
    return _counted(letters)


def print_summary(console: Console, executions: list[dict[str, Any]], seconds: float) -> None:
    """One line for each execution, and why for those that are not simply well."""
    table = Table(box=None, header_style="bold")
    renders = any(execution.get("pages_rendered") for execution in executions)
    rendered = ["rendered"] if renders else []
    for heading in ("source", "status", "pages", *rendered, "rows", "dead letters", "dropped", "execution"):
        is_number = heading in ("pages", "rendered", "rows")
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for execution in executions:
        status = execution["status"] + (f" ({execution['condition']})" if execution["condition"] else "")
        table.add_row(
            execution["source"],
            f"[{_colour(execution)}]{status}[/]",
            str(execution["pages"]),
            *([str(execution.get("pages_rendered", 0))] if renders else []),
            str(execution["rows"]),
            _reasons(execution["dead_by_reason"]),
            _reasons(execution["dropped_by_reason"]),
            execution["execution_id"],
        )
    console.print(table)
    for execution in executions:
        _print_remarks(console, execution)
    pages = sum(execution["pages"] for execution in executions)
    console.print(f"{pages} pages in {seconds:.1f} s ({pages / seconds:.1f}/s, start and end included)")


def _colour(execution: dict[str, Any]) -> str:
    is_ill = execution["status"] == "success" and execution["condition"] in ("degraded", "blocked")
    return "yellow" if is_ill else COLOURS[execution["status"]]


def _print_remarks(console: Console, execution: dict[str, Any]) -> None:
    """Why it went as it did, and what its letters say."""
    for reason in (*execution["reasons"], *auto_sentences(json.loads(execution.get("fetch_modes", "{}")))):
        console.print(f"  {execution['source']}: {reason}", markup=False)
    for example in execution.get("letter_examples", ()):
        console.print(f"    {_example(example)}", markup=False)


def _example(example: dict[str, Any]) -> str:
    times = f"{example['count']} x " if example["count"] > 1 else ""
    message, url = _cut(example["message"]), _cut(example["url"])
    return f"{times}{example['reason']}: {message}" + (f" ({url})" if url else "")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= EXAMPLE_CHARS else f"{text[:EXAMPLE_CHARS]}..."


def _reasons(counts_json: str) -> str:
    return _counted(Counter(json.loads(counts_json))) or "0"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
