"""A proposal is run on its own page before anybody sees it: what does not work is left out."""

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from schemas.page import Page
from schemas.reading import Reading
from schemas.row import Accepted, RowMaker
from scrapers.extraction.scraper import load_scraper
from scrapers.proposal.candidate import Candidate, ProposedField
from scrapers.proposal.card_fields import MIN_COVERAGE
from scrapers.proposal.source_text import source_text
from scrapers.source_files.load import LoadedSource, load_sources
from scrapers.source_files.request_rules import make_request

__all__ = ["Verified", "verify"]

_TRIES = 4
_IDENTIFYING = ("id", "sku", "gtin", "isbn", "uuid", "guid", "slug", "url", "link", "title", "name", "headline")
_ONE_ITEM = ("jsonld", "microdata", "page")  # kinds that describe the page they stand on, so its address is their key


@dataclasses.dataclass(slots=True)
class Verified:
    """A candidate that gave rows.

    Attributes:
      text: the source file.
      left_out: fields that too few items have.
    """

    candidate: Candidate
    text: str
    rows: list[dict[str, Any]]
    left_out: list[ProposedField]


def verify(candidate: Candidate, page: Page, name: str, others: list[Candidate]) -> Verified | None:
    """The candidate as it works on its page, with a key, without what is unreliable; None when it gives no row."""
    candidate = dataclasses.replace(candidate, fields=[dataclasses.replace(field) for field in candidate.fields])
    _add_address(candidate)
    left_out: list[ProposedField] = []
    for _ in range(_TRIES):
        accepted = _run(_text(candidate, page, name), page)
        if not candidate.fields:
            return None
        if accepted.refused:
            _relax(candidate, accepted)
            continue
        candidate.count = len(accepted.rows)
        rare = _count_found(candidate, accepted.rows)
        if not rare:
            break
        left_out += rare
        candidate.fields = [field for field in candidate.fields if field not in rare]
    if not accepted.rows or accepted.refused:
        return None
    candidate.key = _choose_key(candidate, accepted.rows)
    text = _text(candidate, page, name, left_out, others)
    rows = _run(text, page).rows
    return Verified(candidate, text, rows, left_out) if rows else None


def _text(
    candidate: Candidate,
    page: Page,
    name: str,
    left_out: list[ProposedField] | None = None,
    others: list[Candidate] | None = None,
) -> str:
    return source_text(
        candidate,
        name=name,
        url=page.request.url,
        fetched_at=page.fetched_at,
        left_out=left_out or [],
        others=others or [],
    )


def _run(text: str, page: Page) -> Accepted:
    """Loads the text as a source file and reads the page with it, as a run would."""
    with tempfile.TemporaryDirectory(prefix="scrapeline-new-") as folder:
        Path(folder, "proposal.yaml").write_text(text, "utf-8")
        (loaded,) = load_sources(Path(folder)).values()
        reading = load_scraper(loaded).read(dataclasses.replace(page, request=_request(loaded, page)))
        return _rows(loaded, reading)


def _request(loaded: LoadedSource, page: Page) -> Any:
    return make_request(loaded, "", page.request.url, execution_id="proposal", params={})


def _rows(loaded: LoadedSource, reading: Reading) -> Accepted:
    if not reading.table:
        return Accepted()
    return RowMaker(loaded.tables[reading.table]).accept(reading.items, reading.problems)


def _add_address(candidate: Candidate) -> None:
    """The page's own address, for what a page says of itself without naming it."""
    if (
        candidate.kind in _ONE_ITEM
        and candidate.count == 1
        and not any(field.name == "url" for field in candidate.fields)
    ):
        candidate.fields.insert(0, ProposedField("url", {"from": "url"}, 1, "the page's own address"))


def _relax(candidate: Candidate, accepted: Accepted) -> None:
    """A value that its guessed type refuses makes the field plain text; one that is text already goes."""
    refused = {
        problem.field.partition(".")[0].partition("[")[0] for _, problems in accepted.refused for problem in problems
    }
    kept = []
    for field in candidate.fields:
        if field.name not in refused:
            kept.append(field)
        elif field.rule.keys() & {"type", "convert"}:
            rule = {key: value for key, value in field.rule.items() if key not in ("type", "convert")}
            kept.append(dataclasses.replace(field, rule=rule))
    candidate.fields = kept


def _count_found(candidate: Candidate, rows: list[dict[str, Any]]) -> list[ProposedField]:
    """Counts again what the run gave, and returns the fields that too few rows have."""
    rare = []
    for field in candidate.fields:
        field.found = sum(1 for row in rows if row.get(field.name) not in (None, "", []))
        if field.found < MIN_COVERAGE * len(rows) or not field.found:
            rare.append(field)
    return rare if len(rare) < len(candidate.fields) else []


def _choose_key(candidate: Candidate, rows: list[dict[str, Any]]) -> list[str]:
    """A field that every row has and no two share, by its name; none when only chance would make one."""
    unique = [
        field
        for field in candidate.fields
        if not field.rule.get("list")
        and field.rule.get("type") not in ("json", "float", "boolean")
        and field.found == len(rows)
        and len({str(row[field.name]) for row in rows}) == len(rows)
    ]
    named = [field for wanted in _IDENTIFYING for field in unique if f"_{field.name}".endswith(f"_{wanted}")]
    if not named:
        return []
    named[0].rule = {**named[0].rule, "required": True}
    return [named[0].name]
