"""The source file, key by key. With the two modules beside it this is the one place where a key exists.

Loading, checking, editor completion and documentation all come from here.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from pydantic import Field

from schemas.retention import DEAD_LETTERS_DAYS, EXECUTIONS_DAYS
from scrapers.source_files.model_browser import Session
from scrapers.source_files.model_fields import (
    Alternative,
    FieldRule,
    FieldType,
    From,
    Items,
    Keys,
    Names,
    Selector,
    TableItems,
)
from scrapers.source_files.model_pages import (
    CarryFailure,
    Cursor,
    FetchRules,
    Follow,
    Hooks,
    LinkRule,
    NextRule,
    PageNumber,
    PageType,
    RequestRule,
)
from scrapers.source_files.model_raw import Raw, RawFormat

__all__ = [
    "Alternative", "CarryFailure", "Checks", "Cursor", "Defaults", "FetchRules", "FieldRule", "FieldType", "Follow",
    "From", "Hooks", "Items", "Keys", "Limits", "LinkRule", "Markers", "Names", "NextRule", "PageNumber", "PageType",
    "Politeness", "Raw", "RawFormat", "RequestRule", "Retention", "Robots", "Schedule", "Seeds", "Selector", "Sitemap",
    "Source", "StatusPolicy", "TableItems",
]  # fmt: skip

_CENTURY_DAYS = 36_500
StatusPolicy = Literal["parse", "drop", "dead", "retry", "blocked"]


class Sitemap(Keys):
    url: str
    allow: Names = Field(default_factory=list)
    deny: Names = Field(default_factory=list)
    since: str | None = Field(None, description="only pages whose lastmod is not older: a date, or `7 days`.")


class Seeds(Keys):
    """Where a source starts. Expanded lazily, in the fetch loop."""

    urls: Names | None = Field(None, description="URLs; with `params`, templates with ${params.x}.")
    params: dict[str, Any] | None = Field(
        None,
        description="lists, ranges (`1..50`, `A..Z`), "
        "dates ({dates: '-7 days..today', zone: UTC, format: '%Y-%m-%d'}); all combinations.",
    )
    file: str | None = Field(None, description="a file of URLs, one a line, relative to the source file.")
    sitemap: Sitemap | str | None = None
    query: str | None = None


class Schedule(Keys):
    cron: str
    timezone: str = "UTC"
    enabled: bool = False


class Robots(Keys):
    ignore: bool = False
    because: str | None = None


class Politeness(Keys):
    delay_secs: float = Field(1.0, ge=0, description="between the starts of two requests to one host.")
    concurrency: int = Field(1, ge=1, le=256, description="requests to one host at once.")
    robots: Robots = Field(default_factory=Robots)
    max_crawl_delay_secs: float = Field(
        60, ge=0, description="robots.txt may ask for more: then this is used and the run is partial."
    )
    max_retry_after_secs: float = Field(300, ge=0)


class Limits(Keys):
    max_pages: int | None = Field(None, ge=1, description="pages an execution; reaching it makes it partial.")
    max_depth: int = Field(20, ge=0)
    max_secs: float | None = Field(None, gt=0)


class Checks(Keys):
    min_rows: int | None = Field(None, ge=0)
    max_dead: float = Field(
        0.05, ge=0, le=1, description="share of letters among items and requests above which an execution failed."
    )
    coverage: dict[str, float] = Field(default_factory=dict, description="field -> least share of rows that have it.")
    compare_since: str | None = Field(
        None, description="a day or moment (UTC): runs before it are no history that a run is compared with."
    )


class Markers(Keys):
    """What else gives a block page or a login wall away: texts, on pages without items; selectors, on every page."""

    blocked: list[Selector | str] = Field(default_factory=list)
    login: list[Selector | str] = Field(default_factory=list)
    none: bool = Field(False, description="switches the built-in markers off.")


class Retention(Keys):
    """How long a warehouse keeps what; files in a folder are kept until `scrapeline retention` is run."""

    rows_days: int | None = Field(
        None,
        ge=1,
        le=_CENTURY_DAYS,
        description="rows are deleted so long after their page was fetched; default: never.",
    )
    dead_letters_days: int = Field(
        DEAD_LETTERS_DAYS, ge=1, le=_CENTURY_DAYS, description="in scrapeline.yaml: dead letters, after they failed."
    )
    executions_days: int = Field(
        EXECUTIONS_DAYS, ge=1, le=_CENTURY_DAYS, description="in scrapeline.yaml: execution log and replays."
    )
    archive_days: int | None = Field(
        None,
        ge=1,
        le=_CENTURY_DAYS,
        description="in scrapeline.yaml: archived pages, by `scrapeline retention`; default: never.",
    )


class Defaults(Keys):
    """`scrapeline.yaml`: what all sources of a folder share. Each source file may say the same keys for itself."""

    politeness: Politeness = Field(default_factory=Politeness)
    limits: Limits = Field(default_factory=Limits)
    status: dict[str, StatusPolicy] = Field(
        default_factory=dict, description="status or class (`404`, `5xx`) -> what to do."
    )
    user_agent: str | None = Field(None, description="names the robot honestly; robots.txt is read for it.")
    contact: str | None = Field(None, description="a URL or e-mail address that the user agent gives to site owners.")
    resolve: list[str] = Field(
        default_factory=list, description="HOST:PORT:ADDR[:PORT], as curl's --resolve: maps and admits."
    )
    allow_hosts: list[str] | None = Field(
        None, description="the only hosts fetched from, `shop.example` or `*.shop.example`; default: any."
    )
    output: str | None = Field(
        None,
        description="where rows, dead letters and execution log go when the command line does not say: a folder, or "
        "`bigquery:PROJECT[.DATASET]`.",
    )
    output_files: str | None = Field(
        None, description="with `output: bigquery:...`: the folder for archive and plans; default: out."
    )
    empty: Literal["ok", "dead"] = Field("dead", description="ok: a page without items is no failure.")
    markers: Markers = Field(default_factory=Markers)
    checks: Checks = Field(default_factory=Checks)
    fetch: FetchRules | None = None
    request: RequestRule | None = None
    unknown_fields: Literal["refuse", "keep"] = "refuse"
    retention: Retention = Field(default_factory=Retention)
    proxy: Names | None = Field(
        None,
        description="`http://USER:${secret.NAME}@HOST:PORT`, or a list of them, taken in turns; `none` for none "
        "although scrapeline.yaml names one.",
    )
    secrets: Any = Field(
        None, description="where ${secret.x} comes from: `env` (SCRAPELINE_SECRET_X) or a file outside the repository."
    )

    def proxies(self) -> list[str]:
        """The proxies that everything goes through, each once; empty for none."""
        return [] if self.proxy in (None, ["none"]) else list(dict.fromkeys(self.proxy or ()))


class Source(Defaults):
    """One source file."""

    source: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$", description="the source's name, as on the command line."
    )
    table: str | None = Field(None, description="dataset.table that the rows go to.")
    description: str = ""
    key: Names | None = Field(None, description="the fields that identify a row; default: the whole row.")
    extends: str | None = Field(None, description="a file to start from: mappings are merged, lists replaced.")
    seeds: Seeds | None = None
    raw: Raw | None = Field(None, description="takes what scrapers elsewhere have left; it then needs no seeds.")
    schedule: Schedule | None = None
    items: Items | None = None
    fields: dict[str, FieldRule] = Field(default_factory=dict)
    next: NextRule | None = None
    follow: Follow | list[Follow] | None = None
    if_failed: CarryFailure = "dead"
    hooks: Hooks | None = None
    pages: dict[str, PageType] | None = Field(None, description="page types by name; seeds are of the first.")
    session: Session | None = Field(None, description="browser: cookies and storage, or how to log in.")
    incremental: Any = Field(None, description="not yet built.")
    files: Any = Field(None, description="not yet built.")

    def page_types(self) -> dict[str, PageType]:
        """Every page type by name; a source without `pages` is one type named ''. The first is that of the seeds.

        What a type leaves open (table, key, fetch, request, hooks, empty) is the source's own; `fetch` and `request`
        are merged key by key. An item carried from type to type is one item of one table; a type without fields, that
        no item is carried to, has none.
        """
        return self.resolved_pages

    @cached_property
    def resolved_pages(self) -> dict[str, PageType]:
        """What `page_types` gives, made once."""
        if self.pages is None:
            own = {name: getattr(self, name) for name in PageType.model_fields}
            pages = {"": PageType().model_copy(update=own)}
        else:
            pages = self.pages
        tables = _table_names(pages, self.table)
        return {name: self._inherit(page, tables[name]) for name, page in pages.items()}

    def __copy__(self) -> Source:
        copied = super().__copy__()
        copied.__dict__.pop("resolved_pages", None)  # a copy may be given other pages
        return copied

    def _inherit(self, page: PageType, table: str | None) -> PageType:
        inherited = {
            "table": table,
            "key": page.key or (self.key if table == self.table else None),
            "fetch": page.fetch.over(self.fetch) if page.fetch else self.fetch or FetchRules(),
            "request": page.request.over(self.request) if page.request else self.request,
            "hooks": page.hooks or self.hooks,
            "empty": page.empty if "empty" in page.model_fields_set else self.empty,
        }
        return page.model_copy(update=inherited)


def _table_names(pages: dict[str, PageType], default: str | None) -> dict[str, str | None]:
    carries = [
        (name, follow.to or name) for name, page in pages.items() for follow in page.follows() if follow.carry == "item"
    ]
    linked = [edge for edge in carries if edge[1] in pages]
    tables = {name: page.table for name, page in pages.items()}
    for _ in pages:  # as often as the longest chain is long
        for giver, taker in linked:
            tables[giver] = tables[giver] or tables[taker]
            tables[taker] = tables[taker] or tables[giver]
    carried = {name for edge in linked for name in edge}
    return {name: tables[name] or (default if page.fields or name in carried else None) for name, page in pages.items()}


Source.model_rebuild()
