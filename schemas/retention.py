"""How long a warehouse keeps its logs where nothing else is said, in days."""

__all__ = ["DEAD_LETTERS_DAYS", "EXECUTIONS_DAYS"]

DEAD_LETTERS_DAYS = 90
EXECUTIONS_DAYS = 400
"""Of executions and replays: what happened in the same week of last year can be looked up."""
