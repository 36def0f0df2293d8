"""Drawings as SVG that follow the page's colours: Vega-Lite, drawn when the report is written, without a browser.

Each is drawn twice, for a desk and for a telephone: scaled down, its letters could not be read.
"""

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

__all__ = ["NARROW", "WIDE", "Chart", "Spec", "colours", "draw", "whole_ticks"]

Spec = dict[str, Any]
WIDE, NARROW = 880, 320
VEGA_LITE = "6.4"
_TEXT = {"labelColor": "var(--muted)", "titleColor": "var(--muted)", "labelFontSize": 13, "titleFontSize": 13}
_LINES = {"gridColor": "var(--line)", "domainColor": "var(--line)", "tickColor": "var(--line)"}
_CONFIG: Spec = {
    "aria": False,  # the figure has one text alternative, and its data as a table
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {**_TEXT, **_LINES, "titleFontWeight": "normal", "labelLimit": 400},
    "legend": {**_TEXT, "title": None, "orient": "top", "symbolType": "square", "symbolSize": 120},
    "header": {"labelColor": "var(--text)", "labelFontSize": 13, "labelAnchor": "start", "title": None},
    "bar": {"stroke": "var(--surface)", "strokeWidth": 1},
}


@dataclasses.dataclass(frozen=True, slots=True)
class Chart:
    """One chart in two widths, and what it shows in a sentence."""

    wide: Markup
    narrow: Markup
    alternative: str


def draw(spec: Callable[[int], Spec], alternative: str) -> Chart:
    """Draws what `spec` gives for each width; colours in it are the page's, `var(--NAME)`.

    Room for labels is measured in a font of the library's; a reader's own may be wider by a pixel a letter.
    """
    return Chart(_svg(spec(WIDE), alternative), _svg(spec(NARROW), alternative), alternative)


def _svg(spec: Spec, alternative: str) -> Markup:
    """The drawing, which escapes its texts itself. What it says of its own parts to screen readers is taken out."""
    import vl_convert

    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "config": _CONFIG, **spec}
    drawn = vl_convert.vegalite_to_svg(whole, vl_version=VEGA_LITE, allowed_base_urls=[])
    drawn = re.sub(r' (?:role|aria-[a-z]+|class|pointer-events|xmlns:xlink)="[^"]*"', "", drawn)
    label = Markup('<svg role="img" aria-label="{}" ').format(alternative)
    return label + Markup(drawn.removeprefix("<svg "))


def colours(field: str, parts: Sequence[str], present: set[str], width: int) -> Spec:
    """Only what is there stands in the legend; each part has the same colour in every report."""
    shown = [part for part in parts if part in present]
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": shown, "range": [f"var(--{part.replace(' ', '-')})" for part in shown]},
        "legend": {"columns": 5 if width == WIDE else 2},
    }


def whole_ticks(most: int, count: int = 5) -> list[int]:
    """About so many ticks at whole numbers, which a chart of counts would not keep to by itself.

    >>> whole_ticks(2), whole_ticks(25), whole_ticks(1300, 3)
    ([0, 1, 2], [0, 5, 10, 15, 20, 25], [0, 500, 1000])
    """
    step = next(factor * 10**power for power in range(19) for factor in (1, 2, 5) if factor * 10**power * count >= most)
    return list(range(0, most + 1, step))
