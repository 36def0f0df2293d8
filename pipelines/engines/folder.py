"""Where engines are put: `.engines` of the checkout. It is no part of the project, and `make clean` leaves it."""

from pathlib import Path

__all__ = ["ENGINES", "PROJECT"]

PROJECT = Path(__file__).parents[2]
ENGINES = PROJECT / ".engines"
