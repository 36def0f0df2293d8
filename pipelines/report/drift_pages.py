"""What drifted, for people: the sentence, since when, and the pages before and after."""

import dataclasses
import datetime
import json
import posixpath
from typing import Any

from pipelines.report.pictures import Pictures
from scrapers.archive.warc_reader import NoPageError, read_at
from transforms import filesystem

__all__ = ["DriftPage", "Drifted", "drifted", "parsed"]

MOST = 20
HTML_CHARACTERS = 20_000


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
      before, after: a page of each; None for none.
    """

    source: str
    what: str
    name: str
    sentence: str
    degrades: bool
    since: datetime.datetime | None
    before: DriftPage | None
    after: DriftPage | None


def drifted(executions: list[dict[str, Any]], archive: str, pictures: Pictures) -> list[Drifted]:
    """All that drifted in these executions (`source`, `drift`), what degrades a source first; at most MOST."""
    named = [(execution["source"], one) for execution in executions for one in parsed(execution["drift"])]
    named.sort(key=lambda pair: not pair[1].get("degrades"))
    return [_drifted(source, one, archive, pictures) for source, one in named[:MOST]]


def parsed(drift: str | None) -> list[dict[str, Any]]:
    """The column's JSON; empty for what is none."""
    try:
        found = json.loads(drift or "[]")
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _drifted(source: str, one: dict[str, Any], archive: str, pictures: Pictures) -> Drifted:
    since = one.get("since") or {}
    return Drifted(
        source,
        str(one.get("what", "")),
        str(one.get("name", "")),
        str(one.get("sentence", "")),
        bool(one.get("degrades")),
        datetime.datetime.fromtimestamp(since["at"], datetime.UTC).replace(tzinfo=None) if since.get("at") else None,
        _page(one.get("before"), archive, pictures),
        _page(one.get("after"), archive, pictures),
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
    html = page.body[: HTML_CHARACTERS * 2].decode("utf-8", "replace")[:HTML_CHARACTERS]
    return DriftPage(url, execution_id, f"{name} at byte {offset}", pictures.shown(page.screenshot), html)
