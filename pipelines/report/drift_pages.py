"""What drifted, for people: the sentence, since when, and the pages before and after."""

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

__all__ = ["DriftPage", "Drifted", "drifted", "parsed"]

MOST = 20
SIGNS = 15
HTML_BYTES = 200_000


@dataclasses.dataclass(frozen=True, slots=True)
class DriftPage:
    """One kept page: where it stands, how it looked if a picture was kept, and what its HTML was."""

    url: str
    execution_id: str
    where: str
    picture: str
    html: str


@dataclasses.dataclass(frozen=True, slots=True)
class Drifted:
    """One thing that fell, as `Execution.drift` has it.

    Attributes:
      what: `field`, `rows`, `page_rows` or `skeleton`.
      name: of the field or page type.
      degrades: whether it makes the source degraded.
      since: when it began; None where that was not recorded.
      gone, came: signs of the pages' build (schemas.skeleton), at most SIGNS of each.
      before, after: a page of each; None for none.
      changes: what changed in the HTML, when both are the same page.
    """

    source: str
    what: str
    name: str
    sentence: str
    degrades: bool
    since: datetime.datetime | None
    gone: Sequence[str]
    came: Sequence[str]
    before: DriftPage | None
    after: DriftPage | None
    changes: Sequence[str]


def drifted(
    executions: list[dict[str, Any]], archive: str, pictures: Pictures, page_types_of: Callable[[str], str | None]
) -> list[Drifted]:
    """All that drifted in these executions (`source`, `page_types`, `drift`), what degrades first; at most MOST.

    Args:
      page_types_of: an execution's column `page_types`, by its id.
    """
    named = [(execution, one) for execution in executions for one in parsed(execution["drift"])]
    named.sort(key=lambda pair: not pair[1].get("degrades"))
    found = []
    for execution, one in named[:MOST]:
        before = one.get("before") or {}
        earlier = _signs(page_types_of(str(before.get("execution_id", ""))), one)
        gone, came = _differences(earlier, _signs(execution["page_types"], one))
        pages = [_page(one.get(which), archive, pictures) for which in ("before", "after")]
        found.append(_drifted(execution["source"], one, gone, came, *pages))
    return found


def _signs(page_types: str | None, one: dict[str, Any]) -> set[str]:
    """What the pages are built of: those of the page type that drifted, or of all."""
    try:
        found = json.loads(page_types or "{}")
    except ValueError:
        return set()
    if not isinstance(found, dict):
        return set()
    chosen = [found.get(one.get("name"))] if one.get("what") in ("skeleton", "page_rows") else list(found.values())
    return {str(sign) for about in chosen if isinstance(about, dict) for sign in about.get("skeleton") or ()}


def _differences(before: set[str], after: set[str]) -> tuple[list[str], list[str]]:
    """Nothing where one of the two was not recorded."""
    if not before or not after:
        return [], []
    return sorted(before - after)[:SIGNS], sorted(after - before)[:SIGNS]


def parsed(drift: str | None) -> list[dict[str, Any]]:
    """The column's JSON; empty for what is none."""
    try:
        found = json.loads(drift or "[]")
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _drifted(
    source: str,
    one: dict[str, Any],
    gone: Sequence[str],
    came: Sequence[str],
    before: DriftPage | None,
    after: DriftPage | None,
) -> Drifted:
    at = (one.get("since") or {}).get("at")
    return Drifted(
        source,
        str(one.get("what", "")),
        str(one.get("name", "")),
        str(one.get("sentence", "")),
        bool(one.get("degrades")),
        datetime.datetime.fromtimestamp(at, datetime.UTC).replace(tzinfo=None) if at else None,
        gone,
        came,
        before,
        after,
        html_changes(before.html, after.html) if before and after and before.url == after.url else (),
    )


def _page(about: dict[str, Any] | None, archive: str, pictures: Pictures) -> DriftPage | None:
    if not about:
        return None
    url, execution_id = str(about.get("url", "")), str(about.get("execution_id", ""))
    file, offset = about.get("file"), about.get("offset")
    if not file or offset is None:
        return DriftPage(url, execution_id, "", "", "")
    name = posixpath.basename(file)
    try:
        page = read_at(posixpath.join(archive, name), offset, filesystem.open_to_read)
    except (OSError, NoPageError):
        return DriftPage(url, execution_id, f"{name} at byte {offset} (not to be read there any more)", "", "")
    html = page.body[:HTML_BYTES].decode("utf-8", "replace")
    return DriftPage(url, execution_id, f"{name} at byte {offset}", pictures.shown(page.screenshot), html)
