"""How rendering one page can fail."""

__all__ = [
    "BrowserGone",
    "ContentTooLarge",
    "NavigationFailed",
    "NotReady",
    "RenderTimeout",
    "RenderingFailed",
    "StepFailed",
    "TabCrashed",
]


class RenderingFailed(Exception):
    """The page could not be rendered; the text says why, for people."""


class BrowserGone(RenderingFailed):
    """Chromium or its driver died, froze, or was given up, with whatever pages it had open."""


class TabCrashed(RenderingFailed):
    """The page's renderer died: the page killed it, or it was too large."""


class NavigationFailed(RenderingFailed):
    """There is no document.

    Attributes:
      net_error: Chromium's name for it, `net::ERR_NAME_NOT_RESOLVED`; empty when there is none.
    """

    def __init__(self, net_error: str, message: str) -> None:
        super().__init__(message)
        self.net_error = net_error


class RenderTimeout(RenderingFailed):
    """The document did not come within the request's time, or the page no longer answers."""


class NotReady(RenderingFailed):
    """The document is there, and what `ready` asks for is not."""


class StepFailed(RenderingFailed):
    """A step could not be done.

    Attributes:
      number: of the step, from 1.
      action: `click`, `scroll`, ...
    """

    def __init__(self, number: int, action: str, message: str) -> None:
        super().__init__(f"step {number} ({action}): {message}")
        self.number = number
        self.action = action


class ContentTooLarge(RenderingFailed):
    """The document is larger than `fetch.max_bytes`."""

    def __init__(self, size_bytes: int, max_bytes: int) -> None:
        super().__init__(f"the rendered page has {size_bytes} bytes; fetch.max_bytes is {max_bytes}")
        self.size_bytes = size_bytes
