"""The sources as they are at one moment, and the one fetcher that works for them: until the folder changes."""

import dataclasses
import functools
import logging
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.cannot_prepare import CannotPrepare
from pipelines.places import Places
from pipelines.plans import logs_in, types_with_mode
from pipelines.progress import Progress
from pipelines.sources_bundle import git_commit, write_bundle
from pipelines.streaming.routes import Routes
from pipelines.streaming.source_mistakes import said_of
from schemas.fetch_modes import Mode
from schemas.page import Page
from schemas.reading import Reading
from schemas.request import Request
from scrapers.archive.ledger import Ledger
from scrapers.archive.redaction import Redactor
from scrapers.browsing.executable import BrowserMissing, find_browser
from scrapers.browsing.settings import BrowserSettings
from scrapers.extraction.scraper import load_scraper, reader
from scrapers.extraction.skeleton import Sampling
from scrapers.fetching.attempt_notes import AttemptNotes
from scrapers.fetching.fetcher import Fetcher
from scrapers.fetching.settings import FetchSettings, environment_secret
from scrapers.fetching.shared_hosts import HostLocks
from scrapers.source_files.bundle import pack_sources, unpack_sources
from scrapers.source_files.load import LoadedSource, SourceFileErrors, SourceSet, load_sources
from scrapers.source_files.source_names import declared_names, named_files
from transforms.fetch_modes import kept_modes

__all__ = ["Generation", "Shared", "fingerprint"]

_LOG = logging.getLogger(__name__)

Fingerprint = frozenset[tuple[str, int, int]]


@dataclasses.dataclass(frozen=True, slots=True)
class Shared:
    """What all generations of a process have in common.

    Attributes:
      cut: whether what is in flight must end now.
      notes: of the requests that this process is at work on.
      host_locks: keep other processes of the machine from the hosts that this one works on; None for none.
      clock: Unix seconds.
    """

    where: Places
    resolve: tuple[str, ...]
    tabs: int
    cut: Callable[[], bool]
    notes: AttemptNotes
    host_locks: HostLocks | None = None
    clock: Callable[[], float] = time.time


class Generation:
    """Loads the sources of a folder, says what is wrong with them, and opens a fetcher for those that can be used.

    Attributes:
      sources: those that can be used.
      broken: name -> why it cannot be used; one file's mistakes are none of the others' business.
      routes: from scrapers elsewhere to sources.
      ledgers: execution -> what earlier attempts of its run have archived.

    Raises:
      CannotPrepare, BundleRefused, OSError: nothing of the folder can be used.
    """

    def __init__(self, folder: Path, shared: Shared) -> None:
        self.fingerprint = fingerprint(folder)
        self.digest, packed = pack_sources(folder)
        self.git_commit = git_commit(folder)
        self.bundle = write_bundle(shared.where.folder, self.digest, packed)
        unpacked = unpack_sources(packed, Path(tempfile.gettempdir()) / f"scrapeline-{os.getuid()}")
        found, broken = _looked_at(unpacked, shared.where)
        self.broken = {name: str(error) for name, error in broken.items()}
        self.sources = SourceSet(unpacked, found)
        for said in said_of(broken, found.values(), environment_secret, named_files(unpacked, None)[1]):
            _LOG.warning("%s", said)
        self.routes = Routes(self.sources, self.broken)
        self.ledgers: dict[str, Ledger] = {}
        self.redactor = Redactor()
        self.progress = Progress("")
        self.fetcher = Fetcher(self.sources, self._read(), settings=self._settings(shared))

    def _read(self) -> Callable[[Page], Reading]:
        read = reader(self.sources, Sampling())

        def read_redacted(page: Page) -> Reading:
            self.redactor.redact_page(page)
            return read(page)

        return read_redacted

    def _settings(self, shared: Shared) -> FetchSettings:
        return FetchSettings(
            resolve=shared.resolve,
            secrets=self._secret,
            hide=self.redactor.add_secret,
            stop=shared.cut,
            ledger=self._archived,
            browser=BrowserSettings(tabs=shared.tabs),
            notes=shared.notes,
            host_locks=shared.host_locks,
            clock=shared.clock,
            auto_hints={
                (name, page_type): mode
                for name, modes in self._modes(shared.where.folder).items()
                for page_type, mode in modes.items()
            },
        )

    def _modes(self, output: str) -> dict[str, dict[str, Mode]]:
        auto = [name for name, loaded in self.sources.items() if types_with_mode(loaded, "auto")]
        return {name: kept_modes(output, name) for name in auto}

    def _secret(self, name: str) -> str:
        value = environment_secret(name)
        self.redactor.add_secret(value)
        return value

    def _archived(self, request: Request) -> Page | None:
        ledger = self.ledgers.get(request.execution_id)
        return ledger.find(request) if ledger else None

    def given(self) -> dict[str, Any]:
        """What a run takes from here instead of making it (`pipelines.once_a_process.give`)."""
        return {
            "sources": self.sources,
            "fetcher": self.fetcher,
            "redactor": self.redactor,
            "progress": self.progress,
        }

    def close(self) -> None:
        """Ends the fetcher and its browser."""
        self.fetcher.close()


def _looked_at(folder: Path, where: Places) -> tuple[dict[str, LoadedSource], dict[str, Exception]]:
    """The sources that can be used, and why the others cannot."""
    found: dict[str, LoadedSource] = {}
    broken: dict[str, Exception] = {}
    for name in declared_names(folder):
        try:
            found[name] = _usable(folder, name, where)
        except (SourceFileErrors, CannotPrepare, ValueError) as error:
            broken[name] = error
    return found, broken


def _usable(folder: Path, name: str, where: Places) -> LoadedSource:
    """One source, after every check that a run begins with."""
    loaded = load_sources(folder, [name])[name]
    load_scraper(loaded)
    if (types_with_mode(loaded, "browser") or logs_in(loaded)) and (missing := _browser_missing()):
        raise CannotPrepare(missing)
    if where.warehouse:
        from pipelines.warehouse_checks import check_warehouse  # Google's client takes its time to import

        check_warehouse(where.warehouse, {name: loaded})
    return loaded


@functools.cache
def _browser_missing() -> str:
    try:
        find_browser()
    except BrowserMissing as missing:
        return str(missing)
    return ""


def fingerprint(folder: Path) -> Fingerprint:
    """Tells whether files of the folder have changed, without reading them."""
    stats = {path: path.stat() for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    return frozenset((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in stats.items())
