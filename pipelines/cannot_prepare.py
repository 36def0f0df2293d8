"""What is raised before a run is begun."""

__all__ = ["CannotPrepare"]


class CannotPrepare(ValueError):
    """What was asked for cannot be run; the text says what to do."""
