"""What a run of the demo must come to: two sources fail, for exactly these reasons, and nothing else does."""

import dataclasses
from collections.abc import Mapping

__all__ = ["EXPECTED", "Expected", "over_http"]


@dataclasses.dataclass(frozen=True)
class Expected:
    """An execution as it should be.

    Attributes:
      dead, dropped: requests and items by reason.
      rendered: pages that a browser opens; a source that has none of them runs without one.
      pictured: letters that have a screenshot.
    """

    table: str
    rows: int
    status: str = "success"
    dead: Mapping[str, int] = dataclasses.field(default_factory=dict)
    dropped: Mapping[str, int] = dataclasses.field(default_factory=dict)
    rendered: int = 0
    pictured: int = 0


EXPECTED = {
    "shop": Expected("shop.products", rows=300, dropped={"duplicate": 4}),  # four lamps stand in two categories
    "books": Expected("library.books", rows=150),
    "events": Expected("city.events", rows=60),
    "league": Expected("league.totals", rows=4 * 28),
    "advanced": Expected("league.advanced", rows=4 * 28),
    "broken": Expected(
        "broken.products",
        rows=3,
        status="failed",
        dead={
            "http_5xx": 1,
            "http_4xx": 1,
            "no_items": 1,
            "invalid_item": 1,
            "blocked": 1,
            "login_required": 1,
            "timeout": 1,
            "address_refused": 1,
            "connection": 1,
            "too_large": 1,
            "bad_content": 1,
        },
        dropped={"status_drop": 1, "robots": 1},
    ),
    "gallery": Expected("museum.works", rows=132, rendered=1),
    "shelves": Expected("museum.shelves", rows=132, rendered=1),
    "records": Expected("records.for_sale", rows=48, rendered=8),
    "weather": Expected("weather.readings", rows=3 * 24, rendered=3),
    "club": Expected("club.results", rows=6 * 8, rendered=6),
    "broken_app": Expected(
        "broken.app_products",
        rows=1,
        status="failed",
        dead={"not_ready": 2, "timeout": 1},
        rendered=1,
        pictured=2,
    ),
}


def over_http() -> list[str]:
    """The sources that need no browser."""
    return [name for name, expected in EXPECTED.items() if not expected.rendered]
