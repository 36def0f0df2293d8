"""What drifted, for people: the sentences, since when, and the pages before and after."""

import dataclasses
import datetime
import json
import posixpath
from collections.abc import Callable, Sequence
from typing import Any

from pipelines.report.html_changes import html_changes
from pipelines.report.pictures import Pictures
from scrapers.archive.warc_reader import NoPageError, read_at
from transforms import filesystem

__all__ = ["DriftPage", "Drifted", "Fell", "drifted", "parsed"]

MOST = 20
SIGNS = 15
HTML_BYTES = 200_000


@dataclasses.dataclass(frozen=True, slots=True)
class DriftPage:
    """One kept page: where it stands, how it looked if a picture was kept, and what its HTML was."""

    url: str
    where: str = ""
    picture: str = ""
    html: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Fell:
    """One entry of `Execution.drift`.

    Attributes:
      since: when it began; None where that was not recorded.
    """

    name: str
    sentence: str
    since: datetime.datetime | None


@dataclasses.dataclass(frozen=True, slots=True)
class Drifted:
    """All that fell of a source and that two pages show.

    Attributes:
      degrades: whether it makes the source degraded.
      gone, came: signs of the pages' build (schemas.skeleton), at most SIGNS of each.
      before, after: a page of each; None for none.
      changes: what changed in the HTML, when both are the same page.
    """

    source: str
    falls: Sequence[Fell]
    degrades: bool
    gone: Sequence[str]
    came: Sequence[str]
    before: DriftPage | None
    after: DriftPage | None
    changes: Sequence[str]

    @property
    def names(self) -> list[str]:
        """Of the fields and page types, each once."""
        return list(dict.fromkeys(fell.name for fell in self.falls))


def drifted(
    executions: list[dict[str, Any]], archive: str, pictures: Pictures, page_types_of: Callable[[str], str | None]
) -> list[Drifted]:
    """All that drifted in these executions (`source`, `page_types`, `drift`), what degrades first; at most MOST.

    Args:
      page_types_of: an execution's column `page_types`, by its id.
    """
    found = []
    for execution in executions:
        by_pages: dict[str, list[dict[str, Any]]] = {}
        for one in parsed(execution["drift"]):
            by_pages.setdefault(json.dumps([one.get("before"), one.get("after")]), []).append(one)
        found += [(execution, entries) for entries in by_pages.values()]
    found.sort(key=lambda pair: not any(one.get("degrades") for one in pair[1]))
    return [_drifted(execution, entries, archive, pictures, page_types_of) for execution, entries in found[:MOST]]


def parsed(drift: str | None) -> list[dict[str, Any]]:
    """The column's JSON; empty for what is none."""
    try:
        found = json.loads(drift or "[]")
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _drifted(
    execution: dict[str, Any],
    entries: list[dict[str, Any]],
    archive: str,
    pictures: Pictures,
    page_types_of: Callable[[str], str | None],
) -> Drifted:
    earlier = str((entries[0].get("before") or {}).get("execution_id", ""))
    gone, came = _differences(_signs(page_types_of(earlier)), _signs(execution["page_types"]))
    before, after = (_page(entries[0].get(which), archive, pictures) for which in ("before", "after"))
    is_same = before is not None and after is not None and before.url == after.url
    return Drifted(
        execution["source"],
        [_fell(one) for one in entries],
        any(one.get("degrades") for one in entries),
        gone,
        came,
        before,
        after,
        html_changes(before.html, after.html) if is_same and before and after else (),
    )


def _fell(one: dict[str, Any]) -> Fell:
    what, name = str(one.get("what", "")).replace("_", " "), str(one.get("name", ""))
    at = (one.get("since") or {}).get("at")
    since = datetime.datetime.fromtimestamp(at, datetime.UTC).replace(tzinfo=None) if at else None
    return Fell(name if what == "field" else f"{what} {name}".strip(), str(one.get("sentence", "")), since)


def _signs(page_types: str | None) -> set[str]:
    """What the pages are built of, of all types together."""
    try:
        found = json.loads(page_types or "{}")
    except ValueError:
        return set()
    types = found.values() if isinstance(found, dict) else ()
    return {str(sign) for about in types if isinstance(about, dict) for sign in about.get("skeleton") or ()}


def _differences(before: set[str], after: set[str]) -> tuple[list[str], list[str]]:
    """Nothing where one of the two was not recorded."""
    if not before or not after:
        return [], []
    return sorted(before - after)[:SIGNS], sorted(after - before)[:SIGNS]


def _page(about: dict[str, Any] | None, archive: str, pictures: Pictures) -> DriftPage | None:
    if not about:
        return None
    url, file, offset = str(about.get("url", "")), about.get("file"), about.get("offset")
    if not file or offset is None:
        return DriftPage(url)
    name = posixpath.basename(file)
    try:
        page = read_at(posixpath.join(archive, name), offset, filesystem.open_to_read)
    except (OSError, NoPageError):
        return DriftPage(url, f"{name} at byte {offset} (not to be read there any more)")
    html = page.body[:HTML_BYTES].decode("utf-8", "replace")
    return DriftPage(url, f"{name} at byte {offset}", pictures.shown(page.screenshot), html)
