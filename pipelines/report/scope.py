"""What a report is about: which executions and letters of an output, as conditions in SQL."""

import dataclasses
import datetime

__all__ = ["Scope"]


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
    """Nothing given: everything.

    Attributes:
      since: executions that started, and letters that failed, at this moment (with a zone) or later.
      sources: of these sources only; empty for all.
    """

    since: datetime.datetime | None = None
    sources: tuple[str, ...] = ()

    def condition(self, moment: str) -> str:
        """SQL over a column that holds a moment in UTC, and one that is called `source`.

        >>> Scope(sources=("shop", "o'neill")).condition("started_at")
        "source IN ('shop', 'o''neill')"
        """
        conditions = []
        if self.since is not None:
            utc = self.since.astimezone(datetime.UTC)
            conditions.append(f"{moment} >= TIMESTAMP '{utc:%Y-%m-%d %H:%M:%S.%f}'")
        if self.sources:
            names = ", ".join("'" + name.replace("'", "''") + "'" for name in self.sources)
            conditions.append(f"source IN ({names})")
        return " AND ".join(conditions) or "true"
