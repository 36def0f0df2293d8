"""HTML tables with named columns, those inside comments too."""

import math
import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers.extraction import html_tables
from scrapers.extraction.comments import documents
from scrapers.proposal.candidate import Candidate, ProposedField
from scrapers.proposal.field_names import snake_case, unique_name
from scrapers.proposal.outline import stable_classes
from scrapers.proposal.value_types import guess_text

__all__ = ["propose_tables"]

_MIN_ROWS = 2
_MIN_COLUMNS = 2
_MOST_COLUMNS = 100
_MOST_TABLES = 40
_UNNAMED = re.compile(r"column \d+")
_MOSTLY_LINKED = 0.8
_SAMPLE = 5000  # rows


def propose_tables(page: LexborHTMLParser, html: str) -> list[Candidate]:
    """One candidate a data table, the largest first; `html` is the text that `page` was parsed from."""
    found = [_candidate(node, page, "page") for node in page.css("table")[:_MOST_TABLES]]
    for markup in documents(html) if "<table" in html else []:
        inside = LexborHTMLParser(markup)
        found += [_candidate(node, inside, "comments") for node in inside.css("table")[:_MOST_TABLES]]
    return sorted((each for each in found if each is not None), key=lambda candidate: candidate.score, reverse=True)


def _candidate(node: LexborNode, page: LexborHTMLParser, where: str) -> Candidate | None:
    if node.css_first("table table") is not None or len(node.css("table")) > 1:  # a layout, not data
        return None
    table = html_tables.rows(node)
    named = [name for name in table.columns if not _UNNAMED.fullmatch(name)]
    selector = table_selector(node, page)
    if selector is None or len(table.rows) < _MIN_ROWS or not _MIN_COLUMNS <= len(named) <= _MOST_COLUMNS:
        return None
    kept = _without_sums(table)
    fields = _fields(table, kept)
    if len(fields) < _MIN_COLUMNS:
        return None
    items: dict[str, Any] = {"table": {"css": selector}}
    items |= {"in": "comments"} if where == "comments" else {}
    items |= {"where": {"css": "a[href]"}} if len(kept) < len(table.rows) else {}
    hidden = " in an HTML comment" if where == "comments" else ""
    what = f"{len(kept)} rows of {selector}{hidden}"
    points = 1.5 * min(len(fields), 15) * math.sqrt(min(len(kept), 30))
    return Candidate("table", what, _noun(node), items, fields, len(kept), points)


def _without_sums(table: html_tables.Table) -> list[html_tables.TableRow]:
    """The rows without those that only sum up (`League average`): they lack the link of all others, and spoil types."""
    linked = [row for row in table.rows if row.node.css_first("a[href]") is not None]
    if not _MOSTLY_LINKED * len(table.rows) <= len(linked) < len(table.rows):
        return table.rows
    typed = sum("type" in field.rule for field in _fields(table, table.rows))
    return linked if sum("type" in field.rule for field in _fields(table, linked)) > typed else table.rows


def _fields(table: html_tables.Table, rows: list[html_tables.TableRow]) -> list[ProposedField]:
    fields: list[ProposedField] = []
    for column in table.columns:
        values = [text for row in rows[:_SAMPLE] if (text := row.text(column)) is not None]
        if not values:
            continue
        name = unique_name(_column_name(column, table.columns), [field.name for field in fields])
        fields.append(ProposedField(name, {"column": column, **guess_text(values)}, len(values), "", values[0]))
    links = _link_field(rows, [field.name for field in fields])
    return [*fields, links] if links is not None else fields


def _column_name(column: str, columns: list[str]) -> str:
    """By the lowest heading where that is enough: `Shooting / FG` is `fg` unless another column ends in FG too."""
    last = column.rpartition(" / ")[2]
    alone = sum(1 for other in columns if other.rpartition(" / ")[2].casefold() == last.casefold()) == 1
    return snake_case(last if alone else column) or snake_case(column) or f"column_{columns.index(column) + 1}"


def _link_field(rows: list[html_tables.TableRow], taken: list[str]) -> ProposedField | None:
    """The link of each row, when nearly every row has one."""
    links = [anchor.attributes.get("href") for row in rows if (anchor := row.node.css_first("a[href]")) is not None]
    if len(links) < _MOSTLY_LINKED * len(rows):
        return None
    rule = {"css": "a::attr(href)", "convert": "url"}
    return ProposedField(unique_name("url", taken), rule, len(links), "the first link of the row", links[0] or "")


def table_selector(node: LexborNode, page: LexborHTMLParser) -> str | None:
    """The shortest selector whose only match is this table."""
    name = node.attributes.get("id") or ""
    choices = [f"table#{name}"] if re.fullmatch(r"[A-Za-z][\w-]*", name) else []
    choices += [
        f"table.{each}"
        for each in stable_classes(node.attributes.get("class"))
        if re.fullmatch(r"[A-Za-z][\w-]*", each)
    ]
    choices.append("table")
    around = node.parent
    while around is not None and around.tag not in ("html", "body", None):
        inside = around.attributes.get("id") or ""
        if re.fullmatch(r"[A-Za-z][\w-]*", inside):
            choices.append(f"#{inside} table")
        around = around.parent
    for choice in choices:
        matched = page.css(choice)
        if len(matched) == 1 and matched[0].mem_id == node.mem_id:
            return choice
    return next(
        (choice for choice in choices if page.css(choice)[:1] and page.css(choice)[0].mem_id == node.mem_id), None
    )


def _noun(node: LexborNode) -> str:
    caption = node.css_first("caption")
    words = snake_case(node.attributes.get("id") or (caption.text() if caption is not None else ""))
    return words[:40].strip("_") if re.search(r"[a-z]{3}", words) else "rows"
