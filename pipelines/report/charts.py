"""The report's charts, each made of the rows of a query."""

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipelines.report.drawing import WIDE, Chart, Spec, colours, draw, whole_ticks

__all__ = ["coverage_chart", "executions_chart", "letters_chart", "seconds_chart"]

Records = Sequence[dict[str, Any]]
OUTCOMES = ("success", "no data", "degraded", "blocked", "failed")
STATES = {"open": "open_letters", "failed again": "failed_again", "recovered": "recovered", "dropped": "left_out"}
WAYS = ("http", "browser")
LABEL_CHARACTERS, SHORT_LABEL_CHARACTERS = 40, 22
STEP = 100  # what a moment needs under its bar
FORMS = ("%-d %b", "%-d %b %H:%M", "%-d %b %H:%M:%S", "%-d %b %Y", "%-d %b %Y %H:%M:%S.%f")
FORMS_OF_A_DAY = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f")
DAY = datetime.timedelta(days=1)


def executions_chart(runs: Records, alternative: str) -> Chart:
    """Bars of executions by how they went; `runs` as of the queries executions_by_run and executions_by_day."""
    started = sorted({run["started"] for run in runs})
    one_day = len(started) > 1 and len({moment.strftime("%j %Y") for moment in started}) == 1
    forms = FORMS_OF_A_DAY if one_day else FORMS
    form = next(form for form in forms if len({moment.strftime(form) for moment in started}) == len(started))
    values = [
        {"what": run["started"].strftime(form), "part": run["outcome"], "count": run["executions"]} for run in runs
    ]
    labels = [moment.strftime(form) for moment in started]
    axis = {"labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 24, "labelPadding": 6, "ticks": False}
    when = {"field": "what", "type": "ordinal", "sort": labels, "title": None, "axis": axis}

    def spec(width: int) -> Spec:
        few = len(labels) * STEP <= width
        return {
            "width": {"step": STEP} if few else width - 40,
            "height": 200,
            **_stacked(values, OUTCOMES),
            "mark": {"type": "bar"},
            "encoding": {
                "x": {**when, "scale": {"paddingInner": 0.25}},
                "y": _counts(values, None, 5),
                **_parts(values, OUTCOMES, width),
            },
        }

    return draw(spec, alternative)


def letters_chart(letters: Records, alternative: str) -> Chart:
    """A bar for each source and reason, by what replays made of the letters; as of the query letters_by_reason."""
    values = [
        {"what": f"{line['source']}: {line['reason']}", "part": state, "count": line[column]}
        for line in letters
        for state, column in STATES.items()
        if line[column]
    ]
    return _bars(values, tuple(STATES), alternative, "dead letters")


def seconds_chart(costs: Records, alternative: str) -> Chart:
    """A bar for each source: seconds over HTTP and in the browser; as of the query costs."""
    values = [
        {"what": line["source"], "part": way, "count": secs}
        for line in costs
        for way, secs in (("http", line["fetch_secs"] - line["browser_secs"]), ("browser", line["browser_secs"]))
        if secs > 0
    ]
    return _bars(values, WAYS, alternative, "seconds of fetching")


def coverage_chart(shares: Records, alternative: str) -> Chart:
    """A small line chart for each field of each source, as of the query coverage_over_time."""
    values = [
        {"what": f"{one['source']}: {one['field']}", "when": one["started_at"].isoformat() + "Z", "share": one["share"]}
        for one in shares
    ]
    order = list(dict.fromkeys(value["what"] for value in values))
    span = max(one["started_at"] for one in shares) - min(one["started_at"] for one in shares)
    form = "%H:%M:%S" if span < DAY / 24 else "%H:%M" if span < DAY else "%-d %b"

    def spec(width: int) -> Spec:
        columns = 3 if width == WIDE else 1
        return {
            "data": {"values": values},
            "facet": {"field": "what", "type": "nominal", "sort": order},
            "columns": columns,
            "spec": {"width": (width - 50 * columns) // columns, "height": 90, **_share_line(form)},
        }

    return draw(spec, alternative)


def _share_line(form: str) -> Spec:
    mark = {"color": "var(--line-mark)"}
    x_axis = {"labelOverlap": "greedy", "labelSeparation": 12, "tickCount": 3, "grid": False, "format": form}
    y_axis = {"format": ".0%", "values": [0, 0.5, 1]}
    return {
        "mark": {"type": "line", **mark, "point": {**mark, "size": 28}},
        "encoding": {
            "x": {"field": "when", "type": "temporal", "title": None, "scale": {"type": "utc"}, "axis": x_axis},
            "y": {
                "field": "share",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, 1]},
                "axis": y_axis,
            },
        },
    }


def _bars(values: list[Spec], parts: Sequence[str], alternative: str, unit: str) -> Chart:
    """A bar for each `what`, in their order; its parts side by side."""

    def spec(width: int) -> Spec:
        most = LABEL_CHARACTERS if width == WIDE else SHORT_LABEL_CHARACTERS
        shown = [{**value, "what": _cut(value["what"], most)} for value in values]
        order = list(dict.fromkeys(value["what"] for value in shown))
        axis = {"ticks": False, "domain": False, "labelColor": "var(--text)", "labelPadding": 6}
        return {
            "width": width,
            "padding": {"left": 5 + max(map(len, order)), "right": 10, "top": 5, "bottom": 5},
            "autosize": {"type": "fit-x", "contains": "padding"},
            "height": {"step": 26},
            **_stacked(shown, parts),
            "mark": {"type": "bar", "height": {"band": 0.7}},
            "encoding": {
                "y": {"field": "what", "type": "nominal", "sort": order, "title": None, "axis": axis},
                "x": _counts(shown, unit, 5 if width == WIDE else 3),
                **_parts(shown, parts, width),
            },
        }

    return draw(spec, alternative)


def _stacked(values: list[Spec], parts: Sequence[str]) -> Spec:
    rank = [{"calculate": f"indexof({list(parts)}, datum.part)", "as": "rank"}]
    return {"data": {"values": values}, "transform": rank}


def _parts(values: list[Spec], parts: Sequence[str], width: int) -> Spec:
    present = {value["part"] for value in values}
    return {"color": colours("part", parts, present, width), "order": {"field": "rank"}}


def _counts(values: list[Spec], title: str | None, ticks: int) -> Spec:
    """The axis of what is counted; of whole numbers it shows whole numbers only."""
    sums: Counter[str] = Counter()
    for value in values:
        sums[value["what"]] += value["count"]
    most = max(sums.values())
    whole = isinstance(most, int)
    axis = {"values": whole_ticks(most, ticks), "format": ",d"} if whole else {"tickCount": ticks}
    return {"field": "count", "type": "quantitative", "title": title, "axis": axis}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
