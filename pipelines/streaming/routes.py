"""Which source a `scraper.complete` leads to, by the scraper's name, and what it asks of that source."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from schemas.events.arrival import RawOutput
from schemas.events.event import Event, Malformed
from schemas.plan import Plan
from schemas.reasons import Dead
from scrapers.source_files.check_raw import names_taken
from scrapers.source_files.load import LoadedSource
from scrapers.source_files.mistakes import nearest
from transforms import filesystem

__all__ = ["Routes", "asked_of"]


class Routes:
    """From the names of scrapers to the sources that take their raw output; made once for a set of sources.

    Args:
      broken: sources that cannot be used -> why.
    """

    def __init__(self, sources: Mapping[str, LoadedSource], broken: Mapping[str, str] | None = None) -> None:
        self._sources = sources
        self._broken = broken or {}
        self._takers: dict[str, list[str]] = {}
        for name, loaded in sources.items():
            for scraper in names_taken(loaded):
                self._takers.setdefault(scraper, []).append(name)

    def of(self, event: Event) -> str | Malformed:
        """The name of the source that takes what a `scraper.complete` tells of, or why there is none."""
        scraper = event.data["scraper_name"]
        takers = self._takers.get(scraper, ())
        if len(takers) > 1:
            return self._no_way(event, f"sources {' and '.join(takers)} both take {scraper}: one can")
        if not takers:
            return self._no_way(event, self._unknown(scraper))
        return self._refused(event, takers[0]) or takers[0]

    def _unknown(self, scraper: str) -> str:
        if scraper in self._broken:
            return f"source {scraper} cannot be used: {self._broken[scraper]}"
        if scraper in self._sources:
            return f"source {scraper} takes no raw output: it has no `raw` section"
        near = nearest(scraper, self._takers)
        known = ", ".join(sorted(self._takers)[:30]) or "none"
        hint = f", did you mean {near}?" if near else f"; taken are {known}"
        return f"no source takes raw output of scraper {scraper}{hint}"

    def _no_way(self, event: Event, why: str) -> Malformed:
        return Malformed(Dead.UNKNOWN_SOURCE, why, "data.scraper_name", event.key, str(event.data["scraper_name"]))

    def _refused(self, event: Event, source: str) -> Malformed | None:
        """Why nothing is read; None when something may be, or when there is nothing to read."""
        path = event.data.get("gcs_path")
        if not _reads(event):
            return None
        if not path:
            why = "status success, and it does not say where the raw output is"
            return Malformed(Dead.MALFORMED_EVENT, why, "data.gcs_path", event.key, source)
        raw = self._sources[source].source.raw
        why = _outside(path, source, raw.within if raw is not None else None)
        return Malformed(Dead.ADDRESS_REFUSED, why, "data.gcs_path", event.key, source) if why else None


def asked_of(event: Event, plan: Plan) -> tuple[Plan, RawOutput | None]:
    """What a `scraper.complete` makes of its source's plan, and what is to be read; None: there is nothing.

    A scraper that failed leaves nothing to read: the execution fails for the reason that the event gives. One that says
    that there is no data has said all: no row is then as it should be.
    """
    data = event.data
    if _reads(event):
        ran_at = _moment(data.get("triggered_at")) or event.time
        return plan, RawOutput(plan.execution_id, plan.source, data["gcs_path"], data.get("record_count"), ran_at)
    failed = f"scraper {data['scraper_name']} failed: {data.get('error') or 'it does not say why'}"
    quiet: dict[str, Any] = {"min_rows": None, "coverage": {}, "empty_ok": True, "history": {}}
    return dataclasses.replace(plan, failed_because=failed if data["status"] == "failed" else "", **quiet), None


def _reads(event: Event) -> bool:
    data = event.data
    nothing_there = data.get("record_count") == 0 and not data.get("gcs_path")
    return data["status"] == "success" and not nothing_there


def _moment(text: str | None) -> float:
    """Unix seconds; 0 for no moment."""
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return 0.0
    return when.timestamp() if when.tzinfo else 0.0


def _outside(path: str, source: str, within: Sequence[str] | None) -> str:
    """Why a file is none that events may name; empty when it is one.

    Who may publish events may not therefore read this machine's files: those are read only where the source says so.
    """
    if within is None:
        if not filesystem.is_local(path):
            return ""
        return (
            f"{path} is a file of this machine, and source {source} takes none: "
            "let it say `raw: {within: FOLDER}` to read those of a folder"
        )
    if any(_is_within(path, folder) for folder in within):
        return ""
    return f"{path} is in none of the folders that source {source} takes files of ({', '.join(within)})"


def _is_within(path: str, folder: str) -> bool:
    if filesystem.is_local(path) and filesystem.is_local(folder):
        try:
            path, folder = os.path.realpath(path), os.path.realpath(folder)  # a link may lead out of it
        except (OSError, ValueError):  # ValueError: a name that no file can have
            return False
    return ".." not in path.split("/") and path.startswith(f"{folder.rstrip('/')}/")
