"""Checks how a source says that it gets its session."""

from collections.abc import Iterator
from pathlib import Path

from scrapers.hosts import host_of
from scrapers.source_files.mistakes import Finding, YamlPath, shown
from scrapers.source_files.subject import Subject
from scrapers.source_files.template import fill_secrets, placeholders

__all__ = ["check_session"]

_EXPECTED = "expected ${secret.NAME}, or the absolute path of a file that is not in the folder of the sources"


def check_session(subject: Subject) -> Iterator[Finding]:
    """Every rule of `session` that cannot hold."""
    session = subject.source.session
    if session is None:
        return
    if session.storage_state is None and session.login is None:
        yield Finding(("session",), "expected `storage_state`, `login`, or both", of_absence=True)
    if session.storage_state is not None:
        yield from _saved(("session", "storage_state"), session.storage_state, subject.folder)
    if session.login is not None:
        url = fill_secrets(session.login.url, lambda _name: "x")
        if not url.startswith(("http://", "https://")) or not host_of(url):
            yield Finding(("session", "login", "url"), f"{shown(session.login.url)}: expected a URL with http or https")
    if session.check is not None and session.check.css is None and session.check.gone is None:
        yield Finding(("session", "check"), "expected `css`, `gone`, or both", of_absence=True)


def _saved(path: YamlPath, rule: str, folder: Path) -> Iterator[Finding]:
    """What is written is not shown where it may be the state itself."""
    if placeholders(rule):
        return
    if rule.lstrip().startswith(("{", "[")):
        yield Finding(path, f"cookies stand in the source file itself: {_EXPECTED}")
    elif not rule.startswith(("/", "~")):
        yield Finding(path, f"{shown(rule)}: {_EXPECTED}")
    elif Path(rule).is_relative_to(folder.absolute()):
        yield Finding(path, f"{shown(rule)} lies in the folder of the sources: {_EXPECTED}")
