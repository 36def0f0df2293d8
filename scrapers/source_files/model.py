"""The source file, key by key. This is the one place where a key exists: loading, checking, editor completion and docs come from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "CarryFailure", "Checks", "FetchRules", "FieldRule", "Follow", "Items", "LinkRule", "NextRule", "PageType", "Politeness",
    "RequestRule", "Schedule", "Seeds", "Selector", "Source", "StatusPolicy", "TableItems",
]  # fmt: skip

StatusPolicy = Literal["parse", "drop", "dead", "retry", "blocked"]
CarryFailure = Literal["dead", "emit"]
From = Literal["item", "page", "url", "params", "headers", "script", "comments", "xhr"]
FieldType = Literal[
    "string", "integer", "float", "numeric", "boolean", "date", "time", "datetime", "timestamp", "bytes", "json"
]


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_one_or_many)]


class Keys(BaseModel):
    """A mapping of the file: unknown keys are mistakes, values are not guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=False)


class Selector(Keys):
    """One way to a value. The kind of the item decides: HTML takes css and xpath, JSON takes jmes."""

    css: str | None = Field(
        None, description="CSS selector, relative to the item; ends in ::text or ::attr(name) as in parsel."
    )
    xpath: str | None = Field(None, description="XPath 1.0, relative to the item.")
    jmes: str | None = Field(
        None, description="JMESPath into a JSON item, or into what jsonld, microdata or script gave."
    )
    jsonld: Names | None = Field(None, description="schema.org types: the page's JSON-LD objects of one of them.")
    microdata: Names | None = Field(None, description="schema.org types: the page's microdata items of one of them.")
    opengraph: str | None = Field(None, description="an Open Graph property, e.g. og:title.")
    column: str | None = Field(None, description="a column of a table item, stacked headers joined by ' / '.")
    re: str | None = Field(
        None, description="a regular expression applied after the selector: its first group, or the whole match."
    )
    const: Any = Field(None, description="this value, whatever the page says.")
    from_: From | None = Field(
        None, alias="from", description="takes the selector's input from elsewhere than the item."
    )
    html: bool = Field(False, description="the element's inner HTML instead of its text.")


class FieldRule(Selector):
    """A field: one selector or a chain of them, then its type and rules."""

    any_: list[Selector] | None = Field(
        None, alias="any", description="fallback chain: the first that gives a value counts."
    )
    template: str | None = Field(
        None, description="a text with ${item.x}, ${params.x}; fields named in it must be declared before."
    )
    type: FieldType = "string"
    required: bool = False
    list_: bool = Field(False, alias="list", description="every match instead of the first.")
    fields: dict[str, FieldRule] | None = Field(
        None, description="a nested record: its fields, relative to what the selector gave."
    )
    map_: dict[str, Any] | None = Field(
        None, alias="map", description="texts (quoted) and what they mean; a text not named stays as it is."
    )
    convert: Any = Field(
        None,
        description="datetime, date, duration, price, currency, number, url, text, or module.function; with options as a mapping, "
        "e.g. {datetime: {zone: America/New_York, format: '%I:%M%p'}}; a list applies several in turn.",
    )
    default: Any = Field(None, description="the value when nothing was found.")
    min: Any = None
    max: Any = None
    pattern: str | None = None
    enum: list[Any] | None = None
    personal: Literal["keep", "hash", "drop"] | None = None
    description: str = ""


class TableItems(Keys):
    """`items: {table: {css: "table#totals"}}`: rows of an HTML table."""

    css: str | None = None
    xpath: str | None = None


class Items(Keys):
    """What on a page is one item."""

    css: str | None = None
    xpath: str | None = None
    jmes: str | None = None
    jsonld: Names | None = None
    microdata: Names | None = None
    table: TableItems | None = None
    in_: Literal["page", "comments"] = Field(
        "page", alias="in", description="where to look: `comments` also reads HTML comments."
    )
    where: Selector | None = Field(None, description="only items for which this selector gives something.")
    from_: From | None = Field(None, alias="from")


class LinkRule(Keys):
    """`follow: {links: ...}`: all links inside an element whose URL is allowed."""

    within: Selector | None = None
    allow: Names = Field(default_factory=list, description="regular expressions; a link must match one (none: all).")
    deny: Names = Field(default_factory=list)


class Follow(Keys):
    """Requests that each item (or the page) leads to."""

    to: str | None = Field(None, description="the page type that parses the answer; default: this one.")
    url: Selector | str | None = Field(None, description="a selector or a template with ${item.x}.")
    links: LinkRule | None = None
    carry: Literal["item"] | None = Field(
        None, description="the item goes along and is written when its last page has been parsed."
    )
    max_depth: int | None = Field(None, ge=1)


class Cursor(Keys):
    jmes: str | None = None
    css: str | None = None


class PageNumber(Keys):
    param: str = "page"
    from_: int = Field(1, alias="from")
    step: int = 1


class NextRule(Keys):
    """How a listing goes on: a link, a counted parameter, a cursor, or load-more steps."""

    css: str | None = None
    xpath: str | None = None
    jmes: str | None = None
    page: PageNumber | None = None
    cursor: Cursor | None = None
    param: str | None = Field(None, description="the query parameter (or JSON body key) that takes the cursor.")
    max_pages: int = Field(1000, ge=1, description="pages in one listing, the seed included; reaching it is reported.")


