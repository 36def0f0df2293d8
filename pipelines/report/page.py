"""The report as one HTML page that asks for nothing: styles and pictures stand in it, scripts there are none."""

import base64
import dataclasses
import datetime
import hashlib
import importlib.resources
import shlex
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from markupsafe import Markup

from pipelines.places import DEFAULT_FOLDER, Places
from pipelines.report import charts
from pipelines.report.attention import concerns, headline
from pipelines.report.drawing import Chart
from pipelines.report.drift_pages import drifted
from pipelines.report.failures import failures
from pipelines.report.pictures import Pictures
from pipelines.report.preamble import newest_rows, preamble
from pipelines.report.samples import ROWS, samples
from pipelines.report.scope import Scope
from pipelines.report.tables import Answer, ask, open_tables
from pipelines.report.wording import FILTERS, count_text, plural, seconds_text
from pipelines.stores.store import Store
from schemas.version import __version__

__all__ = ["Nothing", "report_page"]

RUNS_SHOWN = 40
BARS = 15
LINES = 6
_QUERIES = (
    "totals", "sources", "history", "rows_by_source", "letters_by_reason", "coverage", "coverage_over_time", "costs",
    "politeness", "newest_failures", "executions_by_run",
)  # fmt: skip


class Nothing(Exception):
    """There is nothing to report about; the text says what was looked for."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Charts:
    executions: Chart | None
    letters: Chart | None
    coverage: Chart | None
    seconds: Chart | None


def report_page(
    store: Store, places: Places, scope: Scope, now: datetime.datetime, sources_dir: Path | None = None
) -> str:
    """The whole page.

    Args:
      places: what the store stands for; commands of the page name it.
      now: when it is made, in UTC.
      sources_dir: the folder of sources, for commands of the page; None for the one that they find themselves.

    Raises:
      Nothing: no execution is there, or none in the scope.
    """
    connection = open_tables(store, scope)
    answers = {name: ask(connection, name) for name in _QUERIES}
    [totals] = answers["totals"].rows
    if not totals["executions"]:
        raise Nothing(_nothing(str(places), scope))
    if len({run["started"] for run in answers["executions_by_run"].rows}) > RUNS_SHOWN:
        answers["executions_by_run"] = ask(connection, "executions_by_day")
    sources, where = answers["sources"].rows, _options(places, sources_dir)
    ill = concerns(sources, where)
    pictures = Pictures(store.archive)
    return _render(
        places=places,
        output=str(places),
        scope=scope,
        now=now.replace(tzinfo=None),
        version=__version__,
        headline=headline(len(ill), len(sources)),
        concerns=ill,
        totals=totals,
        answers=answers,
        charts=_charts(answers),
        history=_history(answers["history"].rows),
        failures=failures(answers["newest_failures"].rows, where, pictures),
        drifted=drifted(sources, store.archive, pictures, partial(_page_types, connection)),
        samples=samples(store, {source["execution_id"] for source in sources}),
        preamble=preamble(places, scope),
        in_warehouse=places.warehouse is not None,
    )


def _options(places: Places, sources_dir: Path | None) -> str:
    """What leads other commands to the same output and sources."""
    words = ["--output", str(places)]
    if places.warehouse is not None and places.folder != DEFAULT_FOLDER:
        words += ["--files", places.folder]
    return shlex.join([*words, *(["--sources", str(sources_dir)] if sources_dir else [])])


def _nothing(output: str, scope: Scope) -> str:
    if scope == Scope():
        return f"{output} holds no executions: nothing has run with --output {output} yet"
    asked = [f"of {', '.join(scope.sources)}"] if scope.sources else []
    asked += [f"since {scope.since:%Y-%m-%d %H:%M} UTC"] if scope.since else []
    return f"{output} holds no executions {' '.join(asked)}"


def _page_types(connection: duckdb.DuckDBPyConnection, execution_id: str) -> str | None:
    found = connection.execute("SELECT page_types FROM all_executions WHERE execution_id = ?", [execution_id])
    row = found.fetchone()
    return str(row[0]) if row and row[0] else None


def _history(scrapes: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Source -> how its last scrapes went, oldest first."""
    found = defaultdict(list)
    for scrape in scrapes:
        found[scrape["source"]].append(scrape["outcome"])
    return found


def _charts(answers: dict[str, Answer]) -> _Charts:
    runs, letters = answers["executions_by_run"].rows, answers["letters_by_reason"].rows
    costs, fallen = answers["costs"].rows, [one for one in answers["coverage"].rows if one["fallen_since"]]
    named = {(one["source"], one["field"]) for one in fallen[:LINES]}
    shares = [one for one in answers["coverage_over_time"].rows if (one["source"], one["field"]) in named]
    return _Charts(
        charts.executions_chart(runs, _runs_told(runs)) if runs else None,
        charts.letters_chart(letters[:BARS], _letters_told(letters)) if letters else None,
        charts.coverage_chart(shares, _coverage_told(fallen)) if shares else None,
        charts.seconds_chart(costs[:BARS], _costs_told(costs)) if costs else None,
    )


def _runs_told(runs: Sequence[dict[str, Any]]) -> str:
    counts: Counter[str] = Counter()
    for run in runs:
        counts[run["outcome"]] += run["executions"]
    parts = ", ".join(f"{count_text(count)} {outcome}" for outcome, count in counts.most_common())
    return (
        f"Bar chart of scrapes over time, {runs[0]['started']:%-d %b %Y} to {runs[-1]['started']:%-d %b %Y}: {parts}."
    )


def _letters_told(letters: Sequence[dict[str, Any]]) -> str:
    parts = ", ".join(f"{count_text(one['letters'])} {one['reason']} of {one['source']}" for one in letters[:3])
    return f"Bar chart of dead letters by source and reason. The most: {parts}."


def _coverage_told(fallen: Sequence[dict[str, Any]]) -> str:
    parts = ", ".join(
        f"{one['field']} of {one['source']} from {one['share_before']:.0%} to {one['share_now']:.0%}"
        for one in fallen[:3]
    )
    return f"Line charts of {plural(len(fallen), 'field')} that fell: {parts}{' and more' if len(fallen) > 3 else ''}."


def _costs_told(costs: Sequence[dict[str, Any]]) -> str:
    parts = ", ".join(f"{one['source']} {seconds_text(one['fetch_secs'])}" for one in costs[:3])
    return f"Bar chart of fetching time by source. The longest: {parts}."


def _render(**context: Any) -> str:
    folder = importlib.resources.files("pipelines.report").joinpath("templates")
    style = folder.joinpath("style.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipelines.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS, newest_rows=partial(newest_rows, context["places"], most=ROWS))
    return environment.get_template("page.html").render(style=Markup(style), style_digest=digest, **context)
