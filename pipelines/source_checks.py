"""Checks of a folder of sources for `scrapeline doctor`: mistakes, who we say we are, hosts, secrets."""

import concurrent.futures
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import ada_url

from pipelines.machine_checks import Finding
from scrapers.fetching.settings import environment_secret
from scrapers.fetching.source_rules import user_agent_of
from scrapers.source_files.load import LoadedSource, SourceFileErrors, load_sources

__all__ = ["check_sources"]

_SECRET = re.compile(r"\$\{secret\.([A-Za-z0-9_]+)\}")
_CONTACT = re.compile(r"https?://[^\s)]+\.|[^\s@(]+@[^\s@]+\.")
_LOOKUP_SECS = 5.0
_MOST_HOSTS = 30


def check_sources(
    folder: Path | None, resolve: tuple[str, ...], secret: Callable[[str], str] = environment_secret
) -> Iterator[Finding]:
    """The findings of one folder; `folder` is None when there is none."""
    if folder is None:
        yield Finding(
            "fail", "sources", "no source files found", "make a first one: scrapeline new URL; or --sources DIR"
        )
        return
    try:
        loaded = load_sources(folder)
    except SourceFileErrors as errors:
        count = len(errors.mistakes)
        yield Finding(
            "fail",
            "sources",
            f"{count} mistake{'s' * (count != 1)} in {folder}",
            "see them all: scrapeline sources check",
        )
        return
    if not loaded:
        yield Finding("fail", "sources", f"no source files in {folder}", "make a first one: scrapeline new URL")
        return
    yield Finding("ok", "sources", f"{len(loaded)} in {folder}, no mistakes")
    yield _check_contact(loaded)
    yield _check_secrets(loaded, secret)
    yield _check_hosts(loaded, resolve)


def _check_contact(loaded: Mapping[str, LoadedSource]) -> Finding:
    """A site's owner must be able to reach whoever fetches: an address or a page in the user agent."""
    without = [name for name, one in loaded.items() if not _CONTACT.search(user_agent_of(one.source))]
    if without:
        remedy = "set `contact: you@your.example` (or a page about your robot) in scrapeline.yaml of the sources folder"
        return Finding("fail", "contact", f"no contact in the user agent of {_some(without)}", remedy)
    agents = {user_agent_of(one.source) for one in loaded.values()}
    return Finding("ok", "contact", "; ".join(sorted(agents)[:2]))


def _check_secrets(loaded: Mapping[str, LoadedSource], secret: Callable[[str], str]) -> Finding:
    wanted = {name for one in loaded.values() for name in _SECRET.findall(one.source.model_dump_json(by_alias=True))}
    missing = [name for name in sorted(wanted) if not _has(secret, name)]
    if missing:
        remedy = "export " + " ".join(f"SCRAPELINE_SECRET_{name.upper()}=..." for name in missing[:3])
        return Finding("fail", "secrets", f"not set: {_some(missing)}", remedy)
    return Finding("ok", "secrets", f"all {len(wanted)} that sources name are set" if wanted else "none needed")


def _has(secret: Callable[[str], str], name: str) -> bool:
    try:
        return bool(secret(name))
    except (KeyError, OSError, ValueError):
        return False


def _check_hosts(loaded: Mapping[str, LoadedSource], resolve: tuple[str, ...]) -> Finding:
    hosts = sorted({host for one in loaded.values() for host in _hosts(one, resolve)})[:_MOST_HOSTS]
    if not hosts:
        return Finding("ok", "dns", "no host to look up")
    pool = concurrent.futures.ThreadPoolExecutor(len(hosts))
    lookups = {host: pool.submit(socket.getaddrinfo, host, 443) for host in hosts}
    concurrent.futures.wait(lookups.values(), timeout=_LOOKUP_SECS)
    pool.shutdown(wait=False, cancel_futures=True)
    lost = [host for host, lookup in lookups.items() if not lookup.done() or lookup.exception() is not None]
    if not lost:
        return Finding("ok", "dns", f"all {len(hosts)} hosts of the seeds are found")
    remedy = "check the names, and this machine's network (getent hosts NAME)"
    return Finding("fail" if len(lost) == len(hosts) else "warn", "dns", f"not found: {_some(lost)}", remedy)


def _hosts(loaded: LoadedSource, resolve: tuple[str, ...]) -> Iterator[str]:
    """Hosts of the seeds that are neither addresses, nor made of parameters, nor mapped by `resolve`."""
    seeds = loaded.source.seeds
    mapped = {entry.partition(":")[0].lower() for entry in (*resolve, *loaded.source.resolve)}
    sitemap = seeds.sitemap if seeds else None
    urls = [
        *((seeds.urls or []) if seeds else []),
        *([sitemap if isinstance(sitemap, str) else sitemap.url] if sitemap else []),
    ]
    for url in urls:
        try:
            parsed = ada_url.URL(url)
        except ValueError:
            continue
        literal = parsed.host_type != ada_url.HostType.DEFAULT
        if not literal and "$" not in parsed.hostname and not {parsed.hostname, "*"} & mapped:
            yield parsed.hostname


def _some(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
