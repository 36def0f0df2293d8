"""Checks what a source says to a browser: steps, readiness, sessions, and that pages which need one have one."""

import functools
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from pydantic import BaseModel

from scrapers.extraction.css_query import parse_css
from scrapers.source_files.check_templates import Known, known_in_request, template_findings
from scrapers.source_files.mistakes import Finding, YamlPath
from scrapers.source_files.model import PageType
from scrapers.source_files.model_browser import ACTIONS, Ready, Scroll, Select, SessionCheck, Step, Wait
from scrapers.source_files.model_pages import FetchRules
from scrapers.source_files.subject import Subject

__all__ = ["check_browser", "check_rendering"]

_NEED_A_BROWSER = ("ready", "steps", "xhr", "layout", "block", "block_urls", "viewport")
_MODE = "needs a browser: `fetch: {mode: browser}`, or auto"
_CSS = ("css", "gone", "items", "within")
_BY_PLAYWRIGHT = re.compile(r""":(?:visible|(?:has-text|text|text-is|text-matches)\((?:"[^"]*"|'[^']*'|[^()"']*)\))""")
_NOTHING: dict[type[BaseModel], tuple[str, ...]] = {
    Ready: ("css", "xpath", "gone", "js", "still_ms"),
    Wait: ("css", "gone", "js", "secs"),
}


def check_browser(subject: Subject) -> Iterator[Finding]:
    """Everything said to a browser that cannot hold."""
    source = subject.source
    rendered = {name for name, page in subject.pages.items() if page.fetch and page.fetch.mode != "http"}
    yield from check_rendering(("fetch",), source.fetch)
    if not rendered and source.fetch is not None:
        yield from _without_browser(subject, ("fetch",), source.fetch)
    for name, page in (source.pages or {}).items():
        path = ("pages", name, "fetch")
        yield from check_rendering(path, page.fetch)
        if name not in rendered and page.fetch is not None:
            yield from _without_browser(subject, path, page.fetch)
    for name, page in subject.pages.items():
        yield from _steps_of_page(subject, name, page)
    yield from _fetched(subject, rendered)
    yield from _login(subject)


def check_rendering(path: YamlPath, rules: FetchRules | None) -> Iterator[Finding]:
    """What is wrong with rules for a browser by themselves, wherever they are inherited."""
    if rules is None:
        return
    yield from _selectors(path, rules)
    for number, step in enumerate(rules.steps or ()):
        yield from _one_action((*path, "steps", number), step)
    if not all(50 <= pixels <= 10_000 for pixels in rules.viewport):
        yield Finding((*path, "viewport"), "expected a width and a height from 50 to 10000, e.g. [1280, 800]")
    moving = [action for step in rules.steps or () for action in step.actions if action != "wait"]
    if rules.layout is False and moving:
        message = f"without a layout there is nothing to {moving[0]}: leave `layout` out, or the step"
        yield Finding((*path, "layout"), message)


def _without_browser(subject: Subject, path: YamlPath, rules: FetchRules) -> Iterator[Finding]:
    for key in _NEED_A_BROWSER:
        if key in rules.model_fields_set and (*path, key) not in subject.shared:
            yield Finding((*path, key), f"`{key}` {_MODE}")


def _one_action(path: YamlPath, step: Step) -> Iterator[Finding]:
    given = step.actions
    if len(given) != 1:
        has = f"has {' and '.join(given)}" if given else "does nothing"
        yield Finding(path, f"{has}: expected exactly one of {', '.join(ACTIONS)}", of_absence=not given)
    if step.select is not None and (step.select.value is None) == (step.select.label is None):
        yield Finding((*path, "select"), "expected either `value` or `label`: which option is chosen")


def _selectors(path: YamlPath, value: Any) -> Iterator[Finding]:
    """Every selector that a browser cannot read, and every mapping that asks for nothing."""
    if isinstance(value, list):
        for number, part in enumerate(value):
            yield from _selectors((*path, number), part)
    if not isinstance(value, BaseModel):
        return
    names = _NOTHING.get(type(value), ())
    if names and all(getattr(value, name) is None for name in names):
        yield Finding(path, f"asks for nothing: expected {', '.join(names[:-1])} or {names[-1]}", of_absence=True)
    for key in value.model_fields_set:
        inner = getattr(value, key)
        if isinstance(inner, str):
            problem = _problem(key, inner, by_playwright=_is_clicked(value, key))
            if problem:
                yield Finding((*path, key), problem)
        yield from _selectors((*path, key), inner)


