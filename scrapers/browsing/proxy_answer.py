"""What the guard proxy says itself: no."""

__all__ = ["CannotReach"]

_PHRASES = {
    400: "Bad Request",
    403: "Forbidden",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class CannotReach(Exception):
    """There is no connection to a destination; the text says why.

    Attributes:
      status: of the proxy's answer.
      error: RFC 9209's name for it (section 2.3).
    """

    def __init__(self, status: int, error: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.error = error

    def answer(self) -> bytes:
        """What the browser is told, after which the connection ends."""
        body = f"{self.error}\n".encode()
        head = (
            f"HTTP/1.1 {self.status} {_PHRASES[self.status]}\r\nProxy-Status: scrapeline; error={self.error}\r\n"
            "Cache-Control: no-store\r\nContent-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body
