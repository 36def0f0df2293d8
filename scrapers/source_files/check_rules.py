"""Checks the rules around fetching: status codes, robots, schedules, addresses; and what is not yet built."""

import datetime
import ipaddress
import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from croniter import croniter

from scrapers.source_files.check_browser import check_rendering
from scrapers.source_files.check_templates import template_findings
from scrapers.source_files.mistakes import Finding, YamlPath, nearest, shown
from scrapers.source_files.model import Defaults, Source
from scrapers.source_files.proxy_address import parse_proxy
from scrapers.source_files.subject import Subject

__all__ = ["check_defaults", "check_rules"]

_STATUS = re.compile(r"[1-5](\d\d|xx)")
_HOST = re.compile(r"(\*\.)?[\w-]+(\.[\w-]+)*|\[?[0-9a-fA-F:]+\]?")
_NOT_YET = ("incremental", "files")


def check_rules(subject: Subject) -> Iterator[Finding]:
    """Every rule of a source that cannot hold."""
    source = subject.source
    yield from check_defaults(source)
    yield from _schedule(source)
    yield from _retention(subject)
    for name in _NOT_YET:
        if getattr(source, name) is not None:
            yield _not_yet((name,), f"`{name}`")
    if source.seeds and source.seeds.query is not None:
        yield _not_yet(("seeds", "query"), "`query`")


def check_defaults(source: Defaults) -> Iterator[Finding]:
    """Every rule that a source shares with `scrapeline.yaml` and that cannot hold."""
    yield from _status(source)
    robots = source.politeness.robots
    if robots.ignore and not (robots.because or "").strip():
        message = "`ignore: true` needs its reason: expected `because: ...`"
        yield Finding(("politeness", "robots"), message, of_absence=True)

    for number, entry in enumerate(source.resolve):
        if not _is_resolve(entry):
            yield Finding(
                ("resolve", number), f"{shown(entry)}: expected HOST:PORT:ADDRESS, e.g. shop.example:80:127.0.0.1:8080"
            )
    for number, host in enumerate(source.allow_hosts or []):
        if not _HOST.fullmatch(host):
            yield Finding(
                ("allow_hosts", number), f"{shown(host)}: expected a host, `shop.example` or `*.shop.example`"
            )
    if not isinstance(source, Source):
        yield from check_rendering(("fetch",), source.fetch)
    yield from _proxies(source)


def _retention(subject: Subject) -> Iterator[Finding]:
    """The logs are those of all sources."""
    for name in ("dead_letters_days", "executions_days", "archive_days"):
        path = ("retention", name)
        if name in subject.source.retention.model_fields_set and path not in subject.shared:
            yield Finding(path, "is for all sources: expected in scrapeline.yaml")


def _not_yet(path: YamlPath, what: str) -> Finding:
    return Finding(path, f"{what} is not yet built")


def _proxies(source: Defaults) -> Iterator[Finding]:
    many = len(source.proxy or ()) > 1
    if source.proxy == []:
        yield Finding(("proxy",), "an empty list: expected `none`, or a proxy")
    for number, text in enumerate(source.proxy or ()):
        path: YamlPath = ("proxy", number) if many else ("proxy",)
        if text == "none" and not many:
            continue
        try:
            parse_proxy(text)
        except ValueError as error:
            yield Finding(path, str(error))
        else:
            yield from template_findings(path, text, {"secret": None})


def _status(source: Defaults) -> Iterator[Finding]:
    for status in source.status:
        if not _STATUS.fullmatch(status):
            yield Finding(("status", status), f"`{status}`: expected a status such as 404, or a class such as 4xx")


def _schedule(source: Source) -> Iterator[Finding]:
    schedule = source.schedule
    if schedule is None:
        return
    if not _is_cron(schedule.cron):
        message = f"{shown(schedule.cron)}: expected five fields (minute hour day month weekday), e.g. `0 2 * * SUN`"
        yield Finding(("schedule", "cron"), message)
    try:
        ZoneInfo(schedule.timezone)
    except (KeyError, ValueError, OSError):
        near = nearest(schedule.timezone, available_timezones())
        message = f"{shown(schedule.timezone)} is no time zone: expected a name such as America/New_York"
        yield Finding(("schedule", "timezone"), message, near)


def _is_cron(text: str) -> bool:
    """Whether it is a cron expression of five fields that has a next time."""
    try:
        return len(text.split()) == 5 and bool(croniter(text, datetime.datetime.now(datetime.UTC)).get_next())
    except (ValueError, KeyError, AttributeError, TypeError):
        return False


def _is_resolve(entry: str) -> bool:
    host, _, rest = entry.partition(":")
    port, _, address = rest.partition(":")
    if address.startswith("["):
        bare, _, last = address[1:].partition("]")
        last = last.removeprefix(":")
    else:
        bare, _, last = address.partition(":") if address.count(":") < 2 else (address, "", "")
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return bool(host) and all(_is_port(part) for part in (port, last or "1"))


def _is_port(text: Any) -> bool:
    return text.isdecimal() and 0 < int(text) < 65536