def _is_clicked(value: BaseModel, key: str) -> bool:
    """Whether Playwright looks for the element, which knows more of CSS than the page's own search."""
    return key in ("css", "gone") and not isinstance(value, Ready | SessionCheck | Scroll)


@functools.lru_cache(8192)
def _problem(key: str, text: str, *, by_playwright: bool) -> str:
    if key == "xpath":
        try:
            etree.XPath(text)
        except etree.XPathError as error:
            return f"`{text}` is not XPath 1.0: {error}"
    if key not in _CSS:
        return ""
    if "${" in text:
        return "placeholders are filled in what is typed or selected (`value`), not in selectors"
    if "::" in text:
        return f"`{text}`: expected elements: ::text and ::attr(name) have no place here"
    if not by_playwright and _BY_PLAYWRIGHT.search(text):
        return f"`{text}`: expected plain CSS; what an element says is asked of by click, fill, select, press and wait"
    try:
        parse_css(_BY_PLAYWRIGHT.sub("", text) or "*")
    except ValueError as error:
        return str(error)
    return ""


def _steps_of_page(subject: Subject, name: str, page: PageType) -> Iterator[Finding]:
    """What steps need of the page type that they are done on: its items' selector, and names for their texts."""
    if page.fetch is None:
        return
    written = (subject.source.pages or {}).get(name)
    own = written is not None and written.fetch is not None and "steps" in written.fetch.model_fields_set
    path = ("pages", name, "fetch", "steps") if own else ("fetch", "steps")
    params = (subject.source.seeds.params or {}) if subject.source.seeds else {}
    for number, step in enumerate(page.fetch.steps or ()):
        yield from _texts((*path, number), step, known_in_request(subject, name, page, params))
        if page.fetch.mode == "auto":
            yield from _more_of_a_list((*path, number), step)
        scroll = step.scroll
        has_css = page.items is not None and page.items.css is not None
        if scroll is not None and scroll.collect == "each_round" and scroll.items is None and not has_css:
            message = (
                "`collect: each_round` needs `items`: CSS of what is collected (the page type has no `items: {css}`)"
            )
            yield Finding((*path, number, "scroll"), message)


def _more_of_a_list(path: YamlPath, step: Step) -> Iterator[Finding]:
    """Steps that `auto` would do without: the part of the list that HTTP has looks like all of it."""
    for action in ("scroll", "load_more"):
        if getattr(step, action) is not None:
            message = f"with `mode: auto` the part of the list before `{action}` would do: expected `mode: browser`"
            yield Finding((*path, action), message)


def _texts(path: YamlPath, step: Step, known: Known) -> Iterator[Finding]:
    """Placeholders: any in what is typed, none that is secret in what is selected."""
    known = {key: names for key, names in known.items() if key != "cursor"}
    if step.fill is not None:
        yield from template_findings((*path, "fill", "value"), step.fill.value, known)
    if isinstance(step.select, Select):
        without_secrets = {key: names for key, names in known.items() if key != "secret"}
        for key in ("value", "label"):
            yield from template_findings((*path, "select", key), getattr(step.select, key) or "", without_secrets)


def _fetched(subject: Subject, rendered: set[str]) -> Iterator[Finding]:
    """`from: xhr` where no browser renders the page, and `xhr` patterns that nothing fetches."""
    for name, page in subject.pages.items():
        place = subject.place(name)
        kinds = [*([page.items] if page.items else []), *((page.items.any_ or []) if page.items else [])]
        ways: list[tuple[YamlPath, Any]] = [((*place, "items"), kind) for kind in kinds]
        ways += [(path, way) for path, way in subject.ways() if path[: len(place) + 1] == (*place, "fields")]
        for path, way in ways:
            if way.from_ == "xhr" and name not in rendered:
                yield Finding((*path, "from"), f"`from: xhr` reads what the page fetches for itself: that {_MODE}")
            if way.xhr is not None and way.from_ != "xhr":
                yield Finding((*path, "xhr"), "`xhr` chooses among the answers of `from: xhr`, which is missing here")


def _login(subject: Subject) -> Iterator[Finding]:
    """The steps of a log-in: they know secrets, and no page's parameters."""
    session = subject.source.session
    if session is None:
        return
    yield from _selectors(("session",), session)
    if session.login is None:
        return
    known: Known = {"secret": None}
    yield from template_findings(("session", "login", "url"), session.login.url, known)
    for number, step in enumerate(session.login.steps):
        path = ("session", "login", "steps", number)
        yield from _one_action(path, step)
        yield from _texts(path, step, known)
