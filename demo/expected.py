"""What a run of the demo must come to: one source fails, for exactly these reasons, and nothing else does."""

import dataclasses
from collections.abc import Mapping

__all__ = ["EXPECTED", "Expected"]


@dataclasses.dataclass(frozen=True)
class Expected:
    """An execution as it should be. `dead` and `dropped` count requests and items by reason."""

    table: str
    rows: int
    status: str = "success"
    dead: Mapping[str, int] = dataclasses.field(default_factory=dict)
    dropped: Mapping[str, int] = dataclasses.field(default_factory=dict)


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
}
