"""How `scrapeline try` and `scrapeline new` show what a page gave."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.page_report import expected_of
from pipelines.terminal import plain_json, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from pipelines.fetch_page import FetchedPage
    from pipelines.page_report import PageReport
    from schemas.reading import FieldProblem
    from scrapers.extraction.scraper import Scraper

__all__ = ["print_report", "print_rows", "report_json", "write_rows"]

_SHOWN_ITEMS = 3
_SHOWN_REFUSED = 20
_SHOWN_FOLLOW_UPS = 10
_VALUE_LENGTH = 100  # characters


class Given(NamedTuple):
    """One field of one item, and the selector that gave it (empty when none did)."""

    field: str
    selector: str
    value: Any


def given_by(report: "PageReport", scraper: "Scraper") -> dict[int, list[Given]]:
    """Item number -> its fields, in the order of the source file."""
    found: dict[int, list[Given]] = defaultdict(list)
    if not report.error:
        for number, field, selector, value in scraper.explain(report.page):
            found[number].append(Given(field, selector, value))
    return found


def report_json(report: "PageReport", scraper: "Scraper", got: "FetchedPage") -> dict[str, Any]:
    """Everything, for programs."""
    page = report.page
    fields = [
        {"item": number, "field": given.field, "selector": given.selector, "value": given.value}
        for number, each in given_by(report, scraper).items()
        for given in each
    ]
    problems = {
        number: [{"field": p.field, "rule": p.rule, "message": p.message, "value": p.value} for p in each]
        for number, each in report.accepted.refused
    }
    result = expected_of(report)
    result["refused"] = [{"item": number, "problems": each} for number, each in problems.items()]
    about = {"url": page.url, "status": page.status, "bytes": len(page.body), "from": got.way, "good": report.good}
    about |= {"rendered": page.rendered, "http_lacked": got.http_lacked}
    timings = {"fetch_ms": page.elapsed_secs * 1000, "read_ms": report.read_ms, "check_ms": report.check_ms}
    timings = {name: round(value, 2) for name, value in timings.items()}
    return {"page": about, **result, "marker": report.reading.marker, "fields": fields, "timings": timings}


def print_report(console: "Console", report: "PageReport", scraper: "Scraper", where: str, *, show_all: bool) -> None:
    """For people: what the page is, its first items (or all), every refusal, what it leads to, the verdict."""
    page, request = report.page, report.page.request
    kind = f" ({request.page_type})" if request.page_type else ""
    _say(console, f"{request.source}{kind}  {page.url}", "bold")
    _say(console, f"status {page.status}, {len(page.body) / 1000:.1f} KB, {where}", "dim")
    given = given_by(report, scraper)
    refused = dict(report.accepted.refused)
    good = [number for number in given if number not in refused]
    for number in good if show_all else good[:_SHOWN_ITEMS]:
        _print_item(console, f"item {number}", given[number])
    if not show_all and len(good) > _SHOWN_ITEMS:
        _say(console, f"\n... and {len(good) - _SHOWN_ITEMS} items more; --all shows them", "dim")
    for number in list(refused) if show_all else list(refused)[:_SHOWN_REFUSED]:
        _print_refused(console, number, refused[number], given.get(number, []))
    if not show_all and len(refused) > _SHOWN_REFUSED:
        _say(console, f"\n... and {len(refused) - _SHOWN_REFUSED} refused items more; --all shows them", "dim")
    _print_coverage(console, given)
    _print_follow_ups(console, report, show_all)
    _print_verdict(console, report)


def _say(console: "Console", text: str, style: str = "") -> None:
    console.print(text, style=style or None, markup=False)


def _print_item(console: "Console", heading: str, given: Iterable[Given]) -> None:
    _say(console, f"\n{heading}", "bold")
    print_table(
        console, ["field", "value", "from"], [[each.field, _short(each.value), each.selector] for each in given]
    )


def _print_refused(console: "Console", number: int, problems: "Sequence[FieldProblem]", given: Sequence[Given]) -> None:
    selectors = {each.field: each.selector for each in given}
    _say(console, f"\nitem {number} is refused", "bold red")
    rows = []
    for problem in problems:
        name = problem.field.partition(".")[0].partition("[")[0]
        rows.append([problem.field or "(item)", problem.rule, problem.message, problem.value, selectors.get(name, "")])
    print_table(console, ["field", "rule", "what was expected", "value", "from"], rows)


def _print_coverage(console: "Console", given: dict[int, list[Given]]) -> None:
    """How many items have each field: what is missing in some shows here at a glance."""
    if len(given) < 2:
        return
    found = Counter(each.field for fields in given.values() for each in fields if each.value not in (None, "", []))
    names = dict.fromkeys(each.field for fields in given.values() for each in fields if "[" not in each.field)
    _say(console, f"\n{len(given)} items have", "bold")
    print_table(console, ["field", "items"], [[name, str(found[name])] for name in names])


def _print_follow_ups(console: "Console", report: "PageReport", show_all: bool) -> None:
    follow_ups = report.reading.follow_ups
    if not follow_ups:
        return
    _say(console, f"\nleads to {len(follow_ups)} pages", "bold")
    shown = follow_ups if show_all else follow_ups[:_SHOWN_FOLLOW_UPS]
    for each in shown:
        kind = each.page_type or "(next)"
        carries = ", carries its item" if each.item is not None else ""
        _say(console, f"  {kind}  {each.method} {each.url}{carries}")
    if len(shown) < len(follow_ups):
        _say(console, f"  ... and {len(follow_ups) - len(shown)} more", "dim")


def _print_verdict(console: "Console", report: "PageReport") -> None:
    reading, accepted = report.reading, report.accepted
    if report.error:
        _say(console, f"\nparse_error: {report.error}", "bold red")
        return
    marker = f" ({reading.marker})" if reading.marker else ""
    table = f" of {reading.table}" if reading.table else ""
    parts = [
        f"{len(accepted.rows)} rows{table}",
        f"{len(accepted.refused)} refused",
        f"{len(reading.follow_ups)} follow-ups",
    ]
    if reading.filtered:
        parts.append(f"{reading.filtered} left out by the hook")
    times = f"read in {report.read_ms:.1f} ms, checked in {report.check_ms:.1f} ms"
    style = "bold green" if report.good else "bold red"
    _say(console, f"\nverdict {reading.verdict}{marker}: {', '.join(parts)}; {times}", style)
    for field, count in report.lacking.items():
        _say(console, f"{count} of the items that travel on lack `{field}`, which is required", "bold red")
    for note in reading.notes:
        _say(console, f"note: {note}", "yellow")
    if not report.good and not accepted.rows and not accepted.refused:
        mime = report.page.header("content-type").partition(";")[0].strip()
        hint = " JSON takes jmes, not css or xpath." if mime.endswith("json") else ""
        _say(console, f"Nothing was found on this page ({mime or 'of no content type'}): do the selectors fit?{hint}")
        _say(console, "Its bytes are kept in .scrapeline/pages.")


def _short(value: Any) -> str:
    text = "-" if value is None else plain_json(value)
    if text.startswith('"'):  # texts, dates and exact numbers, without their quotes
        text = json.loads(text)
    text = " ".join(text.split())
    return text if len(text) <= _VALUE_LENGTH else text[: _VALUE_LENGTH - 1] + "…"


def print_rows(console: "Console", rows: Sequence[dict[str, Any]], most: int = _SHOWN_ITEMS) -> None:
    """The first rows, a field a line."""
    for number, row in enumerate(rows[:most]):
        _say(console, f"\nrow {number}", "bold")
        print_table(console, ["field", "value"], [[name, _short(value)] for name, value in row.items()])


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Rows as newline JSON, or as CSV by the file's ending; nested values stand in CSV as JSON."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(rows[0] if rows else [])
            writer.writerows([_cell(value) for value in row.values()] for row in rows)
    else:
        path.write_text("".join(plain_json(row) + "\n" for row in rows), "utf-8")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return json.loads(plain_json(value)) if not isinstance(value, dict | list) else plain_json(value)
