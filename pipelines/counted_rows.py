"""A row maker that tells the console what it accepts and refuses."""

from collections.abc import Mapping

from pipelines.progress import Progress
from schemas.reading import FieldProblem, Item
from schemas.reasons import Dead
from schemas.row import Accepted, RowMaker

__all__ = ["CountedRowMaker"]


class CountedRowMaker:
    """Counts for one source what its maker accepts and refuses."""

    def __init__(self, maker: RowMaker, source: str, counters: Progress) -> None:
        self.table = maker.table
        self.without_personal = maker.without_personal
        self._maker = maker
        self._source = source
        self._counters = counters

    def accept(self, items: list[Item], problems: Mapping[int, list[FieldProblem]]) -> Accepted:
        """Rows of the good items, every bad field of the others."""
        accepted = self._maker.accept(items, problems)
        self._counters.count(self._source, "rows", len(accepted.rows))
        if accepted.refused:
            self._counters.count(self._source, f"dead:{Dead.INVALID_ITEM}", len(accepted.refused))
        return accepted