class RequestRule(Keys):
    """What is sent. `${secret.x}`, `${params.x}`, `${item.x}` and `${cursor}` are filled in."""

    method: Literal["GET", "POST", "PUT", "HEAD", "DELETE", "PATCH"] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    cookies: dict[str, str] = Field(default_factory=dict)
    query: dict[str, Any] = Field(default_factory=dict)
    json_: Any = Field(None, alias="json")
    form: dict[str, Any] | None = None
    body: str | None = None


class FetchRules(Keys):
    """How a page is fetched, and within which limits."""

    mode: Literal["http", "browser", "auto"] = "http"
    ready: Selector | None = None
    timeout_secs: float = Field(30, gt=0, le=3600, description="for one attempt, from connecting to the last byte.")
    max_bytes: int = Field(50_000_000, ge=1024, description="of a body, before and after decompression.")
    max_redirects: int = Field(10, ge=0, le=50)
    retries: int = Field(2, ge=0, le=10, description="after the first attempt; transient errors only.")
    max_age_secs: float = Field(300, gt=0, description="no retry is started when the request is older than this.")
    charset: str | None = Field(None, description="overrides what the page says of its own encoding.")
    response: Literal["html", "json", "xml", "text"] | None = Field(None, description="overrides the content type.")
    content_types: Names | None = Field(None, description="anything else is a letter bad_content.")
    steps: list[Any] | None = None
    xhr: Any = None


class PageType(Keys):
    """One kind of page of a source."""

    table: str | None = None
    key: Names | None = None
    fetch: FetchRules | None = None
    request: RequestRule | None = None
    items: Items | None = None
    fields: dict[str, FieldRule] = Field(default_factory=dict)
    next: NextRule | None = None
    follow: Follow | list[Follow] | None = None
    if_failed: CarryFailure = Field("dead", description="emit: a carried item is written although this page failed.")
    empty: Literal["ok", "dead"] = Field("dead", description="ok: a page without items is no failure.")
    hooks: Hooks | None = None


class Hooks(Keys):
    item: str | None = Field(
        None, description="module.function beside the source file: item -> item, or None to drop it."
    )


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
        description="lists, ranges (`1..50`, `A..Z`), dates ({dates: '-7 days..today', zone: UTC, format: '%Y-%m-%d'}); all combinations.",
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


class Markers(Keys):
    """More texts or selectors that give a block page or a login wall away."""

    blocked: list[Selector | str] = Field(default_factory=list)
    login: list[Selector | str] = Field(default_factory=list)
    none: bool = Field(False, description="switches the built-in markers off.")


class Source(Keys):
    """One source file."""

    source: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")
    table: str | None = None
    description: str = ""
    key: Names | None = None
    extends: str | None = None
    seeds: Seeds | None = None
    schedule: Schedule | None = None
    politeness: Politeness = Field(default_factory=Politeness)
    limits: Limits = Field(default_factory=Limits)
    status: dict[str, StatusPolicy] = Field(
        default_factory=dict, description="status or class (`404`, `5xx`) -> what to do."
    )
    user_agent: str | None = None
    contact: str | None = None
    resolve: list[str] = Field(
        default_factory=list, description="HOST:PORT:ADDR[:PORT], as curl's --resolve: maps and admits."
    )
    allow_hosts: list[str] | None = None
    output: str | None = None
    empty: Literal["ok", "dead"] = "dead"
    markers: Markers = Field(default_factory=Markers)
    fetch: FetchRules | None = None
    request: RequestRule | None = None
    items: Items | None = None
    fields: dict[str, FieldRule] = Field(default_factory=dict)
    next: NextRule | None = None
    follow: Follow | list[Follow] | None = None
    if_failed: CarryFailure = "dead"
    hooks: Hooks | None = None
    pages: dict[str, PageType] | None = None
    checks: Checks = Field(default_factory=Checks)
    unknown_fields: Literal["refuse", "keep"] = "refuse"
    session: Any = None
    proxy: Any = None
    incremental: Any = None
    files: Any = None
    secrets: Any = Field(
        None, description="where ${secret.x} comes from: `env` (SCRAPELINE_SECRET_X) or a file outside the repository."
    )

    def page_types(self) -> dict[str, PageType]:
        """Every page type by name; a source without `pages` is one type named ''. The first is that of the seeds.

        What a type leaves open (table, key, fetch, request) is the source's own; a type without fields has no table.
        """
        if self.pages is None:
            own = {name: getattr(self, name) for name in PageType.model_fields}
            return {"": self._inherit(PageType().model_copy(update=own))}
        return {name: self._inherit(page) for name, page in self.pages.items()}

    def _inherit(self, page: PageType) -> PageType:
        inherited = {
            "table": page.table or (self.table if page.fields else None),
            "key": page.key or self.key,
            "fetch": page.fetch or self.fetch or FetchRules(),
            "request": page.request or self.request,
            "hooks": page.hooks or self.hooks,
            "empty": page.empty if "empty" in page.model_fields_set else self.empty,
        }
        return page.model_copy(update=inherited)


FieldRule.model_rebuild()
PageType.model_rebuild()
Source.model_rebuild()
