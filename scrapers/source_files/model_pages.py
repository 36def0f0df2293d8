"""Page types of a source file: how one kind of page is requested and fetched, what stands on it and where it leads."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from scrapers.source_files.model_browser import Ready, Steps
from scrapers.source_files.model_fields import FieldRule, Items, Keys, Names, Selector

__all__ = [
    "CarryFailure",
    "Cursor",
    "FetchRules",
    "Follow",
    "Hooks",
    "LinkRule",
    "NextRule",
    "PageNumber",
    "PageType",
    "RequestRule",
]

Blocked = Literal["images", "fonts", "media", "stylesheets"]
CarryFailure = Literal["dead", "emit"]


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

    def over(self, default: RequestRule | None) -> RequestRule:
        """This rule over a default one: headers, cookies and query are merged by name, the payload is one whole."""
        if default is None:
            return self
        payload = {"json_", "form", "body"}
        update: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        for name in ("headers", "cookies", "query"):
            update[name] = getattr(default, name) | getattr(self, name)
        if payload & self.model_fields_set:
            update |= {name: getattr(self, name) for name in payload}
        return default.model_copy(update=update)


class FetchRules(Keys):
    """How a page is fetched, and within which limits."""

    mode: Literal["http", "browser", "auto"] = "http"
    ready: Ready | None = Field(None, description="browser: when the page is complete.")
    timeout_secs: float = Field(30, gt=0, le=3600, description="for one attempt, from connecting to the last byte.")
    max_bytes: int = Field(50_000_000, ge=1024, description="of a body, before and after decompression.")
    max_redirects: int = Field(10, ge=0, le=50)
    retries: int = Field(2, ge=0, le=10, description="after the first attempt; transient errors only.")
    max_age_secs: float = Field(300, gt=0, description="no retry is started when the request is older than this.")
    charset: str | None = Field(None, description="overrides what the page says of its own encoding.")
    response: Literal["html", "json", "xml", "text"] | None = Field(None, description="overrides the content type.")
    content_types: Names | None = Field(None, description="anything else is a letter bad_content.")
    steps: Steps | None = Field(None, description="browser: what is done on the page, in this order, once it is ready.")
    xhr: Names | None = Field(
        None,
        description="browser: URLs of JSON that the page fetches for itself and `from: xhr` reads; `*` stands for "
        "anything, a pattern without a host for any host. Default: all JSON.",
    )
    layout: bool | None = Field(
        None,
        description="browser: false: the page is not laid out (faster; it cannot measure itself). Default: only "
        "where steps need it, and when the page does not become ready without.",
    )
    block: list[Blocked] = Field(default=["images", "fonts", "media"], description="browser: what is not loaded.")
    block_urls: Names = Field(
        default_factory=list, description="browser: URL patterns that are not loaded; `*` is any."
    )
    viewport: Annotated[tuple[int, int], Field(strict=False)] = Field(
        (1280, 800), description="browser: width and height in CSS pixels."
    )

    def over(self, default: FetchRules | None) -> FetchRules:
        """These rules, and the default's where these say nothing."""
        return (
            default.model_copy(update={name: getattr(self, name) for name in self.model_fields_set})
            if default
            else self
        )


class Hooks(Keys):
    item: str | None = Field(
        None, description="module.function beside the source file: item -> item, or None to drop it."
    )


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

    def follows(self) -> list[Follow]:
        """`follow` as a list, whichever way it was written."""
        return [self.follow] if isinstance(self.follow, Follow) else self.follow or []


PageType.model_rebuild()
