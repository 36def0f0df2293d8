"""Charts as SVG that follows the page's colours: Vega-Lite, drawn when the report is written, without a browser.

Each chart is drawn twice, for a desk and for a telephone: scaled down, its letters could not be read.
"""

import dataclasses
import datetime
import re
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

__all__ = ["Chart", "coverage_chart", "executions_chart", "letters_chart", "seconds_chart"]

Spec = dict[str, Any]
Records = Sequence[dict[str, Any]]
WIDE, NARROW = 880, 320
STEP = 100  # what a moment needs under its bar
VEGA_LITE = "6.4"
OUTCOMES = ("success", "no data", "degraded", "blocked", "failed")
STATES = ("open", "failed again", "recovered", "dropped")
WAYS = ("http", "browser")
FORMS = ("%-d %b", "%-d %b %H:%M", "%-d %b %Y", "%-d %b %Y %H:%M:%S.%f")  # the shortest that tells them apart
DAY = datetime.timedelta(days=1)
LABEL_CHARACTERS = {WIDE: 48, NARROW: 22}
_TEXT = {"labelColor": "var(--muted)", "titleColor": "var(--muted)", "labelFontSize": 13, "titleFontSize": 13}
_CONFIG: Spec = {
    "aria": False,  # the figure has one text alternative, and its data as a table
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        **_TEXT,
        "titleFontWeight": "normal",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelLimit": 400,
    },
    "legend": {**_TEXT, "title": None, "orient": "top", "symbolType": "square", "symbolSize": 120},
    "header": {"labelColor": "var(--text)", "labelFontSize": 13, "labelAnchor": "start", "title": None},
    "padding": {
        "left": 16,
        "right": 8,
        "top": 5,
        "bottom": 5,
    },  # a reader's font may be wider than the one measured with
    "bar": {"stroke": "var(--surface)", "strokeWidth": 1},
}


@dataclasses.dataclass(frozen=True, slots=True)
class Chart:
    """One chart in two widths, and what it shows in a sentence."""

    wide: Markup
    narrow: Markup
    alternative: str


