"""What the fake BigQuery says when it refuses a whole request, in the shape of BigQuery's error answers.

https://cloud.google.com/bigquery/docs/error-messages lists codes and reasons; the words are those that BigQuery is
known to use where the issue trackers of its clients quote them.
"""

from typing import Any

__all__ = ["Refusal", "already_exists", "not_found", "refused"]

STATUS = {
    400: ("invalid", "INVALID_ARGUMENT"),
    403: ("accessDenied", "PERMISSION_DENIED"),
    404: ("notFound", "NOT_FOUND"),
    409: ("duplicate", "ALREADY_EXISTS"),
    412: ("conditionNotMet", "FAILED_PRECONDITION"),
    429: ("rateLimitExceeded", "RESOURCE_EXHAUSTED"),
    500: ("internalError", "INTERNAL"),
    502: ("badGateway", "UNAVAILABLE"),
    503: ("backendError", "UNAVAILABLE"),
}


class Refusal(Exception):
    """An answer with an error status.

    Attributes:
      html: body as Google's front end sends it, instead of BigQuery's JSON; None for JSON.
    """

    def __init__(
        self, status: int, message: str, reason: str = "", location: str = "", html: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.reason = reason or STATUS.get(status, ("backendError", ""))[0]
        self.location = location
        self.html = html

    @property
    def proto(self) -> dict[str, str]:
        """As an ErrorProto, of which a failed job has several."""
        place = {"location": self.location} if self.location else {}
        return {"reason": self.reason, **place, "message": self.message}

    def body(self) -> dict[str, Any]:
        first = {"message": self.message, "domain": "global", "reason": self.reason}
        if self.location:
            first |= {"location": self.location, "locationType": "parameter"}
        name = STATUS.get(self.status, ("", "UNKNOWN"))[1]
        return {"error": {"code": self.status, "message": self.message, "errors": [first], "status": name}}


def refused(message: str, reason: str = "invalid", location: str = "") -> Refusal:
    return Refusal(400, message, reason, location)


def not_found(kind: str, name: str) -> Refusal:
    return Refusal(404, f"Not found: {kind} {name}")


def already_exists(kind: str, name: str) -> Refusal:
    return Refusal(409, f"Already Exists: {kind} {name}")
