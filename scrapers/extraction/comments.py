"""Markup that a page hides in HTML comments (and brings out by script)."""

import re

__all__ = ["documents"]

_ELEMENT = re.compile(r"<[a-zA-Z]")
_END = re.compile(r"--!?>")


def documents(html: str) -> list[str]:
    """The content of every comment that holds elements, in page order.

    >>> documents("<!-- note --><!--<p>hidden</p>-->")
    ['<p>hidden</p>']
    """
    lower = html.lower()
    if len(lower) != len(html):  # a few letters grow; then only tags in lower case are seen
        lower = html
    found: list[str] = []
    position, begin = 0, html.find("<!--")
    while begin >= 0:
        raw_end = _end_of_raw_text(lower, position, begin)
        if raw_end is not None:
            position = raw_end
        else:
            end = _END.search(html, begin + 2)  # `<!-->` is a whole comment
            text = html[begin + 4 : end.start() if end else len(html)]
            position = end.end() if end else len(html)
            if _ELEMENT.search(text):
                found.append(text)
        begin = html.find("<!--", position)
    return found


def _end_of_raw_text(lower: str, start: int, place: int) -> int | None:
    """Where the script or style that `place` stands in ends; None when it stands in neither (they hold no comments)."""
    for tag in ("script", "style"):
        opened = lower.rfind("<" + tag, start, place)
        if opened >= 0 and lower.find("</" + tag, opened, place) < 0:
            end = lower.find("</" + tag, place)
            return end if end >= 0 else len(lower)
    return None