def executions_chart(runs: Records, alternative: str) -> Chart:
    """Bars of executions by how they went; `runs` as of the queries executions_by_run and executions_by_day."""
    started = sorted({run["started"] for run in runs})
    form = next(form for form in FORMS if len({moment.strftime(form) for moment in started}) == len(started))
    labels = [moment.strftime(form) for moment in started]
    values = [
        {"when": run["started"].strftime(form), "outcome": run["outcome"], "count": run["executions"]} for run in runs
    ]

    def spec(width: int) -> Spec:
        few = len(labels) * STEP <= width
        x = {"field": "when", "type": "ordinal", "sort": labels, "title": None}
        axis = {"labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 24, "labelPadding": 6, "ticks": False}
        return {
            "width": {"step": STEP} if few else width - 40,
            "height": 200,
            "data": {"values": values},
            "mark": {"type": "bar"},
            "encoding": {
                "x": {**x, "axis": axis, "scale": {"paddingInner": 0.25}},
                "y": {
                    "field": "count",
                    "type": "quantitative",
                    "title": None,
                    "axis": {"tickMinStep": 1, "format": "d"},
                },
                "color": _colour("outcome", OUTCOMES, width, {value["outcome"] for value in values}),
                "order": {"field": "rank"},
            },
            "transform": [{"calculate": f"indexof({list(OUTCOMES)}, datum.outcome)", "as": "rank"}],
        }

    return _draw(spec, alternative)


def letters_chart(letters: Records, alternative: str) -> Chart:
    """A bar for each source and reason, by what replays made of the letters; as of the query letters_by_reason."""
    values = [
        {"what": f"{line['source']}: {line['reason']}", "state": state, "count": line[column]}
        for line in letters
        for state, column in zip(STATES, ("open_letters", "failed_again", "recovered", "left_out"), strict=True)
        if line[column]
    ]
    return _bars(values, "state", STATES, alternative, "dead letters")


def seconds_chart(costs: Records, alternative: str) -> Chart:
    """A bar for each source: seconds over HTTP and in the browser; as of the query costs."""
    values = [
        {"what": line["source"], "way": way, "count": round(secs, 3)}
        for line in costs
        for way, secs in zip(
            WAYS, (max(line["fetch_secs"] - line["browser_secs"], 0), line["browser_secs"]), strict=True
        )
        if secs
    ]
    return _bars(values, "way", WAYS, alternative, "seconds of fetching")


def coverage_chart(shares: Records, alternative: str) -> Chart:
    """A small line chart for each field of each source, as of the query coverage_over_time."""
    values = [
        {"what": f"{one['source']}: {one['field']}", "when": one["started_at"].isoformat() + "Z", "share": one["share"]}
        for one in shares
    ]
    order = list(dict.fromkeys(value["what"] for value in values))
    one_day = max(one["started_at"] for one in shares) - min(one["started_at"] for one in shares) < DAY

    def spec(width: int) -> Spec:
        columns = 3 if width == WIDE else 1
        x_axis = {"labelOverlap": "greedy", "tickCount": 3, "grid": False, "format": "%H:%M" if one_day else "%-d %b"}
        return {
            "data": {"values": values},
            "facet": {"field": "what", "type": "nominal", "sort": order},
            "columns": columns,
            "spec": {
                "width": (width - 50 * columns) // columns,
                "height": 90,
                "mark": {
                    "type": "line",
                    "color": "var(--line-mark)",
                    "point": {"color": "var(--line-mark)", "size": 28},
                },
                "encoding": {
                    "x": {"field": "when", "type": "temporal", "title": None, "scale": {"type": "utc"}, "axis": x_axis},
                    "y": {
                        "field": "share",
                        "type": "quantitative",
                        "title": None,
                        "scale": {"domain": [0, 1]},
                        "axis": {"format": ".0%", "values": [0, 0.5, 1]},
                    },
                },
            },
        }

    return _draw(spec, alternative)


def _bars(values: list[Spec], part: str, parts: Sequence[str], alternative: str, unit: str) -> Chart:
    order = list(dict.fromkeys(value["what"] for value in values))

    def spec(width: int) -> Spec:
        most = LABEL_CHARACTERS[width]
        shown = [{**value, "what": _cut(value["what"], most)} for value in values]
        y_axis = {"ticks": False, "domain": False, "labelColor": "var(--text)", "labelPadding": 6}
        sort = list(dict.fromkeys(_cut(what, most) for what in order))
        return {
            "width": width,
            "autosize": {"type": "fit-x", "contains": "padding"},
            "height": {"step": 26},
            "data": {"values": shown},
            "mark": {"type": "bar", "height": {"band": 0.7}},
            "encoding": {
                "y": {"field": "what", "type": "nominal", "sort": sort, "title": None, "axis": y_axis},
                "x": {
                    "field": "count",
                    "type": "quantitative",
                    "title": unit,
                    "axis": {"tickMinStep": 1, "tickCount": 5 if width == WIDE else 3},
                },
                "color": _colour(part, parts, width, {value[part] for value in values}),
                "order": {"field": "rank"},
            },
            "transform": [{"calculate": f"indexof({list(parts)}, datum.{part})", "as": "rank"}],
        }

    return _draw(spec, alternative)


def _colour(field: str, parts: Sequence[str], width: int, present: set[str]) -> Spec:
    """Only what is there stands in the legend; each part has the same colour in every report."""
    shown = [part for part in parts if part in present]
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": shown, "range": [f"var(--{part.replace(' ', '-')})" for part in shown]},
        "legend": {"columns": 5 if width == WIDE else 2},
    }


def _draw(spec: Callable[[int], Spec], alternative: str) -> Chart:
    return Chart(_svg(spec(WIDE), alternative), _svg(spec(NARROW), alternative), alternative)


def _svg(spec: Spec, alternative: str) -> Markup:
    """The drawing, which escapes its texts itself. What it says of its own parts to screen readers is taken out."""
    import vl_convert

    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "config": _CONFIG, **spec}
    drawn = vl_convert.vegalite_to_svg(whole, vl_version=VEGA_LITE, allowed_base_urls=[])
    drawn = re.sub(r' (?:role|aria-[a-z]+|class|pointer-events|xmlns:xlink)="[^"]*"', "", drawn)
    label = Markup('<svg role="img" aria-label="{}" ').format(alternative)
    return label + Markup(drawn.removeprefix("<svg "))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
