"""What a source file says to a browser: when a page is complete, what is done on it, and how one is logged in."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from scrapers.source_files.model_fields import Keys

__all__ = [
    "Click",
    "Fill",
    "LoadMore",
    "Login",
    "Press",
    "Ready",
    "Scroll",
    "Select",
    "Session",
    "SessionCheck",
    "Step",
    "Wait",
]


class Ready(Keys):
    """When a page is complete: all that is said here must hold. One that never is, is a letter `not_ready`.

    Without `ready` a page is taken once it has loaded and its elements have not changed for a moment.
    """

    css: str | None = Field(None, description="CSS: there must be such an element.")
    xpath: str | None = Field(None, description="XPath 1.0: there must be such an element.")
    count: int = Field(1, ge=1, description="how many elements `css` or `xpath` must find.")
    gone: str | None = Field(None, description="CSS: there must be no such element (a spinner).")
    js: str | None = Field(None, description="a JavaScript expression that must become true.")
    still_ms: int | None = Field(None, ge=50, le=60_000, description="the elements have not changed for so long.")


class Wait(Keys):
    css: str | None = Field(None, description="until there is such an element.")
    gone: str | None = Field(None, description="until there is no such element.")
    js: str | None = Field(None, description="until this JavaScript expression is true.")
    secs: float | None = Field(None, gt=0, le=600, description="so long, whatever happens.")


class Click(Keys):
    css: str


class Fill(Keys):
    css: str
    value: str = Field(description="a text with ${params.x}, ${item.x}, ${secret.x}.")


class Select(Keys):
    css: str
    value: str | None = Field(None, description="the option's value; a text with ${params.x}, ${item.x}.")
    label: str | None = Field(None, description="the option's text.")


class Press(Keys):
    key: str = Field(description="a key's name: Enter, Tab, ArrowDown, ...")
    css: str | None = Field(None, description="the element that gets it; default: the one that has the focus.")


class Scroll(Keys):
    """Scrolls to the end until a round brings nothing new."""

    items: str | None = Field(None, description="CSS of what is counted; default: the page type's `items: {css}`.")
    within: str | None = Field(None, description="CSS of the element that scrolls; default: the page.")
    max_rounds: int = Field(50, ge=1, le=10_000)
    max_items: int | None = Field(None, ge=1, description="enough: stop when there are so many.")
    pause_secs: float = Field(1.0, ge=0, le=60, description="how long a round may bring nothing before it is the last.")
    collect: Literal["at_end", "each_round"] = Field(
        "at_end", description="each_round: items are kept as they are seen, for lists that drop what left the screen."
    )
    key: str | None = Field(
        None, description="each_round: the attribute that tells items apart (data-id); default: their HTML."
    )


class LoadMore(Keys):
    """Clicks a button until it is gone, or a click brings nothing new."""

    css: str
    items: str | None = Field(None, description="CSS of what is counted; default: the page type's `items: {css}`.")
    max_rounds: int = Field(50, ge=1, le=10_000)
    max_items: int | None = Field(None, ge=1)
    pause_secs: float = Field(5.0, gt=0, le=60, description="how long a click may take to bring something.")


class Step(Keys):
    """One thing done on a page: exactly one of the actions."""

    wait: Wait | None = None
    click: Click | None = None
    fill: Fill | None = None
    select: Select | None = None
    press: Press | None = None
    scroll: Scroll | None = None
    load_more: LoadMore | None = None
    optional: bool = Field(False, description="go on when it fails: a banner that is not always there.")
    timeout_secs: float | None = Field(
        None, gt=0, le=600, description="default: what is left of fetch.timeout_secs; 3 where `optional`."
    )


class SessionCheck(Keys):
    """How to see that one is logged in."""

    css: str | None = Field(None, description="CSS: found on every page of a session that is logged in.")
    gone: str | None = Field(None, description="CSS: found on none of them (the log-in form).")


class Login(Keys):
    url: str
    steps: list[Step] = Field(default_factory=list)
    ready: Ready | None = Field(None, description="when the log-in is through.")
    timeout_secs: float = Field(60, gt=0, le=600)


class Session(Keys):
    """Cookies and storage that the pages of a source are fetched with."""

    storage_state: str | None = Field(
        None, description="${secret.NAME}: Playwright's storage state as JSON, or the path of such a file."
    )
    login: Login | None = Field(None, description="how to get a session; done once, by whoever needs it first.")
    check: SessionCheck | None = None
    max_age_secs: float = Field(43_200, gt=0, description="a session that is older is made anew.")


_SHORT: dict[str, tuple[type[Keys], str]] = {
    "click": (Click, "css"), "press": (Press, "key"), "load_more": (LoadMore, "css"),
}  # fmt: skip


def long_form(step: Any) -> Any:
    """A step in full: `click: "a.more"` is `click: {css: "a.more"}`, `wait: 2` is `wait: {secs: 2}`, `scroll` is all
    of its defaults; anything else stays as it is."""
    if isinstance(step, str) and step == "scroll":
        return {"scroll": {}}
    if not isinstance(step, dict):
        return step
    full = dict(step)
    for name, (_, key) in _SHORT.items():
        if isinstance(full.get(name), str):
            full[name] = {key: full[name]}
    wait = full.get("wait")
    if isinstance(wait, str):
        full["wait"] = {"css": wait}
    elif isinstance(wait, int | float) and not isinstance(wait, bool):
        full["wait"] = {"secs": wait}
    if "scroll" in full and full["scroll"] is None:
        full["scroll"] = {}
    return full
