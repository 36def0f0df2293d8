"""Checks that a source's seeds can be made: URLs, parameters, files, sitemaps."""

import re
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from scrapers.source_files.check_templates import template_mistakes
from scrapers.source_files.mistakes import Finding, Mistake, YamlPath, nearest, shown
from scrapers.source_files.model import PageType, Seeds
from scrapers.source_files.request_rules import texts_of
from scrapers.source_files.seed_params import ParamError, values_of
from scrapers.source_files.seed_plan import AUTHORITY
from scrapers.source_files.seeds import bad_lines
from scrapers.source_files.subject import Subject
from scrapers.source_files.template import placeholders
from scrapers.source_files.url_credentials import SEND_A_HEADER, has_password

__all__ = ["check_seed_lines", "check_seeds"]

_STARTS = re.compile(r"(?i)https?://[^/\s]|\$\{")
_SINCE = re.compile(r"\d+\s*days?|\d{4}-\d\d-\d\d")
_HOST_LIKE = re.compile(r"[\w.-]+\.[a-z]{2,}(/|$)")


def check_seeds(subject: Subject) -> Iterator[Finding]:
    """Every seed that could never become a request."""
    seeds = subject.source.seeds
    if seeds is None:
        return
    if not (seeds.urls or seeds.file or seeds.sitemap or seeds.query):
        yield Finding(("seeds",), "says nothing of where to start: expected urls, file or sitemap")
    for number, url in enumerate(seeds.urls or []):
        path: YamlPath = ("seeds", "urls", number) if len(seeds.urls or []) > 1 else ("seeds", "urls")
        yield from _url(path, url)
    yield from _file(subject, seeds.file, ("seeds", "file"))
    yield from _sitemap(seeds)
    yield from _params(subject, seeds)


def _url(path: YamlPath, url: str) -> Iterator[Finding]:
    if not _STARTS.match(url):
        meant = f"https://{url}" if _HOST_LIKE.match(url) else ""
        yield Finding(path, f"{shown(url)}: expected a URL with http:// or https://", meant)
    elif any(name.startswith("secret.") for name in placeholders((AUTHORITY.match(url) or [""])[0])):
        yield Finding(path, "a secret cannot be part of a host name")
    elif has_password(url):
        yield Finding(path, SEND_A_HEADER)


def _file(subject: Subject, name: Any, path: YamlPath) -> Iterator[Finding]:
    if name is None:
        return
    file = subject.path.parent / str(name)
    if not file.resolve().is_relative_to(subject.folder.resolve()):
        yield Finding(path, f"`{name}` leads out of the folder of sources: workers get that folder and nothing else")
    elif not file.is_file():
        near = nearest(str(name), (one.name for one in subject.path.parent.iterdir()))
        yield Finding(path, f"there is no file `{name}` beside {subject.path.name}", near)


def check_seed_lines(subject: Subject) -> list[Mistake]:
    """The first lines of the seed file that are no URLs; a run looks at all of them."""
    seeds = subject.source.seeds
    if seeds is None or seeds.file is None or not (subject.path.parent / seeds.file).is_file():
        return []
    return list(islice(bad_lines(subject.path.parent / seeds.file, seeds.file, most_lines=10_000), 10))


def _sitemap(seeds: Seeds) -> Iterator[Finding]:
    sitemap = seeds.sitemap
    if sitemap is None:
        return
    url = sitemap if isinstance(sitemap, str) else sitemap.url
    yield from _url(("seeds", "sitemap") if isinstance(sitemap, str) else ("seeds", "sitemap", "url"), url)
    if not isinstance(sitemap, str) and sitemap.since is not None and not _SINCE.fullmatch(sitemap.since.strip()):
        yield Finding(
            ("seeds", "sitemap", "since"), f"{shown(sitemap.since)}: expected a date (2026-01-31) or `7 days`"
        )


def _params(subject: Subject, seeds: Seeds) -> Iterator[Finding]:
    used, sent = _used(subject, seeds)
    for name, rule in (seeds.params or {}).items():
        path = ("seeds", "params", name)
        if isinstance(rule, dict) and "file" in rule:
            yield from (missing := list(_file(subject, rule["file"], (*path, "file"))))
            if missing:
                continue
        try:
            values = values_of(rule, Path(subject.path.parent), time.time()) if rule is not None else [None]
        except ParamError as error:
            yield Finding(path, f"{shown(rule)}: {error}")
            continue
        if not values:
            yield Finding(path, f"{shown(rule)}: has no values")
        elif any(template_mistakes(url, seeds.params or {}) for url in seeds.urls or []):
            continue  # what was meant to use it is mistaken itself
        elif name not in used and not subject.has_code:
            yield Finding(path, f"is used nowhere: expected `${{params.{name}}}` in `seeds.urls` or in the request")
        elif len(values) > 1 and name not in sent:
            yield Finding(path, "is in no URL, query or body: all its values would make the same request")


def _used(subject: Subject, seeds: Seeds) -> tuple[set[str], set[str]]:
    """The parameters that are used at all, and those that make requests differ."""
    first = next(iter(subject.pages.values()), PageType())
    sent = {name for url in seeds.urls or [] for name in placeholders(url)}
    if first.request is not None:
        bare = first.request.model_copy(update={"headers": {}, "cookies": {}})
        sent |= {name for text in texts_of(bare) for name in placeholders(text)}
    used = set(sent)
    for page in subject.pages.values():
        texts = texts_of(page.request) if page.request else []
        texts += [follow.url for follow in page.follows() if isinstance(follow.url, str)]
        used |= {name for text in texts for name in placeholders(text)}
    for _, _, rule in subject.fields():
        used |= set(placeholders(rule.template or ""))
        if rule.from_ == "params" and seeds.params:
            named = rule.jmes.partition(".")[0] if rule.jmes else ""
            used |= {f"params.{named}"} if named in seeds.params else {f"params.{name}" for name in seeds.params}
    return {name.removeprefix("params.") for name in used}, {name.removeprefix("params.") for name in sent}
