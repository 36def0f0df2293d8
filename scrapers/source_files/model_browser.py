"""What a source file says to a browser: when a page is complete, what is done on it, and how one is logged in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from scrapers.source_files.model_fields import Keys

__all__ = [
    "ACTIONS",
    "Click",
    "Fill",
    "LoadMore",
    "Login",
    "OnPage",
    "Press",
    "Ready",
    "Scroll",
    "Select",
    "Session",
    "SessionCheck",
    "Step",
    "Steps",
    "Wait",
]


class OnPage(Keys):
    """A mapping whose selectors the browser reads: plain CSS, without ::text and ::attr(name)."""


class Ready(OnPage):
    """When a page is complete: all that is said here must hold. One that never is, is a letter `not_ready`.

    Without `ready` a page is taken once it has loaded and its elements have not changed for a moment.
    """

    css: str | None = Field(None, description="CSS: there must be such an element.")
    xpath: str | None = Field(None, description="XPath 1.0: there must be such an element.")
    count: int = Field(1, ge=1, description="how many elements `css` or `xpath` must find.")
    gone: str | None = Field(None, description="CSS: there must be no such element (a spinner).")
    js: str | None = Field(None, description="a JavaScript expression that must become true.")
    still_ms: int | None = Field(None, ge=50, le=60_000, description="the elements have not changed for so long.")


class Wait(OnPage):
    css: str | None = Field(None, description="until there is such an element.")
    gone: str | None = Field(None, description="until there is no such element.")
    js: str | None = Field(None, description="until this JavaScript expression is true.")
    secs: float | None = Field(None, gt=0, le=600, description="so long, whatever happens.")


class Click(OnPage):
    css: str


class Fill(OnPage):
    css: str
    value: str = Field(description="a text with ${params.x}, ${item.x}, ${secret.x}.")


class Select(OnPage):
    css: str
    value: str | None = Field(None, description="the option's value; a text with ${params.x}, ${item.x}.")
    label: str | None = Field(None, description="the option's text.")


class Press(OnPage):
    key: str = Field(description="a key's name: Enter, Tab, ArrowDown, ...")
    css: str | None = Field(None, description="the element that gets it; default: the one that has the focus.")


class Scroll(OnPage):
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


class LoadMore(OnPage):
    """Clicks a button until it is gone, or a click brings nothing new."""

    css: str
    items: str | None = Field(None, description="CSS of what is counted; default: the page type's `items: {css}`.")
    max_rounds: int = Field(50, ge=1, le=10_000)
    max_items: int | None = Field(None, ge=1)
    pause_secs: float = Field(5.0, gt=0, le=60, description="how long a click may take to bring something.")


def _short_for(key: str) -> Callable[[Any], Any]:
    """`click: "a.more"` is `click: {css: "a.more"}`; what is no text stays as it is."""
    return lambda value: {key: value} if isinstance(value, str) else value


def _wait(value: Any) -> Any:
    """`wait: 2` is `wait: {secs: 2}`, `wait: .card` is `wait: {css: .card}`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"secs": value}
    return _short_for("css")(value)


class Step(Keys):
    """One thing done on a page: exactly one of the actions."""

    wait: Annotated[Wait | None, BeforeValidator(_wait, json_schema_input_type=Wait | str | float | None)] = None
    click: Annotated[Click | None, BeforeValidator(_short_for("css"), json_schema_input_type=Click | str | None)] = None
    fill: Fill | None = None
    select: Select | None = None
    press: Annotated[Press | None, BeforeValidator(_short_for("key"), json_schema_input_type=Press | str | None)] = None
    scroll: Scroll | None = None
    load_more: Annotated[
        LoadMore | None, BeforeValidator(_short_for("css"), json_schema_input_type=LoadMore | str | None)
    ] = None
    optional: bool = Field(False, description="go on when it fails: a banner that is not always there.")
    timeout_secs: float | None = Field(
        None, gt=0, le=600, description="default: what is left of fetch.timeout_secs; 3 where `optional`."
    )

    @property
    def actions(self) -> list[str]:
        """The names of what it does: one, in a file without mistakes."""
        return [name for name in ACTIONS if getattr(self, name) is not None]


ACTIONS = ("wait", "click", "fill", "select", "press", "scroll", "load_more")


def _scroll(step: Any) -> Any:
    """`- scroll` is scrolling with all of its defaults."""
    return {"scroll": {}} if step == "scroll" else step


Steps = list[Annotated[Step, BeforeValidator(_scroll, json_schema_input_type=Step | Literal["scroll"])]]


class SessionCheck(OnPage):
    """How to see that one is logged in."""

    css: str | None = Field(None, description="CSS: found on every page of a session that is logged in.")
    gone: str | None = Field(None, description="CSS: found on none of them (the log-in form).")


class Login(Keys):
    url: str
    steps: Steps = Field(default_factory=list)
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
