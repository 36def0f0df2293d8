"""Why a request or an item did not become a row: one closed list, the same in letters, counts and exit messages."""

from enum import StrEnum

__all__ = ["Dead", "Drop"]


class Dead(StrEnum):
    """Reasons of a dead letter: something failed, and a replay may mend it."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    TOO_LARGE = "too_large"
    BAD_CONTENT = "bad_content"
    BLOCKED = "blocked"
    LOGIN_REQUIRED = "login_required"
    NOT_READY = "not_ready"
    BROWSER_CRASHED = "browser_crashed"
    NO_ITEMS = "no_items"
    PARSE_ERROR = "parse_error"
    INVALID_ITEM = "invalid_item"
    ROW_TOO_LARGE = "row_too_large"
    REFUSED_BY_TABLE = "refused_by_table"
    MALFORMED_EVENT = "malformed_event"
    UNKNOWN_SOURCE = "unknown_source"
    EXPIRED = "expired"
    POISON = "poison"
    ADDRESS_REFUSED = "address_refused"
    ROUNDS_EXCEEDED = "rounds_exceeded"
    NOT_PUBLISHED = "not_published"
    UNREADABLE = "unreadable"


class Drop(StrEnum):
    """Reasons for leaving something out on purpose: counted, never a letter."""

    DUPLICATE = "duplicate"
    ROBOTS = "robots"
    STATUS_DROP = "status_drop"
    OVER_LIMIT = "over_limit"
    BACKOFF = "backoff"
    FILTERED = "filtered"
    CANCELLED = "cancelled"
    NOT_ARCHIVED = "not_archived"
