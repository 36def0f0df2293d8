"""Days and moments on the command line."""

import datetime

import click

__all__ = ["moment"]


def moment(text: str | None, option: str, default: float) -> float:
    """Unix seconds of a day's beginning, or of a moment; UTC unless it says otherwise.

    Args:
      option: whose value it is, for the message.
      default: where the option is not given.

    Raises:
      click.BadParameter: it is neither.
    """
    if text is None:
        return default
    try:
        when = datetime.datetime.fromisoformat(text)
    except ValueError:
        said = f"{text!r} is no day or moment, as 2026-11-20 or 2026-11-20T14:00"
        raise click.BadParameter(said, param_hint=option) from None
    return (when if when.tzinfo else when.replace(tzinfo=datetime.UTC)).timestamp()
