"""The report as one HTML page that asks for nothing: styles and pictures stand in it, scripts there are none."""

import base64
import datetime
import hashlib
import importlib.resources
import shlex
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from markupsafe import Markup

from pipelines.places import DEFAULT_FOLDER, Places
from pipelines.report.attention import concerns, headline
from pipelines.report.drift_pages import drifted
from pipelines.report.failures import failures
from pipelines.report.illustrations import illustrated
from pipelines.report.pictures import Pictures
from pipelines.report.preamble import newest_rows, preamble
from pipelines.report.samples import ROWS, samples
from pipelines.report.scope import Scope
from pipelines.report.tables import Answer, ask, open_tables
from pipelines.report.wording import FILTERS
from pipelines.stores.store import Store
from schemas.version import __version__

__all__ = ["Nothing", "report_page"]

RUNS_SHOWN = 40
_QUERIES = (
    "totals", "sources", "history", "rows_by_source", "letters_by_reason", "coverage", "coverage_over_time", "costs",
    "politeness", "newest_failures", "executions_by_run",
)  # fmt: skip


class Nothing(Exception):
    """There is nothing to report about; the text says what was looked for."""


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
    answers = _answers(connection)
    if not answers["totals"].rows[0]["executions"]:
        raise Nothing(_nothing(str(places), scope))
    sources, where = answers["sources"].rows, _options(places, sources_dir)
    ill, pictures = concerns(sources, where), Pictures(store.archive)
    return _render(
        places=places,
        scope=scope,
        now=now.replace(tzinfo=None),
        headline=headline(len(ill), len(sources)),
        concerns=ill,
        answers=answers,
        charts=illustrated(answers),
        failures=failures(answers["newest_failures"].rows, where, pictures),
        drifted=drifted(sources, store.archive, pictures, partial(_page_types, connection)),
        samples=samples(store, {source["execution_id"] for source in sources}),
        preamble=preamble(places, scope),
    )


def _answers(connection: duckdb.DuckDBPyConnection) -> dict[str, Answer]:
    """Of all queries; many runs are told day by day."""
    answers = {name: ask(connection, name) for name in _QUERIES}
    if len({run["started"] for run in answers["executions_by_run"].rows}) > RUNS_SHOWN:
        answers["executions_by_run"] = ask(connection, "executions_by_day")
    return answers


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
    page = environment.get_template("page.html")
    return page.render(style=Markup(style), style_digest=digest, version=__version__, **context)
