"""Where the reader of a streaming job shows that it has begun."""

__all__ = ["BEGINS_IN_SECS", "pulse_file"]

BEGINS_IN_SECS = 150.0
"""A job on a cluster takes up to 45 s to begin on a quiet machine."""


def pulse_file(stop_file: str) -> str:
    """Beside the sign to stop, which all processes of a job can reach."""
    return f"{stop_file}.pulse"
