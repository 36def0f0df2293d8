"""Which charts a report has, what each shows, and what it says to those who do not see it."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.report import charts
from pipelines.report.drawing import Chart
from pipelines.report.tables import Answer
from pipelines.report.wording import count_text, plural, seconds_text

__all__ = ["Illustrated", "illustrated"]

BARS = 15
LINES = 6


@dataclasses.dataclass(frozen=True, slots=True)
class Illustrated:
    """The charts; None for one that would be empty."""

    executions: Chart | None
    letters: Chart | None
    coverage: Chart | None
    seconds: Chart | None


def illustrated(answers: Mapping[str, Answer]) -> Illustrated:
    """Drawn of the answers, by the names of their queries."""
    runs, letters = answers["executions_by_run"].rows, answers["letters_by_reason"].rows
    costs, fallen = answers["costs"].rows, [one for one in answers["coverage"].rows if one["fallen_since"]]
    named = {(one["source"], one["field"]) for one in fallen[:LINES]}
    shares = [one for one in answers["coverage_over_time"].rows if (one["source"], one["field"]) in named]
    return Illustrated(
        charts.executions_chart(runs, _runs_told(runs)) if runs else None,
        charts.letters_chart(letters[:BARS], _letters_told(letters)) if letters else None,
        charts.coverage_chart(shares, _coverage_told(fallen)) if shares else None,
        charts.seconds_chart(costs[:BARS], _costs_told(costs)) if costs else None,
    )


def _runs_told(runs: Sequence[dict[str, Any]]) -> str:
    counts: Counter[str] = Counter()
    for run in runs:
        counts[run["outcome"]] += run["executions"]
    parts = ", ".join(f"{count_text(count)} {outcome}" for outcome, count in counts.most_common())
    return (
        f"Bar chart of scrapes over time, {runs[0]['started']:%-d %b %Y} to {runs[-1]['started']:%-d %b %Y}: {parts}."
    )


def _letters_told(letters: Sequence[dict[str, Any]]) -> str:
    parts = ", ".join(f"{count_text(one['letters'])} {one['reason']} of {one['source']}" for one in letters[:3])
    return f"Bar chart of dead letters by source and reason. The most: {parts}."


def _coverage_told(fallen: Sequence[dict[str, Any]]) -> str:
    parts = ", ".join(
        f"{one['field']} of {one['source']} from {one['share_before']:.0%} to {one['share_now']:.0%}"
        for one in fallen[:3]
    )
    return f"Line charts of {plural(len(fallen), 'field')} that fell: {parts}{' and more' if len(fallen) > 3 else ''}."


def _costs_told(costs: Sequence[dict[str, Any]]) -> str:
    parts = ", ".join(f"{one['source']} {seconds_text(one['fetch_secs'])}" for one in costs[:3])
    return f"Bar chart of fetching time by source. The longest: {parts}."
