import io
from collections import Counter

import pytest
from rich.console import Console

from pipelines import console as shown
from pipelines.console import live_counters

COUNTS = Counter(
    {
        ("shop", "pages"): 40,
        ("shop", "rows"): 1200,
        ("shop", "dead:timeout"): 2,
        ("shop", "dead:http_5xx"): 3,
        ("events", "pages"): 2,
        ("events", "dead:no_items"): 1,
        ("quiet", "rows"): 5,
    }
)


def test_away_from_a_terminal_a_line_now_and_then_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 1.0, 5.0, 5.5, 10.0])
    monkeypatch.setattr(shown.time, "monotonic", lambda: next(times))
    said = io.StringIO()
    with live_counters(Console(file=said, width=4000, highlight=False), ["shop"]) as show:
        for _ in range(4):
            show(COUNTS)

    lines = said.getvalue().splitlines()
    assert lines == [
        "     5 s  42 pages (8.4/s)  1205 rows  6 dead letters (shop: 3 http_5xx, 2 timeout; events: 1 no_items)",
        "    10 s  42 pages (4.2/s)  1205 rows  6 dead letters (shop: 3 http_5xx, 2 timeout; events: 1 no_items)",
    ]


def test_on_a_terminal_each_source_has_a_row_and_all_have_one() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    console.print(shown._table(COUNTS, ["shop", "events", "late"], 10.0))

    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "3 http_5xx, 2 timeout" in said
    assert [name for name in ("shop", "events", "quiet", "late", "all") if name not in said] == []


def test_rendered_pages_are_shown_once_there_are_any() -> None:
    counts = COUNTS + Counter({("shop", "rendered"): 12})
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    console.print(shown._table(COUNTS, [], 10.0))
    assert "rendered" not in console.file.getvalue()  # type: ignore[attr-defined]

    console.print(shown._table(counts, [], 10.0))
    assert "rendered" in console.file.getvalue()  # type: ignore[attr-defined]
    assert "42 pages (4.2/s, 12 rendered)  1205 rows" in shown._line(counts, 10.0)
