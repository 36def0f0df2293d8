"""A proposal is run on its own page before anybody sees it: what does not work is left out."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from schemas.page import Page
from scrapers.proposal.candidate import Candidate, ProposedField
from scrapers.proposal.card_fields import MIN_COVERAGE
from scrapers.proposal.source_text import source_text
from scrapers.proposal.trial import run_on_page

__all__ = ["Verified", "verify"]

_TRIES = 5
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
    about: dict[str, Any] = {"url": page.request.url, "fetched_at": page.fetched_at, "rendered": page.rendered}
    write = functools.partial(source_text, candidate, name=name, **about)
    left_out: list[ProposedField] = []
    if not _mend(candidate, write, page, left_out):
        return None
    text = write(left_out=left_out, others=others)
    rows = run_on_page(text, page).rows
    return Verified(candidate, text, rows, left_out) if rows else None


def _mend(candidate: Candidate, write: Callable[[], str], page: Page, left_out: list[ProposedField]) -> bool:
    """Runs the candidate, takes out what does not work, and again until all of it does; whether rows are left."""
    for _ in range(_TRIES):
        if not candidate.fields:
            return False
        trial = run_on_page(write(), page)
        if trial.failed:
            return False
        if not trial.mistaken and not trial.refused:
            rare = _settle(candidate, trial.rows)
            left_out += rare
            if not rare:
                candidate.key = _choose_key(candidate, trial.rows)
                return bool(trial.rows)
        _drop(candidate, trial.mistaken)
        _relax(candidate, trial.refused)
    return False


def _add_address(candidate: Candidate) -> None:
    """The page's own address, for what a page says of itself without naming it."""
    named = any(field.name == "url" for field in candidate.fields)
    if candidate.kind in _ONE_ITEM and candidate.count == 1 and not named:
        candidate.fields.insert(0, ProposedField("url", {"from": "url"}, 1, "the page's own address"))


def _drop(candidate: Candidate, names: frozenset[str]) -> None:
    candidate.fields = [field for field in candidate.fields if field.name not in names]


def _relax(candidate: Candidate, refused: frozenset[str]) -> None:
    """A value that its guessed type refuses makes the field plain text; one that is text already goes."""
    kept = []
    for field in candidate.fields:
        if field.name not in refused:
            kept.append(field)
        elif field.rule.keys() & {"type", "convert"}:
            rule = {key: value for key, value in field.rule.items() if key not in ("type", "convert")}
            kept.append(dataclasses.replace(field, rule=rule))
    candidate.fields = kept


def _settle(candidate: Candidate, rows: list[dict[str, Any]]) -> list[ProposedField]:
    """Counts again what the run gave; removes and returns the fields that too few rows have."""
    candidate.count = len(rows)
    for field in candidate.fields:
        field.found = sum(1 for row in rows if row.get(field.name) not in (None, "", []))
    rare = [field for field in candidate.fields if not field.found or field.found < MIN_COVERAGE * len(rows)]
    if len(rare) == len(candidate.fields):
        return []
    _drop(candidate, frozenset(field.name for field in rare))
    return rare


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
