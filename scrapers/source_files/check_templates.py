"""Checks that every `${…}` names something that will be known where it stands."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from scrapers.source_files.mistakes import Finding, YamlPath, nearest
from scrapers.source_files.model import FieldRule, PageType, RequestRule
from scrapers.source_files.subject import Subject
from scrapers.source_files.template import parts_of

__all__ = ["Known", "check_templates", "known_in_request", "template_findings", "template_mistakes"]

Known = Mapping[str, Collection[str] | None]
"""First name -> the second names that are known; None for any, an empty first name's absence for none."""


def check_templates(subject: Subject) -> Iterator[Finding]:
    """Every placeholder that cannot be filled."""
    seeds = subject.source.seeds
    params = (seeds.params or {}) if seeds else {}
    if seeds:
        for number, url in enumerate(seeds.urls or []):
            path: YamlPath = ("seeds", "urls", number) if len(seeds.urls or []) > 1 else ("seeds", "urls")
            yield from template_findings(path, url, {"params": params, "secret": None})
        sitemap = seeds.sitemap if isinstance(seeds.sitemap, str) else seeds.sitemap.url if seeds.sitemap else ""
        yield from template_findings(("seeds", "sitemap"), sitemap, {"secret": None})
    yield from _requests(subject, params)
    yield from _login(subject)
    for name, page in subject.pages.items():
        yield from _follow_urls(subject, name, page, params)
        yield from _fields(subject, name, page.fields, (*subject.place(name), "fields"), params)


def _login(subject: Subject) -> Iterator[Finding]:
    """A log-in is made for the whole source: there is neither an item nor a seed's parameter."""
    session = subject.source.session
    if session is None:
        return
    yield from template_findings(("session", "storage_state"), session.storage_state or "", {"secret": None})
    if session.login is None:
        return
    yield from template_findings(("session", "login", "url"), session.login.url, {"secret": None})
    for number, step in enumerate(session.login.steps):
        for action in ("fill", "select"):
            value = getattr(getattr(step, action), "value", None) or ""
            yield from template_findings(
                ("session", "login", "steps", number, action, "value"), value, {"secret": None}
            )


def _requests(subject: Subject, params: Collection[str]) -> Iterator[Finding]:
    own = subject.source.pages or {}
    for name, page in subject.pages.items():
        rule = own[name].request if name in own else None
        place = (*subject.place(name), "request") if rule is not None else ("request",)
        if (rule or page.request) is not None:
            yield from _rule(place, rule or page.request, known_in_request(subject, name, page, params))


def known_in_request(subject: Subject, name: str, page: PageType, params: Collection[str]) -> Known:
    """A request may use the item that led to it, and the cursor that its `next` found."""
    givers = [giver for giver, taker, _, _ in subject.edges() if taker == name]
    fields = set().union(*(subject.item_fields[giver] for giver in givers))
    known: dict[str, Collection[str] | None] = {"params": params, "secret": None}
    if givers:
        known["item"] = None if subject.has_code else fields
    if page.next and (page.next.cursor or page.next.page):
        known["cursor"] = ()
    return known


def _rule(path: YamlPath, rule: RequestRule | None, known: Known) -> Iterator[Finding]:
    if rule is None:
        return
    for key in ("headers", "cookies", "query", "json_", "form", "body"):
        yield from _data((*path, key.rstrip("_")), getattr(rule, key), known)
    payloads = [key for key in ("json_", "form", "body") if getattr(rule, key) is not None]
    if len(payloads) > 1:
        names = " and ".join(key.rstrip("_") for key in payloads)
        yield Finding(path, f"has {names}: a request sends one of json, form and body")


def _data(path: YamlPath, value: Any, known: Known) -> Iterator[Finding]:
    if isinstance(value, str):
        yield from template_findings(path, value, known)
    elif isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _data((*path, key), part, known)


def _follow_urls(subject: Subject, name: str, page: PageType, params: Collection[str]) -> Iterator[Finding]:
    fields = None if subject.has_code else subject.item_fields[name]
    for number, follow in enumerate(page.follows()):
        if isinstance(follow.url, str):
            path = (*subject.place(name), "follow", *((number,) if isinstance(page.follow, list) else ()), "url")
            yield from template_findings(path, follow.url, {"item": fields, "params": params, "secret": None})
            if "${" not in follow.url and "://" not in follow.url and "/" not in follow.url:
                yield Finding(path, f"`{follow.url}` is a template without placeholders", f"{{css: {follow.url!r}}}")


def _fields(
    subject: Subject, name: str, fields: Mapping[str, FieldRule], path: YamlPath, params: Collection[str]
) -> Iterator[Finding]:
    """A field's template may use the fields above it and those that were carried here."""
    known = set(subject.item_fields[name]) - set(subject.pages[name].fields)
    for field, rule in fields.items():
        members = enumerate(rule.any_ or ())
        templates = [((), rule.template), *((("any", number), member.template) for number, member in members)]
        for place, template in templates:
            for finding in template_findings(
                (*path, field, *place, "template"), template or "", {"item": known, "params": params}
            ):
                later = any(f"item.{other}" in str(template) for other in fields if other not in known)
                hint = "; a field must stand above the template that uses it" if later else ""
                yield finding._replace(message=finding.message + hint)
        known.add(field)


def template_mistakes(text: str, params: Collection[str]) -> list[Finding]:
    """What is wrong with the placeholders of a seed's URL."""
    return list(template_findings((), text, {"params": params, "secret": None}))


def template_findings(path: YamlPath, text: str, known: Known) -> Iterator[Finding]:
    """What is wrong with the placeholders of a text."""
    for part in parts_of(text) if "${" in text else ():
        if isinstance(part, tuple):
            yield from _placeholder(path, part, known)
        elif part != "${" and "${" in part:
            yield Finding(path, f"a `${{` is not closed in {text!r}; a literal one is written `$${{`")


def _placeholder(path: YamlPath, name: tuple[str, ...], known: Known) -> Iterator[Finding]:
    written = f"${{{'.'.join(name)}}}"
    if name[0] not in known:
        reasons = {
            "item": "there is no item here",
            "cursor": "there is no cursor here",
            "secret": "a secret cannot stand here",
        }
        reason = reasons.get(name[0], f"unknown; known here: {', '.join(known)}")
        meant = nearest(name[0], known) or next((root for root in known if name[0] in (known[root] or ())), "")
        meant = (
            f"${{{'.'.join([meant, *(name if name[0] in (known.get(meant) or ()) else name[1:])])}}}" if meant else ""
        )
        yield Finding(path, f"{written}: {reason}", meant)
        return
    inner = known[name[0]]
    if name[0] == "cursor":
        return
    if len(name) < 2 or not all(name):
        yield Finding(path, f"{written}: expected a name after `{name[0]}.`")
    elif inner is not None and name[1] not in inner:
        near = nearest(name[1], inner)
        place = "seeds.params" if name[0] == "params" else "the item"
        listed = "" if near else f"; there is {', '.join(sorted(inner)) or 'none'}"
        yield Finding(path, f"{written}: {place} has no `{name[1]}`{listed}", f"${{{name[0]}.{near}}}" if near else "")
