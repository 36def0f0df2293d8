"""How the report writes numbers, moments and addresses; the filters of its templates."""

import datetime
import urllib.parse
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

__all__ = [
    "FILTERS",
    "bytes_text",
    "command",
    "count_text",
    "cut",
    "link",
    "plural",
    "seconds_text",
    "share_text",
    "when",
]

NOTHING = "–"


def count_text(number: float | None) -> str:
    """
    >>> count_text(12345), count_text(2.5), count_text(None)
    ('12,345', '2.5', '–')
    """
    if number is None:
        return NOTHING
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def plural(number: int, one: str, many: str = "") -> str:
    """
    >>> plural(1, "row"), plural(1200, "row"), plural(2, "reparse", "reparses")
    ('1 row', '1,200 rows', '2 reparses')
    """
    return f"{count_text(number)} {one if number == 1 else many or one + 's'}"


def share_text(share: float | None) -> str:
    """
    >>> share_text(1.0), share_text(0.9704), share_text(0.0004), share_text(None)
    ('100%', '97.0%', '0.04%', '–')
    """
    if share is None:
        return NOTHING
    if share in (0, 1):
        return f"{share:.0%}"
    return f"{share:.1%}" if share >= 0.001 else f"{share:.2%}"


def points_text(change: float | None) -> str:
    """A change of a share, in percentage points.

    >>> points_text(-0.123), points_text(0.0), points_text(None)
    ('−12.3', '0', '–')
    """
    if change is None:
        return NOTHING
    rounded = round(change * 100, 1)
    return "0" if not rounded else f"{'+' if rounded > 0 else '−'}{abs(rounded):.1f}"


def bytes_text(number: float | None) -> str:
    """
    >>> bytes_text(900), bytes_text(1_234_567)
    ('900 B', '1.2 MB')
    """
    if number is None:
        return NOTHING
    for unit in ("B", "kB", "MB", "GB"):
        if abs(number) < 1000:
            return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"


def seconds_text(secs: float | None) -> str:
    """
    >>> seconds_text(0.034), seconds_text(75.3), seconds_text(7322), seconds_text(None)
    ('0.034 s', '1 min 15 s', '2 h 2 min', '–')
    """
    if secs is None:
        return NOTHING
    if secs < 60:
        return f"{secs:.3g} s"
    minutes, rest = divmod(round(secs), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min {rest} s"


def when(moment: datetime.datetime | None) -> Markup | str:
    """A moment in UTC for people and for machines."""
    if moment is None:
        return NOTHING
    return Markup('<time datetime="{}Z">{}</time>').format(
        moment.isoformat(timespec="seconds"), f"{moment:%-d %b %Y, %H:%M}"
    )


def link(url: str, most: int = 120) -> Markup | str:
    """An address of the web as a link; any other text, whatever scheme it has, as a text."""
    shown = url if len(url) <= most else f"{url[: most - 1]}…"
    try:
        scheme = urllib.parse.urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        return shown
    return Markup('<a href="{}" rel="noreferrer noopener nofollow">{}</a>').format(url, shown)


def command(words: str) -> Markup:
    """A command that is broken into lines between its words only, as it may have to be typed off."""
    return Markup(" ").join(Markup("<span>{}</span>").format(word) for word in words.split(" "))


def cut(text: Any, most: int = 200) -> str:
    """A text in one line, cut."""
    folded = " ".join(str(text)[: most * 4].split())
    return folded if len(folded) <= most else f"{folded[: most - 1]}…"


FILTERS: dict[str, Callable[..., Any]] = {
    "count": count_text,
    "plural": plural,
    "share": share_text,
    "points": points_text,
    "bytes": bytes_text,
    "seconds": seconds_text,
    "when": when,
    "link": link,
    "command": command,
    "cut": cut,
}
