"""What an HTTP status means for a request: the source's own words first, then these defaults."""

from collections.abc import Mapping

from schemas.reasons import Dead
from scrapers.source_files.model import StatusPolicy

__all__ = ["choose_policy", "reason_of_status"]


def choose_policy(status: int, own: Mapping[str, StatusPolicy]) -> StatusPolicy:
    """The policy of a final status; an exact number wins over its class.

    Retried: those that say "later": 408 (RFC 9110, 15.5.9), 425 (RFC 8470), 429 (RFC 6585), and every 5xx but 501 and
    505, which never heal.

    >>> choose_policy(404, {"404": "drop"}), choose_policy(404, {"4xx": "parse"}), choose_policy(503, {})
    ('drop', 'parse', 'retry')
    """
    policy = own.get(str(status)) or own.get(f"{status // 100}xx")
    if policy is not None:
        return policy
    if 200 <= status < 300:
        return "parse"
    if status in (408, 425, 429):
        return "retry"
    if 500 <= status < 600 and status not in (501, 505):
        return "retry"
    return "dead"


def reason_of_status(status: int) -> Dead:
    """The letter's reason for a status that no retry mended. 1xx, 3xx and 6xx are no answers to a GET: bad content."""
    if 400 <= status < 500:
        return Dead.HTTP_4XX
    return Dead.HTTP_5XX if 500 <= status < 600 else Dead.BAD_CONTENT
